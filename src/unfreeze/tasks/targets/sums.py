"""Shares of sums, and of which kinds of label how many are found: what the metrics of several targets share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """Of each label or span type: how often it is in gold, how often it was predicted, how often both agree."""

    gold: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    both: Counter[str] = field(default_factory=Counter)


def ratio(part: Floats, whole: Floats, of_nothing: float = 0.0) -> Floats:
    """Part by whole, `of_nothing` where the whole is not above 0."""
    empty: Floats = np.full(np.broadcast(part, whole).shape, of_nothing)
    shares: Floats = np.divide(part, whole, out=empty, where=np.asarray(whole) > 0)
    return shares


def share(sums: Floats) -> Floats:
    """(...) share from (..., 2) right units and all of them; NaN without any."""
    return ratio(sums[..., 0], sums[..., 1], np.nan)


def f1(sums: Floats) -> Floats:
    """(...) F1 from (..., 3) true positives, gold and predicted units; NaN without any gold or predicted unit."""
    return ratio(2 * sums[..., 0], sums[..., 1] + sums[..., 2], np.nan)


def macro_f1(counts: Floats) -> Floats:
    """(...) mean F1 of the classes that are in gold or predicted, from (..., 3, C) right, gold and predicted of each.

    It is NaN without any.
    """
    right, gold, predicted = np.moveaxis(np.asarray(counts), -2, 0)
    either = gold + predicted
    return ratio(ratio(2 * right, either).sum(-1), (either > 0).sum(-1), np.nan)


def matthews(counts: Floats) -> Floats:
    """(...) Matthews' correlation of several classes from counts as in `macro_f1`; 0 where gold or prediction is one.

    Gorodkin 2004, Computational Biology and Chemistry 28, equation 8.
    """
    right, gold, predicted = np.moveaxis(np.asarray(counts), -2, 0)
    total = gold.sum(-1)
    spread = (total**2 - (gold**2).sum(-1)) * (total**2 - (predicted**2).sum(-1))
    return ratio(right.sum(-1) * total - (gold * predicted).sum(-1), np.sqrt(np.maximum(spread, 0)))
