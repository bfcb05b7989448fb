"""A column of authors, documents or the like, of which no split that is made may have a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from unfreeze.data.columns import find_column
from unfreeze.data.examples import Example, SplitName
from unfreeze.data.tables import Table
from unfreeze.errors import InputError
from unfreeze.language.message import say

OPTION = "--group"


def group_column(tables: Mapping[SplitName, Table], given: str | None) -> str | None:
    """The column that `--group` names in the training file. Raises `InputError` where there is no such column."""
    return find_column(tables["train"], given, OPTION)


def groups_of(table: Table, column: str | None) -> list[str | None]:
    """The group of each row; None where it has none, or the file has no such column."""
    if column is None or column not in table.columns:
        return [None] * len(table.lines)
    cells = ("" if value is None or value != value else str(value).strip() for value in table.values(column))
    return [cell or None for cell in cells]


def refuse_groups(given: str | None, path: Path) -> None:
    """Raise `InputError` where groups are asked for of tagged sentences, which have no such column."""
    if given is not None:
        problem = say("is for tables with one text (or pair) per row; tagged sentences have no such column")
        raise InputError(say("{problem}, so leave it out ({path})", problem=problem, path=path), where=OPTION)


def group_notes(splits: Mapping[SplitName, Sequence[Example]], column: str | None) -> list[str]:
    """What is to be said of groups, in sentences, a warning where files that were given share some.

    Raises:
        InputError: all training examples have one group, or none.
    """
    if column is None:
        return []
    named = {split: {e.group for e in examples if e.group is not None} for split, examples in splits.items()}
    if len(named["train"]) < 2:
        found = say("one value, {named!r}", named=min(named["train"])) if named["train"] else say("no value")
        problem = say(
            "column '{column}' has {found}; name one with several values, or leave {option} out",
            column=column,
            found=found,
            option=OPTION,
        )
        raise InputError(problem, where=OPTION)
    alone = sum(e.group is None for e in splits["train"])
    rest = say("; {alone:,} training rows without a value are each on their own", alone=alone) if alone else ""
    said = [
        say(
            "Groups: column '{column}' has {named:,} values in train; splits keep each together{rest}.",
            column=column,
            named=len(named["train"]),
            rest=rest,
        )
    ]
    for first, second in combinations(named, 2):
        if shared := named[first] & named[second]:
            said.append(
                say(
                    "Warning: {shared:,} groups of column '{column}' are in both {first} and {second}.",
                    shared=len(shared),
                    column=column,
                    first=first,
                    second=second,
                )
            )
    return said
