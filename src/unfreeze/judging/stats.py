"""Scores of runs on resamples of the test items.

A resample of the items is a vector of counts, from which the metric of that resample follows exactly
(`tasks.measures`): of most metrics by counts @ statistics, so that thousands of resamples are one matrix product. They
are cut into chunks, so that memory does not grow with items or draws. Of very many items most have the same statistics
as others (right or wrong answers at most 2^runs different ones); how often such a group of items is in a resample is
then drawn as one number, from the multinomial distribution that it has.

Of few items a resample can hold none that the metric needs (one gold score again and again, no span at all). The metric
is NaN there, which is not a measurement: such a resample is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unfreeze.judging.spread import Floats, Spread
from unfreeze.tasks.measures import Measure, Scorer

Ints = npt.NDArray[np.int64]

CELLS = 2_000_000  # draws x items in one chunk: under 60 MB with its temporaries
MANY = 10_000  # more items than these are drawn in groups of equal ones
WORTH = 8  # if there are at least that many items per group
ROUNDING = 1e-12
LEVELS = (2.5, 97.5)


class Interval(NamedTuple):
    """A mean over seeds with its 95 % interval, as fractions."""

    mean: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Difference:
    """First arm minus second: mean over seeds, with its 95 % interval and two-sided p, both over items and seeds.

    Attributes:
        spread: the variance behind them; None where it is not known.
    """

    mean: float
    lo: float
    hi: float
    p: float
    spread: Spread | None = None

    def reversed(self) -> Difference:
        """Second arm minus first."""
        mean, lo, hi = 0.0 - self.mean, 0.0 - self.hi, 0.0 - self.lo  # -0.0 would be printed as such
        return Difference(mean, lo, hi, self.p, self.spread)


def resampled_items(stats: Floats, measure: Measure, draws: int = 10_000, seed: int = 0) -> Floats:
    """(draws, runs) the metric of every run on resamples of the items with replacement, the same for all runs.

    Resamples on which it is not defined are left out.

    Args:
        stats: (runs, items, k) statistics of the measure.
    """
    rng = np.random.default_rng(seed)
    (scorer,), sizes = _scorers([stats], measure)
    return defined(np.concatenate([scorer(counts) for counts in _counts(rng, draws, sizes)]))


def resampled_means(conditions: Sequence[Floats], measure: Measure, draws: int = 10_000, seed: int = 0) -> Floats:
    """(draws, C) mean metric over its seeds of each of C conditions, on resamples of items and seeds.

    All conditions take the same items, and the same seeds where they have equally many; so a sum of columns with
    weights is a contrast of conditions (their difference, a main effect) on resamples, as in `paired_difference`.
    Resamples on which the metric is not defined are left out.

    Args:
        conditions: (seeds, items, k) statistics of the measure each, the same items in the same order.

    Raises:
        ValueError: the conditions were not scored on the same number of items.
    """
    rng = np.random.default_rng(seed)
    scorers, sizes = _scorers(conditions, measure)
    numbers = sorted({len(condition) for condition in conditions})
    drawn = []
    for counts in _counts(rng, draws, sizes):
        shares = {number: _seed_shares(rng, len(counts), number) for number in numbers}
        means = [
            _over_seeds(scorer(counts), shares[len(condition)])
            for scorer, condition in zip(scorers, conditions, strict=True)
        ]
        drawn.append(np.stack(means, axis=1))
    return defined(np.concatenate(drawn))


def percentile_interval(value: float, drawn: Floats) -> Interval:
    """A value with the 95 % percentile interval of its resamples (draws,)."""
    lo, hi = np.percentile(drawn, LEVELS)
    return Interval(value, float(lo), float(hi))


def defined(drawn: Floats) -> Floats:
    """The draws (draws, ...) without NaN; all of them where none is defined, so that NaN is what comes out."""
    known = ~np.isnan(drawn).reshape(len(drawn), -1).any(1)
    return drawn[known] if known.any() else drawn


def _by_item(stats: Floats) -> Floats:
    """(seeds, items, k) to contiguous (items, seeds * k)."""
    return np.ascontiguousarray(stats.transpose(1, 0, 2).reshape(stats.shape[1], -1), dtype=float)


def _grouped(flat: Floats) -> tuple[Floats, Ints]:
    """Distinct rows of (items, k), and how many items have each: the items as they are where that is not worth it."""
    alone = np.ones(len(flat), np.int64)
    if len(flat) <= MANY:
        return flat, alone
    mark = flat @ np.random.default_rng(0).random(flat.shape[1])  # equal rows have the same; others rarely
    _, first, group, sizes = np.unique(mark, return_index=True, return_inverse=True, return_counts=True)
    if len(sizes) * WORTH > len(flat) or not np.array_equal(flat[first[group]], flat):
        return flat, alone
    return flat[first], sizes


def _scorers(arms: Sequence[Floats], measure: Measure) -> tuple[list[Scorer], Ints]:
    """Of each arm what gives its metrics from how often items of each group are drawn, and the sizes of the groups."""
    shapes = sorted({arm.shape[1:] for arm in arms})
    if len(shapes) != 1:
        raise ValueError(f"statistics of {' and '.join(map(str, shapes))} (items, k); they must be the same items")
    rows, sizes = _grouped(np.concatenate([_by_item(arm) for arm in arms], axis=1))
    runs = rows.reshape(len(rows), -1, arms[0].shape[2]).transpose(1, 0, 2)
    return [measure.scorer(part) for part in np.split(runs, np.cumsum([len(arm) for arm in arms])[:-1])], sizes


def _over_seeds(metric: Floats, shares: Floats) -> Floats:
    weighted: Floats = (metric * shares).sum(1)
    return weighted


def _chunks(draws: int, items: int) -> Iterator[int]:
    rows = max(1, CELLS // items)
    for start in range(0, draws, rows):
        yield min(rows, draws - start)


def _counts(rng: np.random.Generator, draws: int, sizes: Ints) -> Iterator[Floats]:
    """Chunks (rows, groups) of how often items of each group are in a resample of all items with replacement."""
    groups, items = len(sizes), int(sizes.sum())
    for rows in _chunks(draws, groups):
        if groups < items:
            yield rng.multinomial(items, sizes / items, size=rows).astype(float)
            continue
        cells = rng.integers(items, size=(rows, items))
        cells += np.arange(rows)[:, None] * items
        yield np.bincount(cells.ravel(), minlength=rows * items).reshape(rows, items).astype(float)


def _seed_shares(rng: np.random.Generator, rows: int, seeds: int) -> Floats:
    """(rows, seeds) shares of each seed in a resample of the seeds with replacement; rows sum to 1."""
    shares: Floats = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=rows) / seeds
    return shares
