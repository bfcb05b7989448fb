"""Rows and named columns from csv, tsv, jsonl, parquet, Arrow and plain text, each row with its line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.data.cells import Cell, texts_of
from unfreeze.data.known_columns import NAMES, folded
from unfreeze.data.records import Records, read_records
from unfreeze.data.text_files import Format, lines_of
from unfreeze.errors import InputError

Rows = list[list[str]]


@dataclass(frozen=True)
class Table:
    """A file's rows.

    Attributes:
        columns: their names; `"0"`, `"1"`, ... where the file has no header.
        rows: cells in column order; empty where `records` has them.
        lines: line (parquet, Arrow: row) of the file at which each row starts, from 1.
        header: whether the file names its columns.
        nested: columns that hold lists or objects, which are no texts and no labels.
        records: the typed values of a jsonl, parquet or Arrow file.
        said: how the file was read where that is not how its format is usually written.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    lines: Sequence[int]
    header: bool = True
    nested: frozenset[str] = frozenset()
    records: Records | None = None
    said: str = ""

    def where(self, row: int) -> str:
        """`file:line` of a row."""
        return f"{self.path}:{self.lines[row]}"

    def column(self, name: str) -> list[Cell]:
        """The cells of one column; None where a record has no value.

        Raises:
            InputError: the column holds lists or objects, or what is no text.
        """
        if name in self.nested:
            raise InputError(f"column '{name}' holds lists or objects, not texts", where=str(self.path))
        return texts_of(self.values(name), name, self.where)

    def values(self, name: str) -> Sequence[Any]:
        """The values of one column, as the file types them."""
        if self.records is not None:
            return self.records.columns[name]
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


def read_table(
    path: Path,
    kind: Format,
    text: str,
    *,
    header: bool | None = None,
    wanted: Collection[str] = (),
    texts_only: bool = False,
) -> Table:
    """Read a file whose format is known.

    Args:
        text: its content, unused for parquet and Arrow.
        header: whether a csv or tsv file's first line names the columns; None decides by a look at it.
        wanted: column names that, when they occur in the first line, tell that it is a header.
        texts_only: a file without labels, whose first line is a header only if it holds a known or wanted name.

    Raises:
        InputError: ragged rows, broken JSON, parquet or Arrow, no rows, a column name that occurs twice.
    """
    if kind in ("jsonl", "parquet", "arrow"):
        records = read_records(path, kind, text)
        columns = tuple(records.columns)
        table = Table(path, columns, (), records.lines, nested=records.nested, records=records, said=records.said)
    elif kind == "txt":
        lines = lines_of(text)
        table = Table(path, ("text",), [[line] for line in lines], range(1, len(lines) + 1))
    else:
        table = _delimited(path, text, "\t" if kind == "tsv" else _csv_delimiter(text), header, wanted, texts_only)
    if not table.lines:
        raise InputError("the file has a header but no rows", where=str(path))
    twice = [name for name, n in Counter(table.columns).items() if n > 1 and name.strip()]
    if twice:
        raise InputError(f"column '{twice[0]}' occurs twice; rename one", where=f"{path}:1")
    return table


def _csv_delimiter(text: str) -> str:
    """The delimiter of a `.csv` file: spreadsheets of many countries write `;`."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _raw_rows(lines: Sequence[str], delimiter: str) -> tuple[Rows, list[int]]:
    """Rows when quote marks are plain characters."""
    return [line.split(delimiter) for line in lines if line], [i for i, line in enumerate(lines, 1) if line]


def _quoted_rows(text: str, delimiter: str) -> tuple[Rows, list[int]] | None:
    """Rows when quote marks enclose cells (RFC 4180); None when the marks do not fit that reading."""
    csv.field_size_limit(2**31 - 1)  # the default refuses documents past 128 KiB
    # `StringIO` takes four bytes a character, but knows where a line ends that has other ends than `\n`.
    source = io.StringIO(text, newline="") if "\r" in text else (f"{line}\n" for line in text.split("\n"))
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    rows, lines, start = [], [], 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error:
        return None
    return rows, lines


def _is_enclosed(cell: str) -> bool:
    """Whether a cell is enclosed in quote marks with the marks inside doubled."""
    return len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")


def _quoting_is_used(rows: Rows) -> bool:
    """Whether quote marks enclose cells in rows that were split at every delimiter and came out even.

    A writer that quotes where needed quotes every cell with a mark in it and doubles that mark; a writer that quotes
    always encloses whole columns. Anything else, such as a sentence that is a quotation, is text.
    """
    marked = [(cell, at) for row in rows for at, cell in enumerate(row) if '"' in cell]
    if not marked or not all(_is_enclosed(cell) for cell, _ in marked):
        return False
    per_column = Counter(at for _, at in marked)
    return any('"' in cell[1:-1] for cell, _ in marked) or max(per_column.values()) >= max(len(rows) - 1, 2)


def _rows(lines: Sequence[str], text: str, delimiter: str) -> tuple[Rows, list[int]]:
    """Rows in the reading of quote marks that fits, and where each begins."""
    quoted = _quoted_rows(text, delimiter) if '"' in text else None
    if quoted is None or _quotes_are_text(lines, quoted[0], delimiter):
        return _raw_rows(lines, delimiter)
    return quoted


def _quotes_are_text(lines: Sequence[str], quoted: Rows, delimiter: str) -> bool:
    """Whether rows come out even when quote marks are plain characters, and there is no sign that they enclose cells.

    Tabs hardly occur in texts, so tab-separated files often do without quoting; commas do occur. A quoted cell over
    several lines would leave lines with too few fields; where none has, quote marks are text.
    """
    if len({line.count(delimiter) for line in lines if line}) != 1:
        return False
    joined = len(quoted) < sum(map(bool, lines))
    if joined or len({len(row) for row in quoted}) != 1:
        return True
    return delimiter == "\t" and not _quoting_is_used(_raw_rows(lines, delimiter)[0])


def _delimited(
    path: Path, text: str, delimiter: str, header: bool | None, wanted: Collection[str], texts_only: bool
) -> Table:
    rows, lines = _rows(lines_of(text), text, delimiter)
    width = len(rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            advice = (
                "enclose texts that contain the delimiter in double quotes" if delimiter != "\t" else "mend the line"
            )
            raise InputError(f"{len(row)} fields, the first line has {width}; {advice}", where=f"{path}:{line}")
    if header is None:
        header = (names_columns if texts_only else has_header)(rows, wanted)
    if header:
        return Table(path, tuple(rows[0]), rows[1:], lines[1:])
    return Table(path, tuple(map(str, range(width))), rows, lines, header=False)


def has_header(rows: Sequence[Sequence[str]], wanted: Collection[str] = ()) -> bool:
    """Whether the first row names the columns.

    It does when it holds a well-known or wanted column name; otherwise when there are several columns and no first
    cell is empty, a number, or a value that occurs again further down.
    """
    first = rows[0]
    if names_columns(rows, wanted):
        return True
    if len(first) == 1 or any(not cell.strip() or is_number(cell) for cell in first):
        return False
    return not any(first[at] == row[at] for row in rows[1:] for at in range(len(first)))


def names_columns(rows: Sequence[Sequence[str]], wanted: Collection[str] = ()) -> bool:
    """Whether the first row holds a well-known or wanted column name: enough where a lost row must not pass unseen."""
    return any(folded(cell) in NAMES for cell in rows[0]) or not set(rows[0]).isdisjoint(wanted)


def is_number(cell: str | bytes) -> bool:
    """Whether a text is a number, as Python reads one."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
