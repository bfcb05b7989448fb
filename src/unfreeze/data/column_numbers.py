"""Columns of numbers before the words of column files: they count words, or name sentences, parts and documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from unfreeze.errors import InputError
from unfreeze.language.message import say

Rows = Sequence[Sequence[str]]
"""The fields of one sentence's lines."""

EXTRA = re.compile(r"\d+[-.]\d+")
"""The number of a range of words (`1-2`) or of an empty node (`1.1`) in CoNLL-U and its kin: no words of their own."""
_NUMBER = re.compile(r"(?:\d+_)?(\d+)")
_IDENTITY = re.compile(r"(|.*\D)(\d+)")
"""A word's number behind those of its sentence and document: `3-7`, `3.7`, `s3-w7`."""
_MOSTLY = 0.5
_NEARLY = 0.9
_SOME = 3


def columns_before_words(sentences: Sequence[Rows], rest: int) -> tuple[str, ...]:
    """What the columns before the words contain.

    `"number"` counts the words of each sentence (most of them at least: the rest are faults), `"numbers"` has
    other whole numbers only, or numbers behind those of sentences (`3-7`), and `"same"` has one value all through
    each sentence, as the name of a document.

    Args:
        rest: at least that many columns follow.
    """
    widths = [len(row) for rows in sentences for row in rows]
    most = min(widths, default=0) - rest
    found: list[str] = []
    for at in range(min(most, 4)):
        columns = [[row[at] for row in rows] for rows in sentences]
        kind = _kind(columns)
        if kind is None:
            break
        found.append(kind)
        if kind == "number":
            return tuple(found)
    while found and found[-1] == "same" and not _is_plain_to_see(sentences, len(found) - 1):
        found.pop()  # words that happen to be alike
    return tuple(found)


def _kind(columns: Sequence[Sequence[str]]) -> str | None:
    longer = [values for values in columns if len(values) > 1]
    if longer and sum(map(_counts, longer)) >= _MOSTLY * len(longer):
        return "number"
    if all(_NUMBER.fullmatch(value) for values in columns for value in values):
        return "numbers" if len(columns) > 1 else None
    if len(columns) > 1 and longer and sum(map(_is_numbered, longer)) >= _NEARLY * len(longer):
        return "numbers"
    return "same" if all(len(set(values)) == 1 for values in columns) else None


def _is_plain_to_see(sentences: Sequence[Rows], at: int) -> bool:
    """Whether a column that is the same all through each sentence cannot contain words: some sentences are long."""
    long = [rows for rows in sentences if len(rows) >= _SOME]
    return len(long) >= _SOME and any(len({row[at + 1] for row in rows}) > 1 for rows in long)


def _counts(values: Sequence[str]) -> bool:
    """Whether values are whole numbers, each one more than the last; ranges and empty nodes aside."""
    if not values[0][:1].isdigit():
        return False
    numbers = [_NUMBER.fullmatch(value) for value in values if not EXTRA.fullmatch(value)]
    found = [int(match[1]) for match in numbers if match]
    return len(found) == len(numbers) > 0 and all(b == a + 1 for a, b in pairwise(found))


def _is_numbered(values: Sequence[str]) -> bool:
    """Whether values are identities of words, with one beginning and each a number one more than the last."""
    found = [match for value in values if (match := _IDENTITY.fullmatch(value))]
    one = len(found) == len(values) and len({match[1] for match in found}) == 1
    return one and all(int(b[2]) == int(a[2]) + 1 for a, b in pairwise(found))


def check_numbers(sentences: Sequence[Sequence[tuple[int, Sequence[str]]]], at: int, where: str) -> None:
    """See that a column counts the words of every sentence.

    Args:
        sentences: line numbers and fields.

    Raises:
        InputError: a number that does not follow the one before.
    """
    for sentence in sentences:
        last = None
        for line, row in sentence:
            match = _NUMBER.fullmatch(row[at])
            if match is None or (last is not None and int(match[1]) != last + 1):
                found = (
                    say("'{row}' comes after {last}", row=row[at], last=last)
                    if last is not None
                    else say("there is '{row}'", row=row[at])
                )
                advice = say(
                    "fix it, separate sentences with a blank line, or say which column the words are with --text"
                )
                problem = say(
                    "column {at} counts the words of other sentences, but here {found}; {advice}",
                    at=at,
                    found=found,
                    advice=advice,
                )
                raise InputError(problem, where=f"{where}:{line}")
            last = int(match[1])
