"""How a metric is computed on any resample of the items: from sums, from counts of classes, or from ranks.

A resample with replacement is a vector that says how often each item is in it. A metric of sums follows from counts @
statistics, of classes from the same with one column for each class, of ranks from weighted midranks. Each is exactly
the metric of the list in which items stand as often as the vector says. Many resamples are computed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unfreeze.tasks.targets.sums import Floats

Scorer = Callable[[Floats], Floats]
"""(rows, items) how often each item is in each resample, to the metric (rows, runs); NaN where it is not defined."""
Columns = Any  # a sparse matrix of scipy's


@dataclass(frozen=True)
class Measure:
    """A metric that can choose and judge, for one label space.

    Attributes:
        statistics: gold and predicted labels to what the metric needs of each item, (items, k). A metric that ranks
            has probabilities (items, C) in index order in place of predicted labels, here and in `constant`.
        scorer: the statistics of some runs on the same items (runs, items, k), to their `Scorer`.
        constant: gold labels to the best answer that is one and the same for every item (for tags: every word), as
            predictions of all of them.
        shares: it is a share of right answers or made of such, so that one of n answers moves it by about 1 / n.
    """

    statistics: Callable[[Sequence[Any], Sequence[Any]], Floats]
    scorer: Callable[[Floats], Scorer]
    constant: Callable[[Sequence[Any]], Sequence[Any]]
    shares: bool = True

    def of(self, runs: Floats) -> Floats:
        """(runs,) the metric of all items, from (runs, items, k) statistics; NaN where it is not defined."""
        scores: Floats = self.scorer(runs)(np.ones((1, runs.shape[1])))[0]
        return scores

    def score(self, gold: Sequence[Any], predicted: Sequence[Any]) -> float:
        """The metric of some predictions."""
        return float(self.of(self.statistics(gold, predicted)[None])[0])


def of_sums(metric: Callable[[Floats], Floats]) -> Callable[[Floats], Scorer]:
    """The `Measure.scorer` of a metric (...) of summed statistics (..., k)."""

    def scorer(runs: Floats) -> Scorer:
        flat = np.ascontiguousarray(runs.transpose(1, 0, 2).reshape(runs.shape[1], -1), dtype=float)
        return lambda counts: metric((counts @ flat).reshape(len(counts), len(runs), -1))

    return scorer


def of_counts(metric: Callable[[Floats], Floats], columns: Callable[[Floats], Columns]) -> Callable[[Floats], Scorer]:
    """The `Measure.scorer` of a metric (...) of three counts of every class (..., 3, C): right, gold and predicted.

    Args:
        columns: a run's statistics (items, k) to sparse (items, 3 C), what each item adds to the counts.
    """

    def scorer(runs: Floats) -> Scorer:
        each = [columns(run) for run in runs]

        def score(counts: Floats) -> Floats:
            return np.stack([metric((counts @ one).reshape(len(counts), 3, -1)) for one in each], axis=1)

        return score

    return scorer


def class_columns(classes: int) -> Callable[[Floats], Columns]:
    """The columns of `of_counts` from (items, 2) indices of the gold and the predicted class."""

    def columns(run: Floats) -> Columns:
        gold, predicted = run.astype(np.int64).T
        right = np.flatnonzero(gold == predicted)
        every = np.arange(len(run))
        rows = np.concatenate([right, every, every])
        return _ones(rows, np.concatenate([gold[right], classes + gold, 2 * classes + predicted]), len(run), classes)

    return columns


def label_columns(run: Floats) -> Columns:
    """The columns of `of_counts` from (items, labels) 0 for neither, 1 for gold, 2 for predicted, 3 for both."""
    labels = run.shape[1]
    places = [np.nonzero(condition) for condition in (run == 3, run % 2 == 1, run >= 2)]
    rows = np.concatenate([items for items, _ in places])
    return _ones(rows, np.concatenate([part * labels + c for part, (_, c) in enumerate(places)]), len(run), labels)


def _ones(rows: Any, columns: Any, items: int, classes: int) -> Columns:
    from scipy import sparse

    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), (items, 3 * classes))
