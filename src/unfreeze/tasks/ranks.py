"""Metrics of ranks on resamples in which items stand several times or not at all: weighted, and exact.

Values are sorted once; a resample changes how often each stands in that order, not the order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unfreeze.tasks.measures import Scorer
from unfreeze.tasks.targets.sums import Floats, ratio


def rank_correlations(runs: Floats) -> Scorer:
    """The `Measure.scorer` of Spearman's correlation: Pearson's of midranks (Kendall 1945, Biometrika 33).

    It is NaN where all gold scores of a resample are the same, else 0 where all predictions are.

    Args:
        runs: (runs, items, 2) gold and predicted scores; the gold ones of all runs are the same.
    """
    gold, predicted = midranks(runs[0, :, 0]), [midranks(run[:, 1]) for run in runs]

    def score(counts: Floats) -> Floats:
        x = gold(counts)
        weighted, spread = counts * x, (counts * x * x).sum(1)
        columns = []
        for of_run in predicted:
            y = of_run(counts)
            both = np.sqrt(spread * (counts * y * y).sum(1))
            columns.append(np.where(spread > 0, np.clip(ratio((weighted * y).sum(1), both), -1.0, 1.0), np.nan))
        return np.stack(columns, axis=1)

    return score


def midranks(values: Floats) -> Callable[[Floats], Floats]:
    """From how often each item is in a resample (rows, items) to its midrank there, less the mean rank, (rows, items).

    Args:
        values: (items,) of which equal ones share the mean of their ranks.
    """
    group = np.unique(values, return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))

    def ranks(counts: Floats) -> Floats:
        sizes = np.add.reduceat(counts[:, order], starts, axis=1)  # (rows, groups)
        middles = np.cumsum(sizes, axis=1) - sizes / 2  # less the mean rank, both without the same 1 / 2
        centred: Floats = (middles - counts.sum(1, keepdims=True) / 2)[:, group]
        return centred

    return ranks
