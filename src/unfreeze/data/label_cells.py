"""The label column: every row's label as text, or None where the file says that there is none."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from unfreeze.data.cells import Cell, Where, number_text, texts_of, without_edges
from unfreeze.data.columns import find_column
from unfreeze.data.examples import Example, SplitName
from unfreeze.data.labels import NO_LABEL, Splits
from unfreeze.data.measurable import without
from unfreeze.data.tables import Table
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say, template

UNNAMED = -1
"""What `datasets` writes for a row without a label, beside class numbers that have names."""


def read_labels(tables: Mapping[SplitName, Table], name: str) -> tuple[dict[SplitName, list[Cell]], bool, list[str]]:
    """The labels of each split as text, None where a file that names its classes says that a row has none.

    Args:
        name: the label column of the training file, which is called the same in the others (case aside).

    Returns:
        Labels, whether classes have names in the training file, and what was read by them elsewhere, in a sentence.

    Raises:
        InputError: a file without that column, a row without a label, labels of several types, a number without name.
    """
    labels: dict[SplitName, list[Cell]] = {}
    said = []
    names = _own_names(tables["train"], name)
    for table in tables.values():
        _check_answers(table, name)
    for split, table in tables.items():
        column = _column(table, name, split)
        own, values = _own_names(table, column), table.values(column)
        if own or (names and _are_numbers(values, names, column, table)):
            labels[split] = named_labels(values, own or names, column, table.where)
            if not own:
                said.append(say("{split}: class numbers were read with the names of the training file.", split=split))
        else:
            check_one_type(values, column, table.where)
            labels[split] = list(labels_of(table.column(column), column, table.where))
    return {split: [cell and sys.intern(cell) for cell in cells] for split, cells in labels.items()}, bool(names), said


def _check_answers(table: Table, name: str) -> None:
    """Raise `InputError` where an annotator rejected labels, as Prodigy's export says in its column `answer`."""
    if "answer" not in table.columns or name == "answer":
        return
    answers = table.values("answer")
    bad = [row for row, answer in enumerate(answers) if answer in ("reject", "ignore")]
    if bad and all(answer in ("accept", "reject", "ignore", None, "") for answer in answers):
        problem = say(
            "{bad:,} of {answers:,} rows were rejected or skipped by the annotator (column 'answer')",
            bad=len(bad),
            answers=len(answers),
        )
        advice = say("keep those with 'accept', or say --label answer where all are about one class")
        raise InputError(
            say("{problem}, so '{name}' is not their label; {advice}", problem=problem, name=name, advice=advice),
            where=table.where(bad[0]),
        )


def _own_names(table: Table, column: str) -> tuple[str, ...]:
    return table.records.class_names.get(column, ()) if table.records else ()


def _column(table: Table, name: str, split: SplitName) -> str:
    try:
        return find_column(table, name, "--label") or name
    except InputError as error:
        if split == "train":
            raise
        raise InputError(
            say("{problem}; if its labels are hidden, {split}", problem=error.message, split=without(split)),
            where=error.where,
        ) from None


def _are_numbers(values: Sequence[Any], names: Sequence[str], column: str, table: Table) -> bool:
    """Whether a file without names has the training file's class numbers: nothing else, where names are not numbers."""
    cells = [cell for cell in texts_of(values, column, table.where) if cell is not None]
    if not cells or not all(map(number_text, cells)):
        return False
    if any(map(number_text, names)):
        problem = say(
            "numbers in column '{column}' may be class numbers or names, which are numbers in the training file",
            column=column,
        )
        raise InputError(say("{problem}; write both files in the same way", problem=problem), where=str(table.path))
    return True


def drop_unnamed(splits: Mapping[SplitName, tuple[Example, ...]]) -> tuple[Splits, list[str]]:
    """Leave out the rows that have no label, as their file says by -1 or no value beside class names.

    Raises:
        InputError: nothing is left of a split.
    """
    kept: Splits = {}
    said = []
    for split, examples in splits.items():
        kept[split] = tuple(e for e in examples if e.label is not None)
        dropped = len(examples) - len(kept[split])
        if examples and not kept[split]:
            advice = say("give labelled rows") if split == say("train") else without(split)
            raise InputError(
                say("every row of {split} is without a label (-1 or no value); {advice}", split=split, advice=advice),
                where=examples[0].where,
            )
        if dropped:
            said.append(
                say(
                    "{split}: {dropped:,} of {examples:,} rows have no label (-1 or no value) and were left out.",
                    split=split,
                    dropped=dropped,
                    examples=len(examples),
                )
            )
    return kept, said


def labels_of(cells: Sequence[Cell], column: str, where: Where) -> list[str]:
    """Labels without white space around them.

    Raises:
        InputError: a row without a value, or with an empty one.
    """
    if None in cells:
        raise no_value(cells, column, where)
    labels = [without_edges(cell or "") for cell in cells]
    if "" in labels:
        found = say(
            "the label (column '{column}') is empty{count}",
            column=column,
            count=_as_others(labels.count(""), len(labels)),
        )
        problem = say("{found}; fill it in or take the row out", found=found)
        raise InputError(problem, where=where(labels.index("")))
    return labels


def no_value(cells: Sequence[Cell], column: str, where: Where) -> InputError:
    """What is wrong with a column of which some row has no value."""
    found = say(
        "no value for '{column}' in this row{count}", column=column, count=_as_others(cells.count(None), len(cells))
    )
    return InputError(say("{found}; fill it in or take the row out", found=found), where=where(cells.index(None)))


def _as_others(count: int, rows: int) -> str:
    return say(" (as in {count:,} of {rows:,} rows)", count=count, rows=rows) if count > 1 else ""


def named_labels(values: Sequence[Any], names: Sequence[str], column: str, where: Where) -> list[Cell]:
    """Names in place of class numbers; None for -1 and for rows without a value.

    Args:
        values: whole numbers, in any type or as text; what is a name already stays.

    Raises:
        InputError: a number or text that is not a class.
    """
    names = [name.strip() for name in names]
    texts = {value.strip() if isinstance(value, str) else value for value in values}
    if texts <= {*names, None}:  # names throughout, be they numerals: `5` is not a class number beside `1` to `5`
        return [value if value is None else str(value).strip() for value in values]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise InputError(
            say("two classes of column '{column}' have the name '{twice}'", column=column, twice=shown(twice)),
            where=where(0),
        )
    known: dict[Cell, Cell] = dict(zip(names, names, strict=True))
    known |= {str(number): name or f"(class {number})" for number, name in enumerate(names)}
    known |= {str(UNNAMED): None, None: None}
    cells = [cell and (number_text(cell) or cell) for cell in texts_of(values, column, where)]
    try:
        return [known[cell] for cell in cells]
    except KeyError as error:
        row = cells.index(error.args[0])
        problem = say(
            "'{shown}' in column '{column}' is not a class: the file has {names} classes",
            shown=shown(cells[row] or ""),
            column=column,
            names=len(names),
        )
        advice = say(
            "from 0 ('{names}') to {names2} ('{names3}'), and -1 stands for no label",
            names=shown(names[0]),
            names2=len(names) - 1,
            names3=shown(names[-1]),
        )
        raise InputError(say("{problem}, {advice}", problem=problem, advice=advice), where=where(row)) from None


def check_one_type(values: Sequence[Any], column: str, where: Where) -> None:
    """Refuse words beside numbers or truth values, and truth values beside other numbers than 0 and 1.

    Numbers written as text count as numbers, `true` and `false` as truth values; how one class is spelled in all files
    is decided in `spellings.py`. Text alone, as in csv, has one type.

    Raises:
        InputError: a mixture; it gives counts and an example of each.
    """
    if len(set(map(type, values)) - {type(None)}) < 2:
        return
    kinds = [_kind(value) for value in values]
    counts = Counter(kind for kind in kinds if kind)
    if len(counts) < 2 or (counts.keys() == {"number", "truth value"} and all(map(_may_be_truth, values))):
        return
    shares = []
    for kind, count in counts.most_common():
        example = texts_of(values[kinds.index(kind) :][:1], column, where)[0]
        shares.append(
            say(
                _SHARES[kind, count > 1],
                count=count,
                example=shown(example or ""),
            )
        )
    rare = kinds.index(counts.most_common()[-1][0])
    raise InputError(
        say(
            "column '{column}' mixes {shares}; write all labels as one kind", column=column, shares=" and ".join(shares)
        ),
        where=where(rare),
    )


_SHARES = {
    ("number", False): template("{count:,} number (such as '{example}')"),
    ("number", True): template("{count:,} numbers (such as '{example}')"),
    ("truth value", False): template("{count:,} truth value (such as '{example}')"),
    ("truth value", True): template("{count:,} truth values (such as '{example}')"),
    ("text", False): template("{count:,} text (such as '{example}')"),
    ("text", True): template("{count:,} texts (such as '{example}')"),
}
"""By kind, and whether there are several."""


def _kind(value: Any) -> str | None:
    """`number`, `truth value` or `text`; None where there is no label."""
    if isinstance(value, bool):
        return "truth value"
    if isinstance(value, (int, float, Decimal)):
        return "number" if value == value else None
    text = value.strip() if isinstance(value, str) else "" if value is None else "text"
    if text in ("", NO_LABEL):
        return None
    return "number" if number_text(text) else "truth value" if text.casefold() in ("true", "false") else "text"


def _may_be_truth(value: Any) -> bool:
    return _kind(value) != "number" or number_text(str(value).strip()) in ("0", "1")
