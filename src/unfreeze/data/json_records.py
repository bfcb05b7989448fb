"""Records of JSON: one object per line, or objects over several lines, in an array, or in an array under one key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say

Found = Iterable[tuple[dict[str, Any], int]]
"""Records, each with the line at which it begins, from 1."""

HOLDERS = frozenset(
    {"data", "records", "rows", "items", "examples", "instances", "documents", "samples", "entries", "results"}
    | {"train", "training", "dev", "valid", "validation", "test"}
)
"""Keys under which files keep the array of their records."""

_SPACE = re.compile(r"[ \t\r\n]*")
_EXPECTED = say("one JSON object per line is expected")


def read_json(path: Path, text: str) -> tuple[dict[str, list[Any]], list[int], str]:
    """Columns, the line at which each record begins, and the file's form where that is not one record per line.

    Raises:
        InputError: broken JSON, something that is not an object, a key that occurs twice in an object, half of a
            surrogate pair.
    """
    reader = _Reader(path, text)
    start = reader.after_space(0)
    pair = text.startswith('"', reader.after_space(start + 1))
    if text[start : start + 1] == "[" and not pair:
        return *_columns(reader.elements(start, to_end=True)), say("The file is one JSON array.")
    columns, lines = _columns(reader.objects(start))
    if len(lines) > 1:
        return columns, lines, ""
    first = {name: column[0] for name, column in columns.items()}
    holders = [name for name, v in first.items() if _are_pairs(v) or (name in HOLDERS and _are_records(v))]
    if len(holders) > 1:
        problem = say(
            "contains several arrays of records ({holders}); write each to a file of its own", holders=listed(holders)
        )
        raise InputError(problem, where=str(path))
    if holders:
        nulls = first[holders[0]].count(None) if _are_pairs(first[holders[0]]) else 0
        found = reader.elements(reader.member(start, holders[0]), nulls=nulls > 0)
        passed = say("; {nulls:,} more are null and were left out", nulls=nulls) if nulls else ""
        return *_columns(found), say(
            "The records are '{holders}' of a JSON object{passed}.", holders=holders[0], passed=passed
        )
    if len(columns) > 1 and all(isinstance(column[0], dict) for column in columns.values()):
        advice = say("write one object per row (in pandas orient='records', lines=True)")
        raise InputError(say("contains one object under each key; {advice}", advice=advice), where=str(path))
    return columns, lines, ""


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and any(value) and all(item is None or _of_pair(item) for item in value)


def _of_pair(value: Any) -> dict[str, Any] | None:
    """A record from `[text, {"entities": [...]}]`, as texts with spans are written for spaCy; None for other values."""
    if not isinstance(value, list) or [type(part) for part in value] != [str, dict]:
        return None
    return {"text": value[0], **value[1]} if "text" not in value[1] else None


def _columns(found: Found) -> tuple[dict[str, list[Any]], list[int]]:
    """Values by key, None where a record lacks it, and the records' lines."""
    columns: dict[str, list[Any]] = {}
    lines: list[int] = []
    for record, line in found:
        for name, value in record.items():
            if name not in columns:
                columns[name] = [None] * len(lines)
            columns[name].append(value)
        lines.append(line)
        if len(record) < len(columns):
            for column in columns.values():
                column.extend([None] * (len(lines) - len(column)))
    return columns, lines


class _TwiceError(ValueError):
    """A key that occurs twice in an object; Python would keep the last value without a word."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found


class _Reader:
    """JSON values at places of a text, and the lines of these places, which only move forwards."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text
        self._decode = json.JSONDecoder(object_pairs_hook=_object).raw_decode
        self._at, self._line = 0, 1

    def line(self, at: int) -> int:
        """The line of a place, from 1."""
        if at < self._at:
            self._at, self._line = 0, 1
        self._line += self._text.count("\n", self._at, at)
        self._at = at
        return self._line

    def error(self, problem: str, at: int) -> InputError:
        """What is wrong at a place."""
        return InputError(problem, where=f"{self._path}:{self.line(at)}")

    def after_space(self, at: int) -> int:
        """The next place that is not white space."""
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def value(self, at: int, in_line: bool = False) -> tuple[Any, int]:
        """The value that begins at a place, and where it ends.

        Args:
            in_line: the value must end in its line, which errors in it then name.
        """
        try:
            return self._decode(self._text, at)
        except json.JSONDecodeError as error:
            begun = "" if in_line else say(", in what begins at line {at}", at=self.line(at))
            place = at if in_line else min(error.pos, len(self._text.rstrip()))
            raise self.error(
                say("is not JSON ({msg}{begun}); {expected}", msg=error.msg, begun=begun, expected=_EXPECTED), place
            ) from None
        except _TwiceError as error:
            raise self.error(
                say("the key '{error}' occurs twice in an object; rename one", error=shown(str(error))), at
            ) from None
        except RecursionError:
            raise self.error(say("lists or objects are nested too deeply to be read"), at) from None
        except ValueError as error:
            raise self.error(
                say("contains a value that cannot be read: {error}", error=shown(str(error))), at
            ) from None

    def record(self, at: int, in_line: bool = False) -> tuple[dict[str, Any], int]:
        """The object that begins at a place, and where it ends."""
        value, end = self.value(at, in_line)
        value = _of_pair(value) or value
        if not isinstance(value, dict):
            raise self.error(f"found a JSON {type(value).__name__}; {_EXPECTED}", at)
        if self._text.find("\\u", at, end) >= 0 and not _is_text(value):
            raise self.error(
                say("contains half of a pair of \\u escapes, which is not a character; fix or remove it"), at
            )
        return value, end

    def objects(self, at: int) -> Iterator[tuple[dict[str, Any], int]]:
        """Objects one after the other: each alone in its line if the first is, else with space between them."""
        in_line = self._is_line(at)
        while at < len(self._text):
            record, end = self.record(at, in_line)
            line = self.line(at)
            following = self.after_space(end)
            parted = self._text.find("\n", end, following) >= 0 or following == len(self._text)
            if in_line and (self._text.find("\n", at, end) >= 0 or not parted):
                raise self.error(
                    say("is not JSON (more than one object, or a part of one); {expected}", expected=_EXPECTED), at
                )
            yield record, line
            at = following

    def _is_line(self, at: int) -> bool:
        """Whether the line at a place is a whole value, or anything but the begin of one."""
        end = self._text.find("\n", at)
        line = self._text[at : end if end >= 0 else None]
        try:
            self._decode(line, 0)
        except json.JSONDecodeError as error:
            return error.pos < len(line.rstrip())
        except (ValueError, RecursionError):
            return True
        return True

    def elements(self, at: int, to_end: bool = False, nulls: bool = False) -> Iterator[tuple[dict[str, Any], int]]:
        """Objects of the array that begins at a place; `to_end` if nothing may follow it, `nulls` are passed over."""
        at = self.after_space(at + 1)
        more = self._text[at : at + 1] != "]"
        while more:
            if nulls and self._text.startswith("null", at):
                end = at + len("null")
            else:
                record, end = self.record(at)
                yield record, self.line(at)
            at = self.after_space(end)
            more = self._text[at : at + 1] == ","
            if more:
                at = self.after_space(at + 1)
            elif self._text[at : at + 1] != "]":
                place = min(at, len(self._text.rstrip()))
                raise self.error(say("is not JSON (a comma or the end of the array is missing)"), place)
        following = self.after_space(at + 1)
        if to_end and following < len(self._text):
            raise self.error(say("is not JSON (more follows behind the array)"), following)

    def member(self, at: int, name: str) -> int:
        """Where the value of a key begins in the object that begins at a place."""
        at = self.after_space(at + 1)
        while True:
            key, end = self.value(at)
            start = self.after_space(self.after_space(end) + 1)
            if key == name:
                return start
            at = self.after_space(self.after_space(self.value(start)[1]) + 1)


def _is_text(record: object) -> bool:
    """Whether JSON contains only characters: its escapes can spell surrogates that stand alone."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
