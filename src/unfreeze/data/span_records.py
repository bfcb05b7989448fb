"""Spans of characters as annotation tools and hubs write them into a record, in one form."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unfreeze.data.span_offsets import Span
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say

STARTS = (
    "start",
    "start_offset",
    "begin",
    "begin_offset",
    "start_char",
    "start_index",
    "start_idx",
    "start_pos",
    "offset",
)
ENDS = ("end", "end_offset", "stop", "end_char", "end_index", "end_idx", "end_pos")
LENGTHS = ("length", "len")
SEVERAL = say("Spans with several types, of which the first was taken")
KINDS: tuple[str, ...] = (
    "label",
    "labels",
    "tag",
    "type",
    "entity_type",
    "entity_label",
    "entity_group",
    "entity",
    "class",
    "category",
)
KINDS += ("class_name", "label_name", "ner_label", "concept")
TEXTS = ("text", "value", "word", "mention", "surface", "span_text", "entity_text", "string", "quote", "covered_text")
HOLDERS = ("entities", "spans", "labels", "label", "annotations", "ents")
Item = dict[str, Any]


def span_items(value: Any) -> list[Item] | None:
    """A value as a list of objects with the keys `start`, `end`, `kind` and perhaps `text`; None where it is none.

    Known: `[start, end, type]` with or without the text behind (doccano, spaCy), `[type, start, end]`; objects with
    these under the names that people use (Prodigy, Label Studio, hubs), or with `points` (Dataturks); an object of such
    lists (`{"start": [...], "end": [...]}`), or with one under `entities` (spaCy); any of these as JSON text (csv).
    """
    if isinstance(value, str):
        value = _unquoted(value)
    if isinstance(value, Mapping):
        if not _place(value, STARTS):
            held = [span_items(value[name]) for name in HOLDERS if isinstance(value.get(name), (list, dict))]
            return next((items for items in held if items is not None), None)
        value = _rows(value)
    if not isinstance(value, list):
        return None
    items = [_item(part) for part in value]
    return None if None in items else [item for item in items if item is not None]


def _unquoted(text: str) -> Any:
    """What a text spells in JSON, or as Python prints it; None where it is neither."""
    if text[:1] not in ("[", "{"):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return None


def _rows(value: Mapping[str, Any]) -> list[Item] | None:
    """An object of lists of one length as a list of objects."""
    lists = {name: column for name, column in value.items() if isinstance(column, list)}
    if not _place(lists, STARTS) or len({len(column) for column in lists.values()}) != 1:
        return None
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _place(item: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The key of an object that is one of these names, hyphens, capitals and the like aside."""
    folded = {_folded(key): key for key in item if item[key] is not None}
    return next((folded[_folded(name)] for name in names if _folded(name) in folded), None)


def _folded(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "").replace(" ", "")


def _item(part: Any) -> Item | None:
    if isinstance(part, Mapping):
        return _of_object(part)
    if not isinstance(part, (list, tuple)) or not 3 <= len(part) <= 4:
        return None
    first, second, third, *text = part
    if _is_offset(first) and _is_offset(second) and isinstance(third, (str, list)):
        found = {"start": first, "end": second, "kind": third}
    elif isinstance(first, str) and _is_offset(second) and _is_offset(third):
        found = {"start": second, "end": third, "kind": first}
    else:
        return None
    return found | ({"text": text[0]} if text and isinstance(text[0], str) else {})


def _of_object(part: Mapping[str, Any]) -> Item | None:
    points = part.get("points")
    if isinstance(points, list) and len(points) == 1 and isinstance(points[0], Mapping):
        part = {**points[0], "label": part.get("label")}
    if isinstance(part.get("value"), Mapping):
        part = part["value"]
    start, end, length = _place(part, STARTS), _place(part, ENDS), _place(part, LENGTHS)
    if start is None or (end is None and length is None):
        return None
    kind, text = _place(part, KINDS), _place(part, TEXTS)
    found = {"start": part[start], "end": part[end] if end else None, "kind": part[kind] if kind else None}
    if end is None and length is not None and _is_offset(part[start]) and _is_offset(part[length]):
        found["end"] = int(part[start]) + int(part[length])
    return found | ({"text": part[text]} if text and isinstance(part[text], str) else {})


def _is_offset(value: Any) -> bool:
    if isinstance(value, str):
        return value.isdecimal()
    return value.is_integer() if isinstance(value, float) else isinstance(value, int) and not isinstance(value, bool)


def spans_of(items: Sequence[Item], where: Callable[[], str], names: Sequence[str] = ()) -> tuple[list[Span], int]:
    """Spans from what `span_items` gives, and how many have several types, of which the first is taken.

    Args:
        where: place of the record, for messages.
        names: of types that are written as numbers.

    Raises:
        InputError: an offset that is not a whole number, a span without a type.
    """
    found, several = [], 0
    for item in items:
        for end in ("start", "end"):
            if not _is_offset(item[end]):
                problem = say(
                    "a span's {end} is {item}, not a whole number",
                    end=end,
                    item=shown(json.dumps(item[end], default=str)),
                )
                raise InputError(say("{problem}; fix it or take the span out", problem=problem), where=where())
        if int(item["end"]) < int(item["start"]):
            problem = say("the span {item} to {item2} ends before it begins", item=item["start"], item2=item["end"])
            raise InputError(say("{problem}; fix it or take it out", problem=problem), where=where())
        kind = item["kind"]
        if isinstance(kind, list):
            several += len(kind) > 1
            kind = kind[0] if kind else None
        if isinstance(kind, int) and not isinstance(kind, bool) and 0 <= kind < len(names):
            kind = names[kind]
        if not isinstance(kind, str) or not kind.strip():
            found_so = (
                say("no type")
                if kind is None or kind == ""
                else say("the type {kind}", kind=shown(json.dumps(kind, default=str)))
            )
            problem = say(
                "the span {item} to {item2} has {found_so}", item=item["start"], item2=item["end"], found_so=found_so
            )
            raise InputError(
                say("{problem}; give the name of one or take the span out", problem=problem), where=where()
            )
        found.append(Span(int(item["start"]), int(item["end"]), " ".join(kind.split()), item.get("text")))
    return found, several
