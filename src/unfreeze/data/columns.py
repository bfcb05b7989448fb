"""Which column is text, second text and label, and which task that makes: as given, else guessed where it is safe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.data.known_columns import IDS, LABELS, PAIRS, ROW_NUMBERS, TEXTS, folded
from unfreeze.data.tables import Table
from unfreeze.errors import InputError, listed, nearest, shown
from unfreeze.language.message import say
from unfreeze.tasks.kinds import CLASSES, SCORES, TASKS, Task
from unfreeze.tasks.targets.scores import number
from unfreeze.tasks.targets.target import Target

_DRESSED = re.compile(
    r"([$€£¥₹~]|[A-Z]{3} )?[+\-\u2212]?(\d{1,3}([ ,.'\u00a0\u202f]\d{3})+([.,]\d+)?|\d+([.,]\d+)?)(.{0,12})"
)
"""A number as people dress it: a currency, a true minus sign, digits in groups, a unit behind."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")

MANY_VALUES = 20
"""More different numbers than this are a score, not classes."""


@dataclass(frozen=True)
class Columns:
    """Names of the columns in use, as the file writes them."""

    text: str
    text_b: str | None = None
    label: str | None = None
    group: str | None = None


def choose_columns(
    table: Table,
    *,
    text: str | None = None,
    text_b: str | None = None,
    label: str | None = None,
    task: Task | None = None,
    group: str | None = None,
    labelled: bool = True,
) -> Columns:
    """The columns to read: those given, the others guessed by name or because only one is left.

    Args:
        text, text_b, label: names, or 0-based indices.
        task: restricts the guess to one text or to two.
        group: a column that is none of the others (`groups.py`).
        labelled: whether a label column is needed.

    Raises:
        InputError: an unknown column, or no safe guess; it lists the columns and the option to give.
    """
    given_b = find_column(table, text_b, "--text-b")
    named = find_column(table, label, "--label") if labelled else None
    label = named or (_guess_label(table, {text, given_b}, group) if labelled else None)
    given = find_column(table, text, "--text")
    pair = task.pair if task else given_b is not None if given else None
    if given_b and (given is None or pair is False):
        raise _unsure(table, say("--text-b needs --text and a task with two texts"), "--text")
    chosen = (given, given_b) if given else _guess_texts(table, {label, group}, pair)
    if pair and chosen[1] is None:
        raise _unsure(table, say("the task needs two texts, and the second is not safe to guess"), "--text-b")
    columns = Columns(chosen[0] or "", chosen[1], label, group)
    names = [name for name in (columns.text, columns.text_b, columns.label, group) if name is not None]
    if len(set(names)) < len(names):
        roles = say("text, second text and label") if group is None else say("text, second text, label and group")
        raise InputError(
            say("one column cannot be two of {roles}: {names}", roles=roles, names=", ".join(names)), where="--text"
        )
    for name in (columns.text, columns.text_b, columns.label):
        if name in table.nested:
            many = say("; for several labels a text: --task multilabel-classification") if name == columns.label else ""
            raise InputError(
                say("column '{name}' contains lists or objects, not texts{many}", name=name, many=many),
                where=str(table.path),
            )
    return columns


def find_column(table: Table, name: str | None, option: str) -> str | None:
    """The column that an option names, by its name (case aside) or its index from 0.

    Raises:
        InputError: no such column; it names the nearest and lists all.
    """
    if name is None or name in table.columns:
        return name
    same = [column for column in table.columns if folded(column) == folded(name)]
    if len(same) == 1:
        return same[0]
    if name.isdecimal() and int(name) < len(table.columns):
        return table.columns[int(name)]
    known = nearest(name, table.columns) if table.header else say(" (known: {table})", table=_listed(table))
    raise InputError(
        say("no column '{name}' for {option}{known}", name=name, option=option, known=known), where=str(table.path)
    )


def _listed(table: Table) -> str:
    """The columns, named by their first cell where the file has no header."""
    if table.header:
        return listed([f"'{shown(name)}'" for name in table.columns])
    first = [shown(cell or "", 24) for cell in table.rows[0]]
    return say("no header; ") + listed([f"{i} ('{cell}', ...)" for i, cell in enumerate(first)])


def _unsure(table: Table, problem: str, option: str, example: str = "COLUMN") -> InputError:
    advice = say("say which, as in {option} {example}", option=option, example=example if table.header else "INDEX")
    return InputError(
        say("{problem}; {advice}; columns: {table}", problem=problem, advice=advice, table=_listed(table)),
        where=str(table.path),
    )


def _guess_label(table: Table, taken: set[str | None], group: str | None) -> str:
    found = [c for c in table.columns if folded(c) in LABELS and c not in taken and c != group]
    if len(found) == 1:
        return found[0]
    if found:
        raise _unsure(
            table,
            say("{found} columns could be the label: {found2}", found=len(found), found2=listed(found)),
            "--label",
            found[-1],
        )
    columns = [c for c in table.columns if c != group and (folded(c) not in ROW_NUMBERS or not table.header)]
    left = [c for c in columns if c not in taken]
    if len(columns) == 2:
        if len(left) == 1:
            return left[0]
        if table.header and sum(folded(c) in TEXTS for c in left) == 1:
            return next(c for c in left if folded(c) not in TEXTS)
        if not table.header:
            few, many = sorted(left, key=lambda c: len(set(table.column(c))))
            if 2 * len(set(table.column(few))) <= len(set(table.column(many))):
                return few
    raise _unsure(table, say("the label column is not safe to guess"), "--label")


def _guess_texts(table: Table, taken: set[str | None], pair: bool | None) -> tuple[str, str | None]:
    """Text columns by name: a known pair first, then a known single name, then the only column left."""
    by_name = {folded(c): c for c in table.columns if c not in taken}
    if pair is not False:
        pairs = [(by_name[a], by_name[b]) for a, b in PAIRS if a in by_name and b in by_name]
        if len(pairs) == 1:
            return pairs[0]
    single = [c for name, c in by_name.items() if name in TEXTS]
    left = [c for name, c in by_name.items() if name not in IDS]
    if pair and len(left) == 2:
        return left[0], left[1]
    for candidates in (single, left):
        if len(candidates) == 1 and not pair:
            return candidates[0], None
    raise _unsure(table, say("the text column is not safe to guess"), "--text")


def guess_task(labels: Sequence[str], pair: bool) -> Task:
    """Regression when the labels are fractions, else classification.

    Nine tenths of numbers are enough: the others are then faults to be reported, not classes.

    Raises:
        InputError: more than 20 different whole numbers, which may be either; numbers with a decimal comma.
    """
    values = [value for value in map(number, labels) if value is not None]
    numeric = len(values) >= max(0.9 * len(labels), 1)
    commas = [label for label in labels if _DECIMAL_COMMA.fullmatch(label)]
    if commas and len(values) + len(commas) >= 0.9 * len(labels):
        problem = say(
            "labels such as '{commas}' look like numbers with a decimal comma; write a point", commas=commas[0]
        )
        if all(len(label.partition(",")[2]) == 3 for label in commas):
            problem = say(
                "labels such as '{commas}' look like numbers with commas; write 1234 or 1.234 as is meant",
                commas=commas[0],
            )
        elif any(set(label.split(",")) <= set(labels) for label in commas):
            problem = say(
                "labels such as '{commas}' look like several classes or a decimal comma; write one, or a point",
                commas=commas[0],
            )
        raise InputError(
            say("{problem}, or say --task {kind}", problem=problem, kind=task_of(CLASSES, pair).kind), where="--task"
        )
    _refuse_dressed(labels, pair)
    fractions = any(not v.is_integer() for v in values)
    if numeric and not fractions and len(set(values)) > MANY_VALUES:
        kinds = (task_of(answers, pair).kind for answers in (CLASSES, SCORES))
        problem = say("the labels are {values} different whole numbers: classes or scores?", values=len(set(values)))
        raise InputError(
            say("{problem} Say --task {kinds}", problem=problem, kinds=" or --task ".join(kinds)), where="--task"
        )
    return task_of(SCORES if numeric and fractions else CLASSES, pair)


def _refuse_dressed(labels: Sequence[str], pair: bool) -> None:
    """Raise `InputError` for more than 20 numbers that a sign, a unit or grouped digits keep from being read."""
    different = {label for label in labels if number(label) is None}
    if len(different) <= MANY_VALUES:
        return
    found = [match for label in different if (match := _DRESSED.fullmatch(label))]
    dresses = {(match[1], match[6].strip().removesuffix("s")) for match in found}
    times = any(re.match(r"-\d|:", unit) for _, unit in dresses)  # or dates
    if len(found) >= 0.9 * len(different) and len(dresses) <= 2 and not times:
        example = shown(min(match[0] for match in found))
        problem = say(
            "{found} different labels such as '{example}' look like numbers with a sign or unit",
            found=len(found),
            example=example,
        )
        advice = say("write plain numbers for scores, or say --task {kind}", kind=task_of(CLASSES, pair).kind)
        raise InputError(say("{problem}; {advice}", problem=problem, advice=advice), where="--task")


def task_of(target: Target, pair: bool) -> Task:
    """The task kind with this target and number of texts."""
    return next(task for task in TASKS.values() if task.target is target and task.pair == pair)
