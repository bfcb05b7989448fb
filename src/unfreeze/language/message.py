"""Messages: sentences in English that can be said in another language, too, since they keep what they were made from.

`say("{arm} reaches {score:.1f}", arm=name, score=81.23)` is a `str`, the English sentence, and is used as one. Its
template is the key of every other language's catalogue, where the same names stand in another order. So a message is
put together from whole sentences and values, never by adding strings, which would leave the English alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any

from unfreeze.language.catalogue import ENGLISH, UNSPACED, translation


class Message(str):
    """A sentence in English with the template and the values that it was made from.

    Attributes:
        template: English, with names in braces; the key in catalogues.
        values: what stands for the names; messages among them are said in the same language.
        opens: it begins a sentence, so that English writes its first letter large; None where it stands inside of one,
            so that English writes it small.
    """

    template: str
    values: Mapping[str, Any]
    opens: bool | None

    def __new__(cls, template: str, values: Mapping[str, Any], opens: bool | None = False) -> Message:
        """The English sentence of a template. Raises `KeyError` where a name has no value."""
        text = _filled(template, values, ENGLISH)
        first = text[:1] if opens is False else text[:1].upper() if opens else text[:1].lower()
        made = super().__new__(cls, first + text[1:])
        made.template, made.values, made.opens = template, values, opens
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Message, (self.template, dict(self.values), self.opens)

    def in_language(self, language: str) -> str:
        """The sentence in a language; in English where its catalogue lacks the template."""
        if language == ENGLISH:
            return str(self)
        return _filled(translation(self.template, language), self.values, language)


class Joined(Message):
    """Messages and names one after another, with a separator that each language writes in its own way."""

    def __new__(cls, items: tuple[str, ...], separator: str, last: str) -> Joined:
        """The items with `separator` between them, before the last one `last`."""
        made = str.__new__(cls, _joined(items, separator, last, ENGLISH))
        made.template, made.values, made.opens = "", {"items": items, "separator": separator, "last": last}, False
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Joined, (self.values["items"], self.values["separator"], self.values["last"])

    def in_language(self, language: str) -> str:
        """See `Message.in_language`."""
        return _joined(self.values["items"], self.values["separator"], self.values["last"], language)


def say(template: str, /, **values: Any) -> str:
    """A message. Without values the template is taken as it stands, braces included; a message stays what it is.

    Raises:
        KeyError: the template has a name that is not among the values.
    """
    return template if isinstance(template, Message) and not values else Message(template, values)


def template(text: str) -> str:
    """A template that stands in a table and is given to `say` with its values later."""
    return text


def opening(message: str) -> str:
    """The message where it begins a sentence; of other strings the first letter is large, too."""
    if isinstance(message, Message) and not isinstance(message, Joined):
        return Message(message.template, message.values, opens=True)
    return message[:1].upper() + message[1:]


def inside(message: str) -> str:
    """The message where it stands inside of a sentence, with a small first letter."""
    if isinstance(message, Message) and not isinstance(message, Joined):
        return Message(message.template, message.values, opens=None)
    return message[:1].lower() + message[1:]


def joined(items: Iterable[str], separator: str = ", ", last: str | None = None) -> str:
    """Messages and names in a row: `joined(names, last=" and ")` is `a, b and c`."""
    return Joined(tuple(items), separator, separator if last is None else last)


def in_language(value: Any, language: str) -> Any:
    """A message in a language, and what lies in lists, tuples and mappings likewise; other values as they are."""
    if isinstance(value, Message):
        return value.in_language(language)
    if isinstance(value, Mapping):
        return {in_language(key, language): in_language(inner, language) for key, inner in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(in_language(inner, language) for inner in value)
    teller = getattr(value, "in_language", None)
    return value if teller is None else teller(language)


def _filled(template: str, values: Mapping[str, Any], language: str) -> str:
    if not values:
        return template
    parts = []
    for text, name, spec, conversion in _FORMATTER.parse(template):
        parts.append(text)
        if name is not None:
            value = _FORMATTER.convert_field(in_language(values[name], language), conversion)
            parts.append(format(value, spec or ""))
    return put_together(parts, language)


_FORMATTER = Formatter()


def _joined(items: tuple[str, ...], separator: str, last: str, language: str) -> str:
    between, before = translation(separator, language), translation(last, language)
    parts: list[str] = []
    for place, item in enumerate(items, 1):
        parts.append(str(in_language(item, language)))
        parts += [between] if place < len(items) - 1 else [before] if place < len(items) else []
    return put_together(parts, language)


def put_together(parts: Iterable[str], language: str) -> str:
    """Parts of a sentence; in a language without spaces one stands where a Latin letter or a digit meets its script."""
    made = ""
    for part in filter(None, parts):
        apart = language in UNSPACED and made and _MEETING.fullmatch(made[-1] + part[0])
        made += f" {part}" if apart else part
    return made


_MEETING = re.compile("[\u4e00-\u9fff][A-Za-z0-9+\u2212-]|[A-Za-z0-9%][\u4e00-\u9fff]")
