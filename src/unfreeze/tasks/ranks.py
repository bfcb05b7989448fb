"""Metrics of ranks on resamples in which items stand several times or not at all: weighted, and exact.

Values are sorted once; a resample changes how often each stands in that order, not the order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from unfreeze.tasks.measures import Scorer
from unfreeze.tasks.targets.sums import Floats, ratio

Bools = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]


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


def average_precisions(runs: Floats) -> Scorer:
    """The `Measure.scorer` of average precision: the mean over labels of the precision at each item that has the label.

    Items are ranked by the label's probability; those of equal probability come in together. It is the sum over
    thresholds of precision times gain in recall, without interpolation (Manning, Raghavan & Schuetze 2008, 8.4).
    Labels that no item of a resample has are left out there; it is NaN where there are none at all.

    Args:
        runs: (runs, items, 2 C) whether an item has each label, then the probabilities of them; the former are the same
            in all runs.
    """
    labels = runs.shape[2] // 2
    gold = runs[0, :, :labels] > 0
    ranked = [[_average_precision(gold[:, c], run[:, labels + c]) for c in range(labels)] for run in runs]

    def score(counts: Floats) -> Floats:
        by_item = np.ascontiguousarray(counts.T, np.float32)  # whole numbers, of which sums are exact
        return np.stack([_mean_of_defined(np.stack([one(by_item) for one in each])) for each in ranked], axis=1)

    return score


def _average_precision(gold: Bools, likely: Floats) -> Callable[[Singles], Floats]:
    """From how often each item is in some resamples (items, rows) to the average precision there, (rows,)."""
    if not gold.any():
        return lambda counts: np.full(counts.shape[1], np.nan)
    group = np.unique(-likely, return_inverse=True)[1]  # by falling probability
    order = np.argsort(group, kind="stable")
    hits = order[gold[order]]
    where = np.unique(group[hits])  # groups with a hit: precision elsewhere does not count
    ends = np.searchsorted(group[order], where, side="right")
    starts, firsts = np.append(0, ends[:-1]), np.searchsorted(group[hits], where)
    reached = order[: ends[-1]]

    def score(counts: Singles) -> Floats:
        ranked = np.cumsum(np.add.reduceat(counts[reached], starts), axis=0, dtype=float)  # (groups, rows)
        gained = np.add.reduceat(counts[hits], firsts).astype(float)
        found = np.cumsum(gained, axis=0)
        return ratio((gained * ratio(found, ranked)).sum(0), found[-1], np.nan)

    return score


def _mean_of_defined(values: Floats) -> Floats:
    """(rows,) mean over labels of (labels, rows), as far as they are not NaN."""
    return ratio(np.nansum(values, axis=0), (~np.isnan(values)).sum(0), np.nan)
