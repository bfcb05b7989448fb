"""How far a weighted sum of arms' mean scores can be off: its variance between test items and between training runs.

An arm has a score for each of its seeds, all on the same items. New items would change all scores together, new seeds
each run on its own, so the variance of a sum with weights w has two parts:

* items: w' K w, where K is the covariance of the runs' scores over resamples of the items (`stats.resampled_items`).
  It holds the luck of single items in the runs at hand, too.
* seeds: for each arm w^2 / S times what of the sample variance of its S scores is not that luck of single items, which
  K shows as well: max(0, s^2 - r) with r = (trace of K's block - its sum / S) / (S - 1).

The items' part is known from hundreds of items, the seeds' part from a handful of runs. So an interval reaches
q * sqrt(items + seeds) to each side, where q weighs the normal quantile and that of Student's t by the two parts
(Cochran & Cox 1957, Experimental Designs, section 4.14), with the degrees of freedom of Welch (1947, Biometrika 34)
for the seeds. `docs/statistics.md` has how often such intervals hold the truth.

Near the ceiling no item may tell two arms apart, and all resamples agree: a width of 0 from lack of evidence. So for
metrics that are shares of right answers, two pseudo-items are added to a difference, one won by each side, and two
right and two wrong answers to a single score (Agresti & Coull 1998, The American Statistician 52; Bonett & Price 2012,
Journal of Educational and Behavioral Statistics 37, for paired shares).

With one seed the seeds' part cannot be seen: the interval then speaks of items only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from unfreeze.judging.spread import ERROR, Floats, Spread
from unfreeze.judging.stats import Difference, Interval, resampled_items
from unfreeze.tasks.measures import Measure

DRAWS = 10_000
Weights = Sequence[float] | Floats


def parts(scores: Sequence[Floats], covariance: Floats, weights: Weights) -> tuple[Floats, Floats, Floats, Floats]:
    """The items' part, the seeds' part, its degrees of freedom, and what of the former is the luck of single items.

    See the top of this file.

    Args:
        scores: (..., seeds of the arm) of each arm.
        covariance: (..., runs, runs) over resamples of the items, runs in the order of `scores`.
        weights: of each arm's mean.
    """
    sizes = [arm.shape[-1] for arm in scores]
    shares = np.concatenate([np.full(size, weight / size) for size, weight in zip(sizes, weights, strict=True)])
    used = np.flatnonzero(shares)  # the others may be undefined
    items = np.einsum("i,...ij,j->...", shares[used], covariance[..., used[:, None], used], shares[used])
    seeds, spread, of_freedom, luck = (np.zeros_like(items) for _ in range(4))
    for arm, weight, end in zip(scores, weights, np.cumsum(sizes), strict=True):
        number = arm.shape[-1]
        if number == 1 or weight == 0:
            continue
        of_arm = _luck(covariance[..., end - number : end, end - number : end])
        seen = arm.var(-1, ddof=1)
        luck = luck + weight**2 * of_arm / number
        seeds = seeds + weight**2 * np.maximum(0.0, seen - of_arm) / number
        spread = spread + weight**2 * seen / number
        of_freedom = of_freedom + (weight**2 * seen / number) ** 2 / (number - 1)
    most = max((size - 1 for size, weight in zip(sizes, weights, strict=True) if weight), default=0)
    fallback = np.full(items.shape, float(most) if most else math.inf)
    freedom = np.divide(spread**2, of_freedom, out=fallback, where=of_freedom > 0)
    return items, seeds, freedom, np.minimum(luck, items)


def _luck(block: Floats) -> Floats:
    """(...) variance of an arm's run by the luck of single items, from the covariance (..., runs, runs) of several."""
    number = block.shape[-1]
    luck: Floats = (np.trace(block, axis1=-2, axis2=-1) - block.sum((-2, -1)) / number) / (number - 1)
    return luck


@dataclass(frozen=True)
class Measured:
    """Runs of arms that were scored on the same test items.

    Attributes:
        scores: (seeds,) of each arm.
        covariance: (runs, runs) of the scores over resamples of the items, runs in the order of `scores`.
        items: how many.
        shares: whether the metric is a share of right answers or made of such, so that one more of n right answers
            moves it by about 1 / n.
    """

    scores: tuple[Floats, ...]
    covariance: Floats
    items: int
    shares: bool

    @property
    def means(self) -> Floats:
        """(arms,) mean score of each arm."""
        return np.array([arm.mean() for arm in self.scores])

    def spread(self, weights: Weights) -> Spread:
        """The variance of a weighted sum of the arms' means."""
        items, seeds, freedom, luck = map(float, parts(self.scores, self.covariance, weights))
        seen = all(len(arm) > 1 for arm, weight in zip(self.scores, weights, strict=True) if weight)
        return Spread(items, seeds, freedom, luck, seen)

    def of_first(self, arms: int) -> Measured:
        """That of the first arms alone."""
        runs = sum(len(scores) for scores in self.scores[:arms])
        return Measured(self.scores[:arms], self.covariance[:runs, :runs], self.items, self.shares)

    def seed_variance(self, weights: Weights) -> float:
        """What new training runs alone change a weighted sum of the arms' means by, squared."""
        return self.spread(weights).seeds

    def seed_deviation(self, arm: int) -> float:
        """By how much an arm's runs differ beyond the luck of single items; 0 where it has one."""
        return math.sqrt(self.seed_variance(np.eye(len(self.scores))[arm]) * len(self.scores[arm]))

    def difference(self, weights: Weights, error: float = ERROR) -> Difference:
        """A weighted sum of the arms' means with its interval: 1 and -1 for the difference of two arms."""
        value = float(sum(weight * mean for weight, mean in zip(weights, self.means, strict=True) if weight))
        spread = self.spread(weights)
        centre, shown = self._with_pseudo_items(value, spread, weights)
        margin = shown.margin(error)
        return Difference(value, centre - margin, centre + margin, shown.p(centre), shown)

    def score(self, arm: int, error: float = ERROR) -> Interval:
        """The mean score of one arm with its interval, within what the metric can be."""
        weights = np.eye(len(self.scores))[arm]
        whole = self.difference(weights, error)
        least = 0.0 if self.shares else -1.0
        return Interval(whole.mean, max(whole.lo, least), min(whole.hi, 1.0))

    def _with_pseudo_items(self, value: float, spread: Spread, weights: Weights) -> tuple[float, Spread]:
        """Value and variance with the items that the top of this file tells of; as they are where it has none."""
        if not self.shares:
            return value, spread
        total = float(np.sum(weights))
        if abs(total) > _ROUNDING:  # a score: right answers count `total`, wrong ones 0
            added, squares, right = 4, 2 * total**2, 2 * total
        else:  # a difference: both ends of what an item can give
            most = float(np.clip(weights, 0, None).sum())
            added, squares, right = 2, 2 * most**2, 0.0
        number = self.items + added
        centre = (self.items * value + right) / number
        square = (self.items * (self.items * spread.items + value**2) + squares) / number
        return centre, replace(spread, items=max(0.0, square - centre**2) / number)


_ROUNDING = 1e-9


def measured(arms: Sequence[Floats], measure: Measure, draws: int = DRAWS, seed: int = 0) -> Measured:
    """Scores and covariance of arms.

    Args:
        arms: (seeds, items, k) statistics of the measure each, the same items in the same order; seeds may differ in
            number.
        draws: resamples of the items.
        seed: of the random draws; the same seed gives the same result.

    Raises:
        ValueError: the arms were not scored on the same number of items.
    """
    shapes = sorted({arm.shape[1:] for arm in arms})
    if len(shapes) != 1:
        raise ValueError(f"statistics of {' and '.join(map(str, shapes))} (items, k); they must be the same items")
    runs = np.concatenate(list(arms))
    drawn = resampled_items(runs, measure, draws, seed)
    return Measured(tuple(map(measure.of, arms)), _covariance(drawn), shapes[0][0], measure.shares)


def measured_means(arms: Sequence[Floats]) -> Measured:
    """Arms whose score is the mean of the items' values (seeds, items): its covariance needs no resamples.

    Raises:
        ValueError: the arms do not have the same number of items.
    """
    runs = np.concatenate(list(arms))
    items = runs.shape[1]
    covariance = np.atleast_2d(np.cov(runs, ddof=0)) / items
    return Measured(tuple(arm.mean(1) for arm in arms), covariance, items, shares=False)


def _covariance(drawn: Floats) -> Floats:
    """(runs, runs) of draws (draws, runs) on which all runs are defined that ever are; NaN for the others."""
    ever = ~np.isnan(drawn).all(0)
    known = ~np.isnan(drawn[:, ever]).any(1)
    return np.atleast_2d(np.cov(drawn[known] if known.any() else drawn, rowvar=False))


def mean_ci(stats_by_seed: Floats, measure: Measure, draws: int = DRAWS) -> Interval:
    """Mean metric of one arm (seeds, items, k) over its seeds, with its 95 % interval over items and seeds."""
    return measured([stats_by_seed], measure, draws).score(0)


def paired_difference(a: Floats, b: Floats, measure: Measure, draws: int = DRAWS) -> Difference:
    """Metric of arm `a` (seeds of a, items, k) minus that of `b`, each averaged over its seeds, on the same items.

    Raises:
        ValueError: the arms were not scored on the same number of items.
    """
    return measured([a, b], measure, draws).difference([1.0, -1.0])
