"""Labels as files write them, checked and turned into classes or numbers; the label space they span."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unfreeze.data.examples import SPLITS, Example, LabelSpace, SplitName
from unfreeze.data.measurable import check_measurable, without
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tasks.kinds import Task

NO_LABEL = "-"
"""How SNLI and its like mark items on which the annotators did not agree."""

Splits = dict[SplitName, tuple[Example, ...]]


def drop_unlabelled(splits: Mapping[SplitName, tuple[Example, ...]]) -> tuple[Splits, list[str]]:
    """Leave out the rows whose label is `-`, unless it may be a class (a `+` beside it, or fewer than two others).

    Raises:
        InputError: nothing is left of a split.
    """
    classes = {e.label for e in splits["train"]} - {NO_LABEL}
    if len(classes) < 2 or "+" in classes:
        return dict(splits), []
    kept: Splits = {}
    said = []
    for name, examples in splits.items():
        kept[name] = tuple(e for e in examples if e.label != NO_LABEL)
        dropped = len(examples) - len(kept[name])
        if not kept[name]:
            advice = f"; {without(name)}" if name != "train" else ""
            problem = say(
                "every row of {name} has the label '-', which means no label{advice}", name=name, advice=advice
            )
            raise InputError(problem, where=examples[0].where)
        if dropped:
            said.append(
                say(
                    "{name}: {dropped} of {examples} rows have the label '-' (no label) and were left out.",
                    name=name,
                    dropped=dropped,
                    examples=len(examples),
                )
            )
    return kept, said


def label_space(
    splits: Mapping[SplitName, tuple[Example, ...]], task: Task, files: Mapping[SplitName, Path]
) -> tuple[Splits, LabelSpace]:
    """Examples with labels as the task wants them, and their label space.

    Args:
        files: see `check_measurable`.

    Raises:
        InputError: as the parts do. That all labels of a split are the same is reported first, so that a placeholder is
            not taken for a class that train lacks, or for a score that is not a number.
    """
    target = task.target
    space = target.space(target.typed(splits["train"]))
    check_measurable(splits, task, None, files)
    typed: Splits = {name: target.typed(examples) for name, examples in splits.items()}
    if typed != splits:
        check_measurable(typed, task, None, files)  # once more: 1 and 1.0 are one score
    for split in SPLITS[1:]:
        target.check_known(split, typed.get(split, ()), space)
    return typed, space
