"""A large file as tables of some thousand rows, in flat memory, where its rows are separate from each other.

How quote marks are meant, for one, is seen in a whole file. So a text file is first read through, and is divided
only where every line is a row whatever the others are; a file that is not like that is read as a whole, as small ones
are.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from unfreeze.data.arrow import arrow_parts
from unfreeze.data.quoting import delimiter_of
from unfreeze.data.records import Records
from unfreeze.data.tables import Table, names_columns, read_table
from unfreeze.data.text_files import SAMPLE, Format, format_of, is_arrow
from unfreeze.errors import InputError

LARGE = 1 << 24
"""Bytes; a smaller file is read as a whole."""
ROWS = 8192
"""Rows of a table."""


def large_tables(path: Path, wanted: Collection[str], text_lines: bool) -> Iterator[Table] | None:
    """The tables of a large file, in order; None where it is small or has to be read as a whole.

    Args:
        wanted: column names that, when they occur in the first line, tell that it is a header.
        text_lines: whether a `.txt` file with tabs has one text per line.

    Raises:
        InputError: from the tables, as `read_table`.
    """
    try:
        if path.stat().st_size < LARGE:
            return None
    except OSError:
        return None
    if is_arrow(path):
        return _arrow(path)
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            sample = "".join(islice(file, SAMPLE))
        kind = format_of(path, sample)
        if kind == "tsv" and path.suffix.lower() == ".txt" and text_lines:
            kind = "txt"
        header = _header(path, kind, sample, wanted)
    except (OSError, UnicodeDecodeError, InputError):
        return None  # reported where it is read as a whole
    return None if header is None else _text(path, kind, header, wanted)


def _header(path: Path, kind: Format, sample: str, wanted: Collection[str]) -> str | None:
    """The line with the columns' names, empty where there is none; None where lines are not rows of their own."""
    first = sample.partition("\n")[0]
    if kind == "txt":
        return "" if _are_rows(path, None) else None
    if kind == "jsonl":
        return "" if all(map(_is_object, sample.splitlines()[:2])) and _are_rows(path, None) else None
    if kind not in ("csv", "tsv") or first.lower().startswith(("sep=", '"sep=')):
        return None
    delimiter = "\t" if kind == "tsv" else delimiter_of(sample)
    if not _are_rows(path, delimiter):
        return None
    names = next(csv.reader([first.removesuffix("\r")], delimiter=delimiter))
    return f"{first}\n" if names_columns([names], wanted) else ""


def _are_rows(path: Path, delimiter: str | None) -> bool:
    """Whether every line is a row on its own: of as many cells as the first, enclosed by quote marks in the usual way.

    Between tabs, quote marks may be text, which is seen in a whole file.
    """
    width, unclear = 0, ("\\",) if delimiter != "\t" else ('"',)
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for line in file:
            if delimiter is None or not line.strip():
                continue
            if "\r" in line[:-2] or ('"' in line and any(mark in line for mark in unclear)):
                return False
            try:
                cells = len(next(csv.reader([line], delimiter=delimiter, strict=True)))
            except csv.Error:
                return False
            width = width or cells
            if cells != width:
                return False
    return True


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _text(path: Path, kind: Format, header: str, wanted: Collection[str]) -> Iterator[Table]:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        before = len(list(islice(file, 1))) if header else 0
        lines = list(islice(file, ROWS))
        while lines:
            following = list(islice(file, ROWS))
            if len(following) == 1:  # a file of one JSON object may be read in another way
                lines += following
                following = list(islice(file, ROWS))
            if any(map(str.strip, lines)):
                yield _part(path, kind, header, "".join(lines), before, wanted)
            before += len(lines)
            lines = following


def _part(path: Path, kind: Format, header: str, rows: str, before: int, wanted: Collection[str]) -> Table:
    """The table of some lines that come after `before` lines of the file."""
    moved = before - bool(header)
    named = bool(header) if kind in ("csv", "tsv") else None
    try:
        table = read_table(path, kind, header + rows, header=named, wanted=wanted, texts_only=True)
    except InputError as error:
        place, _, line = (error.where or "").rpartition(":")
        where = f"{place}:{int(line) + moved}" if place == str(path) and line.isdecimal() else error.where
        raise InputError(error.message, where=where) from None
    return replace(table, lines=[line + moved for line in table.lines])


def _arrow(path: Path) -> Iterator[Table]:
    for found, before in arrow_parts(path, ROWS):
        lines = range(before + 1, before + found.rows + 1)
        records = Records(path, found.columns, lines, found.class_names, found.nested)
        yield Table(path, tuple(found.columns), (), lines, nested=found.nested, records=records)
