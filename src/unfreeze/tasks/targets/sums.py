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


def f1(sums: Floats) -> Floats:
    """(...) F1 from (..., 3) true positives, gold and predicted units; NaN without any gold or predicted unit."""
    return ratio(2 * sums[..., 0], sums[..., 1] + sums[..., 2], np.nan)
