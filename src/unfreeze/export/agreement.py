"""An export against the bundle that it was made of: the same labels everywhere, and numbers that differ by rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example, Label
from unfreeze.errors import InputError, shown

TOLERANCE = 1e-4
"""Of probabilities, and of scores in standard deviations of the training scores."""
ALONE = 12
"""Items that are also run one by one."""
BATCH = 16


@dataclass(frozen=True)
class Answers:
    """What a model says of some items.

    Attributes:
        numbers: (items, C) probabilities or (items, 1) scores; None for tags.
    """

    labels: tuple[Label, ...]
    numbers: npt.NDArray[np.float64] | None


@dataclass(frozen=True)
class Agreement:
    """How an export agrees with its bundle.

    Attributes:
        items: how many were run. furthest: the largest difference of a number; None for tags.
        same: share of items with equal labels.
    """

    items: int
    same: float
    furthest: float | None


Answer = Callable[[Sequence[Example]], Answers]


def of_bundle(predictor: Predictor, items: Sequence[Example]) -> Answers:
    """What the bundle itself says."""
    said = predictor.predict_examples(items)
    numbers: Any = said.probabilities
    if numbers is None and not predictor.task.target.per_word:
        numbers = np.asarray(said.labels, np.float64)[:, None]
    return Answers(said.labels, None if numbers is None else np.asarray(numbers, np.float64))


def compared(predictor: Predictor, answer: Answer, items: Sequence[Example]) -> Agreement:
    """Run both on these items, the export in batches of mixed lengths and the first ones alone, too."""
    here = of_bundle(predictor, items)
    batches = [items[i : i + BATCH] for i in range(0, len(items), BATCH)] + [[item] for item in items[:ALONE]]
    parts = [answer(batch) for batch in batches]
    there = tuple(label for part in parts for label in part.labels)
    gold = (*here.labels, *here.labels[:ALONE])
    same = [_same(a, b) for a, b in zip(gold, there, strict=True)]
    if here.numbers is None:
        return Agreement(len(items), float(np.mean(same)), None)
    numbers = np.concatenate([part.numbers for part in parts if part.numbers is not None])
    gaps = np.abs(numbers - np.concatenate([here.numbers, here.numbers[:ALONE]]))
    return Agreement(len(items), float(np.mean(same)), float(gaps.max()))


def _same(a: Label, b: Label) -> bool:
    return isinstance(a, float) or a == b  # numbers are compared as such


def check(predictor: Predictor, answer: Answer, items: Sequence[Example], form: str) -> Agreement:
    """`compared`, where the export must be exact.

    Raises:
        InputError: a label or number differs, or there is nothing to run.
    """
    if not items:
        raise InputError("no text is left to check the export by; give some with --test FILE", where="export")
    found = compared(predictor, answer, items)
    most = TOLERANCE * (predictor.model.objective.spread if predictor.model.objective.output == "scores" else 1)
    if found.same != 1 or not (found.furthest is None or found.furthest <= most):  # not a number is not close
        by = "" if found.furthest is None else f", numbers differ by up to {found.furthest:.1e}"
        problem = (
            f"{shown(form)} does not predict as the bundle does: labels agree on {100 * found.same:.1f} % of "
            f"{found.items:,} items{by}. Nothing was written; use `unfreeze predict`, or another --to"
        )
        raise InputError(problem, where="export")
    return found
