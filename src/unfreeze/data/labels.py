"""Labels as files write them, checked and turned into classes or numbers; the label space they span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from unfreeze.data.columns import number
from unfreeze.data.examples import SPLITS, Example, LabelSpace, SplitName
from unfreeze.data.measurable import check_measurable, without
from unfreeze.errors import InputError, listed, shown
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
            problem = f"every row of {name} has the label '-', which means no label{advice}"
            raise InputError(problem, where=examples[0].where)
        if dropped:
            said.append(f"{name}: {dropped} of {len(examples)} rows have the label '-' (no label) and were left out.")
    return kept, said


def classes_of(train: tuple[Example, ...]) -> LabelSpace:
    """The classes of the training split.

    Raises:
        InputError: one class only.
    """
    names = tuple(sorted({str(e.label) for e in train}))
    if len(names) < 2:
        problem = (
            f"every training row has the label '{shown(names[0])}'; two classes are needed, is it the label column?"
        )
        raise InputError(problem, where=train[0].where)
    return LabelSpace(names)


def check_classes(splits: Mapping[SplitName, tuple[Example, ...]], names: tuple[str, ...]) -> None:
    """Raise `InputError` where dev or test has a class that is not among those of train."""
    for split in SPLITS[1:]:
        for example in splits.get(split, ()):
            if example.label not in names:
                found = f"class '{shown(str(example.label))}' of {split}"
                problem = f"{found} is not in the training split, which has {listed(names)}"
                raise InputError(f"{problem}; add training rows of it or take the row out", where=example.where)


def as_scores(splits: Mapping[SplitName, tuple[Example, ...]]) -> Splits:
    """The examples with their labels as numbers.

    Raises:
        InputError: a label that is no finite number.
    """
    return {name: tuple(_scored(e) for e in examples) for name, examples in splits.items()}


def _scored(example: Example) -> Example:
    value = number(str(example.label))
    if value is None:
        problem = f"score '{shown(str(example.label))}' is no finite number; mend it, or say --task for classes"
        raise InputError(problem, where=example.where)
    return replace(example, label=value)


def scores_of(train: tuple[Example, ...]) -> LabelSpace:
    """The range of the training scores.

    Raises:
        InputError: all scores are the same.
    """
    scores = [e.label for e in train if isinstance(e.label, float)]
    if min(scores) == max(scores):
        problem = f"every training score is {scores[0]:g}; there is nothing to learn, is it the label column?"
        raise InputError(problem, where=train[0].where)
    return LabelSpace(low=min(scores), high=max(scores))


def label_space(
    splits: Mapping[SplitName, tuple[Example, ...]], task: Task, files: Mapping[SplitName, Path]
) -> tuple[Splits, LabelSpace]:
    """Examples with labels as the task wants them, and their label space.

    Args:
        files: see `check_measurable`.

    Raises:
        InputError: as the parts do. That all labels of a split are the same is told first, so that a placeholder is
            not taken for a class that train lacks, or for a score that is no number.
    """
    if task.target == "score":
        train = as_scores({"train": splits["train"]})["train"]
        space = scores_of(train)
        check_measurable(splits, task, None, files)
        scored = as_scores(splits)
        check_measurable(scored, task, None, files)  # once more: 1 and 1.0 are one score
        return scored, space
    space = classes_of(splits["train"])
    check_measurable(splits, task, None, files)
    check_classes(splits, space.names)
    return dict(splits), space


def tags_of(train: tuple[Example, ...], scheme: str | None) -> LabelSpace:
    """The tags of the training split, `O` first.

    Raises:
        InputError: one tag only.
    """
    names = {tag for e in train if isinstance(e.label, tuple) for tag in e.label}
    if len(names) < 2:
        problem = f"every training word has the tag '{names.pop()}'; two are needed, is it the label column?"
        raise InputError(problem, where=train[0].where)
    return LabelSpace(tuple(sorted(names, key=lambda tag: (tag != "O", tag))), scheme)
