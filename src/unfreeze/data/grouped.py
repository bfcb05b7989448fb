"""What must stay together when examples are divided, into folds or into splits: equal texts, and groups by a column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unfreeze.data.examples import Example
from unfreeze.data.splits import Bools, Examples, Ints, cut_places, text_groups
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tasks.kinds import Task

OPTION = "--folds"


def tied_groups(examples: Sequence[Example]) -> Ints:
    """(E,) a number for each example, one for all that must stay on one side: equal texts, and those of one `group`.

    Both tie at once: two authors with a text in common are one group.
    """
    texts = text_groups(examples)
    numbers: dict[str, int] = {}
    named = np.array([-1 if e.group is None else numbers.setdefault(e.group, len(numbers)) for e in examples], np.int64)
    if not numbers:
        return texts
    tied, known = texts, named >= 0
    while True:
        before = tied
        tied = before.copy()
        tied[known] = _lowest(before[known], named[known])
        tied = _lowest(tied, texts)
        if np.array_equal(tied, before):
            return tied


def _lowest(values: Ints, groups: Ints) -> Ints:
    """(E,) the lowest value (E,) in each one's group (E,)."""
    lowest = np.full(int(groups.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(lowest, groups, values)
    return lowest[groups]


def grouped(examples: Sequence[Example]) -> bool:
    """Whether any example belongs to a group."""
    return any(example.group is not None for example in examples)


def cut_out(examples: Examples, task: Task, share: float, seed: int) -> Bools:
    """(E,) which examples are cut out, about a share of them, stratified by class.

    Without groups as `splits.cut` does it. Groups are often larger than what is to be cut of a class; so they are put
    into as many folds as make such a share, and one of these is cut: of those without which every class stays, the one
    whose size is nearest.

    Raises:
        InputError: too few different texts or groups to cut any.
    """
    if not grouped(examples):
        return cut_places(examples, task, share, seed, text_groups(examples))
    tied = len(np.unique(tied_groups(examples)))
    if tied < 2:
        raise InputError("all examples are tied to each other by their groups and texts", where="--group")
    folds = fold_numbers(examples, task, min(round(1 / share), tied), seed)
    strata = task.target.strata([example.label for example in examples])
    kept = [len(np.unique(strata[folds != fold])) for fold in range(folds.max() + 1)]
    off = np.abs(np.bincount(folds) - share * len(examples))
    cut: Bools = folds == int(np.lexsort((off, -np.array(kept)))[0])
    return cut


def fold_numbers(examples: Sequence[Example], task: Task, number: int, seed: int) -> Ints:
    """(E,) the fold of each example, from 0: sizes and classes as even as equal texts and groups allow.

    The largest groups are placed first, each into the fold that has least of its classes, of such folds the smallest.
    A class counts as much as any other, however rare.

    Raises:
        InputError: there are fewer different texts or groups than folds.
    """
    tied = tied_groups(examples)
    group = np.unique(tied, return_inverse=True)[1]
    strata = task.target.strata([example.label for example in examples])
    counts = np.zeros((group.max() + 1, strata.max() + 1))  # (G, C)
    np.add.at(counts, (group, strata), 1.0)
    if len(counts) < number:
        what = say("groups") if grouped(examples) else say("different texts")
        raise InputError(
            say("{number} folds of {counts} {what}; ask for fewer folds", number=number, counts=len(counts), what=what),
            where=OPTION,
        )
    weights = counts / np.maximum(counts.sum(0), 1)
    order = np.random.default_rng(seed).permutation(len(counts))
    held, sizes, fold_of = np.zeros((number, counts.shape[1])), np.zeros(number), np.zeros(len(counts), np.int64)
    for place in order[np.argsort(-counts.sum(1)[order], kind="stable")]:
        fold = int(np.lexsort((sizes, (held @ weights[place]).round(9)))[0])
        fold_of[place] = fold
        held[fold] += counts[place]
        sizes[fold] += counts[place].sum()
    found: Ints = fold_of[group]
    return found
