"""Rows and named columns from csv, tsv, jsonl, parquet, Arrow and plain text, each row with its line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.data.cells import Cell, texts_of
from unfreeze.data.known_columns import NAMES, folded
from unfreeze.data.quoting import delimiter_of, rows_of
from unfreeze.data.records import Records, read_records
from unfreeze.data.text_files import Format, lines_of
from unfreeze.errors import InputError
from unfreeze.language.message import say

_LOOKED_AT, _FEW_LINES = 10_000, 10
_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Table:
    """A file's rows.

    Attributes:
        columns: their names; `"0"`, `"1"`, ... where the file has no header.
        rows: cells in column order; empty where `records` has them.
        lines: line (parquet, Arrow: row) of the file at which each row starts, from 1.
        header: whether the file names its columns.
        nested: columns with lists or objects, which are neither texts nor labels.
        records: the typed values of a jsonl, parquet or Arrow file.
        notes: how the file was read where that is not how its format is usually written, in sentences.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    lines: Sequence[int]
    header: bool = True
    nested: frozenset[str] = frozenset()
    records: Records | None = None
    notes: tuple[str, ...] = ()

    def where(self, row: int) -> str:
        """`file:line` of a row, with its number where a line has several records (JSON in one line)."""
        line = self.lines[row]
        several = list(self.lines[max(0, row - 1) : row + 2]).count(line) > 1
        return f"{self.path}:{line}" + (f" (record {row + 1})" if several else "")

    def column(self, name: str) -> list[Cell]:
        """The cells of one column; None where a record has no value.

        Raises:
            InputError: the column contains lists or objects, or something that is not text.
        """
        if name in self.nested:
            raise InputError(
                say("column '{name}' contains lists or objects, not texts", name=name), where=str(self.path)
            )
        return texts_of(self.values(name), name, self.where)

    def values(self, name: str) -> Sequence[Any]:
        """The values of one column, as the file types them."""
        if self.records is not None:
            return self.records.columns[name]
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def first(self, name: str, count: int = 20_000) -> Sequence[Any]:
        """The values of the first rows in a column, to see what it contains; none where it cannot be read."""
        if self.records is None:
            at = self.columns.index(name)
            return [row[at] for row in self.rows[:count]]
        try:
            return self.records.first(name, count)
        except InputError:
            return ()


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
        texts_only: a file without labels, whose first line is a header only if it contains a known or requested name.

    Raises:
        InputError: ragged rows, broken JSON, parquet or Arrow, no rows, a column name that occurs twice.
    """
    if kind in ("jsonl", "parquet", "arrow"):
        table = table_of(read_records(path, kind, text))
    elif kind == "txt":
        lines = lines_of(text)
        table = Table(path, ("text",), [[line] for line in lines], range(1, len(lines) + 1))
    else:
        table = _delimited(path, text, kind, header, wanted, texts_only)
    _check_rows(table)
    return table


def _check_rows(table: Table) -> None:
    if not table.lines:
        raise InputError(
            say("the file has a header but no rows") if table.columns else say("the file has no rows"),
            where=str(table.path),
        )
    twice = [name for name, n in Counter(table.columns).items() if n > 1 and name.strip()]
    if twice:
        raise InputError(say("column '{twice}' occurs twice; rename one", twice=twice[0]), where=f"{table.path}:1")


def table_of(records: Records) -> Table:
    """Records as a table. Raises `InputError` where there are none."""
    columns = tuple(records.columns)
    table = Table(records.path, columns, (), records.lines, nested=records.nested, records=records, notes=records.notes)
    _check_rows(table)
    return table


def _delimited(
    path: Path, text: str, kind: Format, header: bool | None, wanted: Collection[str], texts_only: bool
) -> Table:
    named = _SEPARATOR.match(text) if kind == "csv" else None
    if named:  # a first line of its own tells spreadsheets the delimiter
        text = "\n" + text[named.end() :]
    first = [line.count("\x01") for line in text[:_LOOKED_AT].split("\n")[:-1]]
    if len(first) >= _FEW_LINES and len(set(first)) == 1 and first[0]:
        problem = say("columns are parted by the control character U+0001, as Hive writes them")
        raise InputError(say("{problem}; write the file with tabs or commas", problem=problem), where=str(path))
    delimiter = named[1] if named else "\t" if kind == "tsv" else delimiter_of(text)
    parsed = rows_of(path, text, delimiter)
    rows, lines, said = parsed.rows, parsed.lines, list(parsed.notes)
    if not rows:
        raise InputError("the file is empty", where=str(path))
    if parsed.plain and "\r" in text:
        inside = [line for row, line in zip(rows, lines, strict=True) if any("\r" in cell for cell in row)]
        if inside:
            said.append(
                say(
                    "Carriage returns inside lines were kept as text (in {inside:,}, first in {inside2}).",
                    inside=len(inside),
                    inside2=inside[0],
                )
            )
    width = min(len(rows[0]), max(map(len, rows[1:]), default=len(rows[0])))
    if any(map(str.strip, rows[0][width:])):
        width = len(rows[0])
    surplus = [row for row in rows if len(row) > width and not any(map(str.strip, row[width:]))]
    for row in surplus:
        del row[width:]
    if surplus:
        said.append(
            say(
                "Empty cells behind the last of {width} columns were left out ({surplus:,} lines).",
                width=width,
                surplus=len(surplus),
            )
        )
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            problem = say(
                "{row} fields, the first line has {width}; {row2}",
                row=len(row),
                width=width,
                row2=_advice(row, delimiter),
            )
            raise InputError(problem, where=f"{path}:{line}")
    if header is None:
        header = (names_columns if texts_only else has_header)(rows, wanted)
    if not header:
        return Table(path, tuple(map(str, range(width))), rows, lines, header=False, notes=tuple(said))
    again = next((line for row, line in zip(rows[1:], lines[1:], strict=True) if _same_names(row, rows[0])), None)
    if again is not None and width > 1:
        problem = say("this row repeats the names of the columns, as when files are joined; take it out")
        raise InputError(problem, where=f"{path}:{again}")
    return Table(path, tuple(rows[0]), rows[1:], lines[1:], notes=tuple(said))


def _advice(row: Sequence[str], delimiter: str) -> str:
    if delimiter == "\t":
        return say("fix the line")
    doubled = say(" and double the marks inside") if any('"' in cell for cell in row) else ""
    return say("enclose texts that contain the delimiter in double quotes{doubled}", doubled=doubled)


def _same_names(row: Sequence[str], names: Sequence[str]) -> bool:
    return row[-1] == names[-1] and [row[0].lstrip(BYTE_ORDER_MARK), *row[1:]] == names


def has_header(rows: Sequence[Sequence[str]], wanted: Collection[str] = ()) -> bool:
    """Whether the first row names the columns.

    It does when it contains a well-known or requested column name; otherwise when there are several columns and no
    first cell is empty, a number, or a value that occurs again further down. The first name may be empty above row
    numbers, as pandas writes them.
    """
    first = rows[0]
    if names_columns(rows, wanted):
        return True
    if not first[0].strip() and rows[1:] and all(row[0].isdecimal() for row in rows[1:]):
        first = first[1:]
        rows = [row[1:] for row in rows]
    if len(first) == 1 or any(not cell.strip() or is_number(cell) for cell in first):
        return False
    return not any(first[at] == row[at] for row in rows[1:] for at in range(len(first)))


def names_columns(rows: Sequence[Sequence[str]], wanted: Collection[str] = ()) -> bool:
    """Whether the first row contains a well-known or requested column name: enough where no row may be lost unseen."""
    return any(folded(cell) in NAMES for cell in rows[0]) or not set(rows[0]).isdisjoint(wanted)


def is_number(cell: str | bytes) -> bool:
    """Whether a text is a number, as Python reads one."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
