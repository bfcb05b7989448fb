"""Several labels for a text: a column of lists, labels joined by a sign, or a column of 0 and 1 for each label."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unfreeze.data.cell_lists import listed_cell
from unfreeze.data.cells import texts_of
from unfreeze.data.columns import find_column
from unfreeze.data.examples import SplitName
from unfreeze.data.known_columns import LABELS, WORDS, folded
from unfreeze.data.table_examples import several
from unfreeze.data.tables import Table
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say

SEPARATORS = (";", "|", ",")
ASK = "--task multilabel-classification"
_NAMES = LABELS | {"tags", "categories", "topics", "genres", "classes", "emotions", "keywords"}
_TRUTH = {"0": False, "1": True, "false": False, "true": True, "0.0": False, "1.0": True}

Set = tuple[str, ...]


@dataclass(frozen=True)
class ReadSets:
    """The labels of each split, and what is to be said of them."""

    labels: dict[SplitName, list[Set]]
    notes: tuple[str, ...]


def set_columns(table: Table, label: str | None) -> tuple[str, ...]:
    """The columns of labels: one, or several of 0 and 1.

    Raises:
        InputError: no column was named and none is safe to guess.
    """
    if label is not None:
        return several(table, label, "--label") or (find_column(table, label, "--label") or label,)
    lists = [name for name in table.columns if name in table.nested]
    named = [name for name in table.columns if folded(name) in _NAMES]
    for candidates in ([name for name in named if name in lists], named, lists):
        if len(candidates) == 1:
            return (candidates[0],)
    problem = say(
        "the label column is not safe to guess; say which, as in --label COLUMN, or --label A,B,C for columns"
    )
    raise InputError(
        say("{problem} of 0 and 1; columns: {columns}", problem=problem, columns=listed(table.columns)),
        where=str(table.path),
    )


def certain_sets(table: Table, label: str | None) -> str | None:
    """The one column of lists of names beside texts, where nothing else could be the label; None otherwise."""
    lists = [name for name in table.columns if name in table.nested]
    wanted = lists if label is None else [name for name in lists if name == label]
    if len(wanted) != 1 or any(folded(name) in WORDS for name in lists):
        return None
    column = wanted[0]
    others = [name for name in table.columns if folded(name) in LABELS and name != column]
    named = bool(table.records and table.records.class_names.get(column))
    parts = [part for value in table.first(column) if isinstance(value, list) for part in value]
    fit = parts and all(isinstance(part, str) or (named and isinstance(part, int)) for part in parts)
    return column if fit and (label is not None or not others) else None


def read_sets(tables: Mapping[SplitName, Table], columns: Sequence[str]) -> ReadSets:
    """The label sets of all splits; their form is that of the training file.

    Args:
        columns: of the training file, called the same in the others.

    Raises:
        InputError: a row without a value, an empty label, another form than that of the other rows: with its place.
    """
    if len(columns) > 1:
        return ReadSets({split: _of_truths(table, columns) for split, table in tables.items()}, ())
    (column,) = columns
    names = _class_names(tables["train"], column)
    parted, notes = _parting(tables, column)
    labels: dict[SplitName, list[Set]] = {}
    said = list(notes)
    for split, table in tables.items():
        name = find_column(table, column, "--label") or column
        own = _class_names(table, name) or names
        values = table.values(name)
        sets = [_set(value, parted, own, name, table, row) for row, value in enumerate(values)]
        twice = sum(len(set(one)) < len(one) for one in sets)
        if twice:
            said.append(
                say(
                    "{split}: {twice:,} of {sets:,} rows have a label twice, which counts once.",
                    split=split,
                    twice=twice,
                    sets=len(sets),
                )
            )
        labels[split] = sets
    return ReadSets(labels, tuple(said))


def _class_names(table: Table, column: str) -> tuple[str, ...]:
    return table.records.class_names.get(column, ()) if table.records else ()


def _parting(tables: Mapping[SplitName, Table], column: str) -> tuple[Callable[[str], Any], list[str]]:
    """How a cell of text is parted into labels, decided over all rows, and what is to be said of it."""
    cells: list[str] = []
    for table in tables.values():
        values = table.values(find_column(table, column, "--label") or column)
        cells += [value.strip() for value in values if isinstance(value, str) and value.strip()]
    if not cells:
        return (lambda cell: []), []
    if all(cell.startswith("[") and cell.endswith("]") for cell in cells):
        return listed_cell, [say("Labels: the cells of '{column}' are lists.", column=column)]
    found = [sign for sign in SEPARATORS if any(sign in cell for cell in cells)]
    strong = [sign for sign in found if sign != ","] or found
    if len(strong) > 1:
        signs = " and ".join(f"'{sign}'" for sign in strong)
        problem = say(
            "labels in column '{column}' are parted by {signs}; part them by one sign, or write lists",
            column=column,
            signs=signs,
        )
        raise InputError(problem, where=str(tables["train"].path))
    if not strong:
        return (lambda cell: [cell]), [say("Labels: no cell of '{column}' has more than one.", column=column)]
    return (lambda cell: cell.split(strong[0])), [
        say("Labels: those of a text are parted by '{strong}' in '{column}'.", strong=strong[0], column=column)
    ]


def _set(value: Any, parted: Callable[[str], Any], names: Sequence[str], column: str, table: Table, row: int) -> Set:
    if value is None or value != value:
        problem = say(
            "no value for '{column}' in this row; a text without labels has an empty list or an empty cell",
            column=column,
        )
        raise InputError(problem, where=table.where(row))
    if column in table.nested and not isinstance(value, list):
        raise InputError(
            say("'{column}' has no list in this row, unlike others: '{value}'", column=column, value=_brief(value)),
            where=table.where(row),
        )
    parts = value if isinstance(value, list) else _of_cell(value, parted, column, table, row)
    return tuple(sys.intern(_name(part, names, column, table, row)) for part in parts)


def _of_cell(value: Any, parted: Callable[[str], Any], column: str, table: Table, row: int) -> list[Any]:
    (cell,) = texts_of([value], column, lambda _: table.where(row))
    if not (cell or "").strip():
        return []
    parts = parted((cell or "").strip())
    if not isinstance(parts, list):
        raise InputError(
            say("'{shown}' in column '{column}' is not a list", shown=shown(cell or ""), column=column),
            where=table.where(row),
        )
    return parts


def _name(part: Any, names: Sequence[str], column: str, table: Table, row: int) -> str:
    if names and isinstance(part, int) and not isinstance(part, bool):
        if not 0 <= part < len(names):
            problem = say(
                "{part} in column '{column}' is not a class: the file has {names} classes, from 0",
                part=part,
                column=column,
                names=len(names),
            )
            raise InputError(problem, where=table.where(row))
        return names[part].strip()
    if isinstance(part, bool) or not isinstance(part, (str, int)):
        problem = say(
            "'{part}' in a list of column '{column}' is not a label; lists of names are expected",
            part=_brief(part),
            column=column,
        )
        raise InputError(problem, where=table.where(row))
    name = str(part).strip()
    if not name:
        raise InputError(say("a label in column '{column}' is empty", column=column), where=table.where(row))
    return name


def _brief(value: Any) -> str:
    return shown(str(value))


def _of_truths(table: Table, columns: Sequence[str]) -> list[Set]:
    """Of each row the columns that say yes."""
    sets: list[list[str]] = [[] for _ in table.lines]
    for given in columns:
        column = find_column(table, given, "--label") or given
        for row, cell in enumerate(table.column(column)):
            truth = _TRUTH.get((cell or "").strip().casefold())
            if truth is None:
                problem = say(
                    "'{shown}' in column '{column}' is neither 0 nor 1 (or false, true)",
                    shown=shown(cell or ""),
                    column=column,
                )
                raise InputError(
                    say("{problem}; several columns of --label say yes or no each", problem=problem),
                    where=table.where(row),
                )
            if truth:
                sets[row].append(given)
    return [tuple(labels) for labels in sets]
