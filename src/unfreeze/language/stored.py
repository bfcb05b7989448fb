"""Messages in files: beside their English sentences stands what they were made from, for other languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from unfreeze.language.catalogue import CATALOGUES, catalogue
from unfreeze.language.message import Joined, Message


def plain_messages(sentences: Iterable[str]) -> list[dict[str, Any]]:
    """What the messages among some sentences were made from, as plain values; strings that are none are left out."""
    return [_plain(one) for one in dict.fromkeys(sentences) if isinstance(one, Message)]


def revived(sentences: Sequence[str], kept: Any) -> tuple[str, ...]:
    """The sentences of a file, those as messages again that are made from what was kept beside them.

    Args:
        kept: what `plain_messages` gave; of a damaged or foreign file it may be anything, and what does not give one of
            the sentences by a template that is known is passed over.
    """
    known = {str(message): message for message in map(_message, kept if isinstance(kept, list) else ())}
    return tuple(known.get(sentence, sentence) for sentence in sentences)


def _plain(message: Message) -> dict[str, Any]:
    if isinstance(message, Joined):
        return {**message.values, "items": [_plain_value(one) for one in message.values["items"]]}
    values = {name: _plain_value(value) for name, value in message.values.items()}
    return {"template": message.template, "values": values, "opens": message.opens}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Message):
        return _plain(value)
    value = value.item() if hasattr(value, "item") else value  # a number of numpy's
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _message(plain: Any) -> str:
    """A message of its plain values; empty where they are not those of one."""
    try:
        return _item(plain)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


def _revived(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "items" in value:
        return Joined(tuple(_item(one) for one in value["items"]), str(value["separator"]), str(value["last"]))
    template = value["template"]
    if value["values"] and not any(template in catalogue(language) for language in CATALOGUES):
        raise ValueError("an unknown template, whose formats may be anything")
    return Message(template, {name: _revived(one) for name, one in value["values"].items()}, value["opens"])


def _item(value: Any) -> str:
    """An item of a list."""
    made = _revived(value)
    return made if isinstance(made, Message) else str(made)
