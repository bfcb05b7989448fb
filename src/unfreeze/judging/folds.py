"""How far a score over folds can be off: the luck of items, of training runs, and of training sets.

The items' part is that of `two_way` over all items, which the folds test once each, paired between arms. Seeds are
independent between folds, so their part is the mean over folds of what a fold shows (`two_way.parts`), over the folds.

The training sets are another thing. What the scores of folds differ by beyond the luck of items and seeds shows how
much the training set matters, but the training sets of K folds overlap, so their mean varies by more than 1 / K of it.
It enters with 1 / K + n_test / n_train (Nadeau & Bengio 2003, Machine Learning 52, section 3) and K - 1 degrees of
freedom. Without it intervals of cross-validation are too narrow (Bates, Hastie & Tibshirani 2023, Journal of the
American Statistical Association 119). `docs/statistics.md` has how often these hold the truth: the mean score of models
that learn from as many examples as each fold leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from unfreeze.judging.spread import Floats, Spread
from unfreeze.judging.two_way import DRAWS, Measured, Weights, measured
from unfreeze.tasks.measures import Measure

DRAWS_OF_A_FOLD = 2_000


@dataclass(frozen=True)
class MeasuredInFolds(Measured):
    """Runs of arms that were scored on the same items, each in the fold that tests it.

    Attributes:
        folds: the same, of each fold alone.
    """

    folds: tuple[Measured, ...]

    def spread(self, weights: Weights) -> Spread:
        """The variance of a weighted sum of the arms' means; the seeds' part has that of training sets in it."""
        whole = super().spread(weights)
        number = len(self.folds)
        each = [fold.spread(weights) for fold in self.folds]
        seeds = sum(spread.seeds for spread in each) / number**2
        freedom = sum(spread.freedom for spread in each)
        used = [place for place, weight in enumerate(weights) if weight]
        values = [sum(weights[place] * float(fold.scores[place].mean()) for place in used) for fold in self.folds]
        luck = float(np.mean([spread.items + spread.seeds for spread in each]))
        overlap = 1 / (number - 1)  # items that a fold tests for each that it learns from
        sets = max(0.0, float(np.var(values, ddof=1)) - luck) * (1 / number + overlap)
        return Spread(whole.items, *_added((seeds, freedom), (sets, number - 1.0)), whole.luck)

    def of_first(self, arms: int) -> MeasuredInFolds:
        """See `Measured.of_first`."""
        whole = super().of_first(arms)
        return MeasuredInFolds(**vars(whole), folds=tuple(fold.of_first(arms) for fold in self.folds))

    def seed_variance(self, weights: Weights) -> float:
        """See `Measured.seed_variance`; the luck of training sets is not in it."""
        return sum(fold.spread(weights).seeds for fold in self.folds) / len(self.folds) ** 2


def _added(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """The sum of two variances, each with its degrees of freedom, and those of the sum (Welch 1947, Biometrika 34)."""
    whole = first[0] + second[0]
    shares = sum(variance**2 / freedom for variance, freedom in (first, second) if variance > 0)
    if not shares > 0:
        return whole, min(first[1], second[1])
    return whole, whole**2 / shares


def measured_in_folds(
    arms: Sequence[Floats], measure: Measure, sizes: Sequence[int], draws: int = DRAWS
) -> MeasuredInFolds:
    """Scores of arms with what they vary by.

    Args:
        arms: (seeds, items, k) statistics of the measure each, the items of the first fold first.
        sizes: items of each fold.
        draws: resamples of all items; of each fold's there are fewer.

    Raises:
        ValueError: the arms were not scored on the same number of items, or the folds have another.
    """
    ends = np.cumsum([0, *sizes]).tolist()
    if any(arm.shape[1] != ends[-1] for arm in arms):
        raise ValueError(f"folds of {ends[-1]} items in all, arms of {sorted({arm.shape[1] for arm in arms})}")
    whole = measured(arms, measure, draws)
    of_a_fold = min(draws, DRAWS_OF_A_FOLD)
    folds = tuple(measured([arm[:, start:end] for arm in arms], measure, of_a_fold) for start, end in pairwise(ends))
    return MeasuredInFolds(**vars(whole), folds=folds)
