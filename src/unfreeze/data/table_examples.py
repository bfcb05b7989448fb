"""Rows of a table as examples; several text columns joined to one."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace

from unfreeze.data.cells import INVISIBLE, Cell, without_edges
from unfreeze.data.columns import Columns, find_column
from unfreeze.data.examples import Example, Label
from unfreeze.data.groups import groups_of
from unfreeze.data.label_cells import no_value
from unfreeze.data.tables import Table
from unfreeze.errors import InputError
from unfreeze.language.message import say

NULL = "\\N"
BETWEEN = "\n"
"""Between texts of several columns, such as a title and a body."""


def examples_of(table: Table, columns: Columns, labels: Sequence[Label | None]) -> tuple[Example, ...]:
    """The rows of a table as examples, labels still as written."""
    texts = _cells(table, columns.text, "--text")
    texts_b = _cells(table, columns.text_b, "--text-b")
    path, groups = str(table.path), groups_of(table, columns.group)
    return tuple(
        Example(f"{path}:{line}", text or "", text_b, None, label, group)
        for line, text, text_b, label, group in zip(table.lines, texts, texts_b, labels, groups, strict=True)
    )


def several(table: Table, given: str | None, option: str) -> tuple[str, ...]:
    """The columns that `a,b` names, two or more; none where one column is meant.

    Raises:
        InputError: some of the names are columns and others are not.
    """
    if given is None or "," not in given or given in table.columns:
        return ()
    parts = [part.strip() for part in given.split(",")]
    if not any(part in table.columns for part in parts) and not all(part.isdecimal() for part in parts):
        return ()
    return tuple(find_column(table, part, option) or part for part in parts)


def names_of(given: str | None) -> set[str]:
    """A column that an option names, and those that it may name with commas between; numbers are not names."""
    parts = {part.strip() for part in given.split(",")} | {given} if given else set()
    return {part for part in parts if part and not part.isdecimal()}


def with_joined_texts(table: Table, given: str | None) -> Table:
    """The table with a column called `a,b` where that names several: their texts with a line break between.

    An empty text leaves no line break; a row has no value where none of the columns has one.
    """
    columns = several(table, given, "--text")
    if not columns or given is None:
        return table
    cells = [table.column(column) for column in columns]
    joined = [_joined(row) for row in zip(*cells, strict=True)]
    names = (*table.columns, given)
    if table.records is None:
        return replace(table, columns=names, rows=[[*row, cell] for row, cell in zip(table.rows, joined, strict=True)])
    records = replace(table.records, columns=ChainMap({given: joined}, table.records.columns))  # type: ignore[arg-type]
    return replace(table, columns=names, records=records)


def is_joined(table: Table, name: str) -> bool:
    """Whether a column is one that `with_joined_texts` made."""
    return "," in name and all(part.strip() in table.columns for part in name.split(","))


def _joined(cells: Sequence[Cell]) -> Cell:
    there = [cell for cell in cells if cell is not None]
    return BETWEEN.join(cell for cell in there if without_edges(cell)) if there else None


def _cells(table: Table, name: str | None, option: str) -> list[str | None]:
    """The cells of the column that plays a role, or None in each row when none does."""
    column = find_column(table, name, option)
    if column is None:
        return [None] * len(table.lines)
    cells = table.column(column)
    if None in cells:
        raise no_value(cells, column, table.where)
    if NULL in cells:
        problem = say(
            "'{null}' for '{column}' is what data bases write for no value; fill it in or take the row out",
            null=NULL,
            column=column,
        )
        raise InputError(problem, where=table.where(cells.index(NULL)))
    # What nobody sees is an empty text, which the audit counts.
    return [cell if not cell or cell[0] not in INVISIBLE or without_edges(cell) else "" for cell in cells]
