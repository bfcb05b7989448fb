"""How sure a mean over seeds, or a difference between two methods, is: hierarchical bootstrap and permutation test.

Both work on additive per-item statistics (`metrics.item_statistics`): a resample of the items is a vector of counts,
and counts @ statistics gives the sums from which the metric of that resample follows exactly. Thousands of resamples
are one matrix product, cut into chunks so that memory does not grow with items or draws. Of very many items most have
the same statistics as others (classes have at most 2^runs different ones); how often such a group of items is in a
resample, or on a random half, is then drawn as one number, from the multinomial or binomial distribution that it has.

The bootstrap resamples items and seeds, each with replacement and independently ("pigeonhole" bootstrap, Owen 2007,
Annals of Applied Statistics 1(2)), so its interval speaks of new test items and new training runs. With S seeds it
sees (S - 1) / S of the variance between seeds, so with fewer than about 5 it is too narrow where that variance rules;
where the luck of single items in single runs rules, it is somewhat wide. With one seed it speaks of items only.

Of few items a resample can hold none that the metric needs (one gold score again and again, no span at all). The metric
is NaN there, which is not a measurement: such a resample is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MetricFn = Callable[[Floats], Floats]

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
    """First method minus second: mean over seeds, 95 % interval (items and seeds), two-sided p (items)."""

    mean: float
    lo: float
    hi: float
    p: float

    def reversed(self) -> Difference:
        """Second method minus first."""
        return Difference(0.0 - self.mean, 0.0 - self.hi, 0.0 - self.lo, self.p)  # -0.0 would be printed as such


def mean_ci(stats_by_seed: Floats, metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> Interval:
    """Mean metric of one method over its seeds, with a 95 % percentile interval over items and seeds.

    Args:
        stats_by_seed: (seeds, items, k) additive statistics, one block a run.
        metric_fn: summed statistics (..., k) to the metric (...).
        draws: bootstrap resamples.
        seed: of the random draws; the same seed gives the same interval.
    """
    rng = np.random.default_rng(seed)
    seeds = len(stats_by_seed)
    flat, sizes = _grouped(_by_item(stats_by_seed))
    resampled = []
    for counts in _counts(rng, draws, sizes):
        metric = metric_fn(_sums(counts, flat, seeds))  # (rows, seeds)
        resampled.append(_over_seeds(metric, _seed_shares(rng, len(counts), seeds)))
    lo, hi = np.percentile(defined(np.concatenate(resampled)), LEVELS)
    return Interval(float(metric_fn(stats_by_seed.sum(1)).mean()), float(lo), float(hi))


def paired_difference(a: Floats, b: Floats, metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> Difference:
    """Metric of method `a` minus that of `b`, each averaged over its seeds, on the same test items.

    Interval: each resample takes the same items for both methods. With equal numbers of seeds run i of both shares
    seed i (subset, data order), as a plan runs them, so both take the same seeds too; else each takes its own.

    p: see `permutation_p`; it speaks of items only, for the runs at hand, so it can be small where the interval, which
    also allows for other seeds, holds 0. Judge by the interval.

    Args:
        a: (seeds of a, items, k) additive statistics.
        b: (seeds of b, items, k), the same items in the same order.
        metric_fn: summed statistics (..., k) to the metric (...).
        draws: bootstrap resamples, and as many permutations.
        seed: of the random draws; the same seed gives the same result.

    Raises:
        ValueError: the methods were not scored on the same number of items.
    """
    drawn = resampled_arms([a, b], metric_fn, draws, seed)
    permuted = permuted_differences([a, b], metric_fn, draws, seed)
    mean = float(metric_fn(a.sum(1)).mean() - metric_fn(b.sum(1)).mean())
    return difference_of(mean, drawn[:, 0] - drawn[:, 1], permuted[:, 0])


def difference_of(mean: float, drawn: Floats, permuted: Floats) -> Difference:
    """A difference from its value, its resamples (draws,) and what it is when items are swapped (draws,)."""
    lo, hi = np.percentile(defined(drawn), LEVELS)
    return Difference(mean, float(lo), float(hi), two_sided_p(mean, permuted))


def resampled_arms(arms: Sequence[Floats], metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> Floats:
    """(draws, A) mean metric over its seeds of each of A arms on resamples of items and seeds; NaN where not defined.

    All arms take the same items, and the same seeds where they have equally many, as in `paired_difference`.

    Args:
        arms: (seeds, items, k) additive statistics each, the same items in the same order; seeds may differ in number.

    Raises:
        ValueError: the arms were not scored on the same number of items.
    """
    return _resampled_arms(arms, [len(arm) for arm in arms], metric_fn, draws, seed)


def _resampled_arms(
    arms: Sequence[Floats], seed_numbers: Iterable[int], metric_fn: MetricFn, draws: int, seed: int
) -> Floats:
    """`resampled_arms`; seeds are drawn in the order of `seed_numbers`, each number once."""
    rng = np.random.default_rng(seed)
    flats, sizes = _grouped_together(arms)
    numbers = dict.fromkeys(seed_numbers)
    drawn = []
    for counts in _counts(rng, draws, sizes):
        shares = {number: _seed_shares(rng, len(counts), number) for number in numbers}
        means = [
            _over_seeds(metric_fn(_sums(counts, flat, len(arm))), shares[len(arm)])
            for flat, arm in zip(flats, arms, strict=True)
        ]
        drawn.append(np.stack(means, axis=1))
    return np.concatenate(drawn)


def resampled_items(stats: Floats, metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> Floats:
    """(draws, runs) the metric of every run on resamples of the items with replacement, the same for all runs.

    Resamples on which it is not defined are left out.

    Args:
        stats: (runs, items, k) additive statistics.
    """
    rng = np.random.default_rng(seed)
    flat, sizes = _grouped(_by_item(stats))
    found = [metric_fn(_sums(counts, flat, len(stats))) for counts in _counts(rng, draws, sizes)]
    return defined(np.concatenate(found))


def resampled_means(conditions: Sequence[Floats], metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> Floats:
    """(draws, C) mean metric over its seeds of each of C conditions, on resamples of items and seeds.

    All conditions take the same items, and the same seeds where they have equally many; so a sum of columns with
    weights is a contrast of conditions (their difference, a main effect) on resamples, as in `paired_difference`.
    Resamples on which the metric is not defined are left out.

    Args:
        conditions: (seeds, items, k) additive statistics each, the same items in the same order.

    Raises:
        ValueError: the conditions were not scored on the same number of items.
    """
    return defined(_resampled_arms(conditions, sorted(len(c) for c in conditions), metric_fn, draws, seed))


def percentile_interval(value: float, drawn: Floats) -> Interval:
    """A value with the 95 % percentile interval of its resamples (draws,)."""
    lo, hi = np.percentile(drawn, LEVELS)
    return Interval(value, float(lo), float(hi))


def permutation_p(a: Floats, b: Floats, metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> float:
    """Two-sided p that the methods are exchangeable item by item, by a paired permutation test.

    Each draw swaps the two methods' statistics on a random half of the items, for every run of `a` against every run
    of `b` (so their numbers may differ), recomputes the metric, and averages over the pairs of runs. With the
    observed order counted as one draw p is never 0 (Phipson & Smyth 2010, SAGMB 9(1)).
    """
    observed = float(metric_fn(a.sum(1)).mean() - metric_fn(b.sum(1)).mean())
    return two_sided_p(observed, permuted_differences([a, b], metric_fn, draws, seed)[:, 0])


def two_sided_p(observed: float, permuted: Floats) -> float:
    """Share of the permuted differences (draws,), and of the observed one, that are as large as the observed one."""
    as_large = int((np.abs(permuted) >= abs(observed) - ROUNDING).sum())
    return (as_large + 1) / (len(permuted) + 1)


def permuted_differences(arms: Sequence[Floats], metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> Floats:
    """(draws, pairs) differences of all pairs of arms with their statistics swapped on random halves of the items.

    A draw swaps the same items in every pair (pairs in the order of `itertools.combinations`): each column is the
    permutation test of its pair (`permutation_p`), and columns depend on each other as the differences do.

    Args:
        arms: (seeds, items, k) additive statistics each, the same items in the same order; seeds may differ in number.

    Raises:
        ValueError: the arms were not scored on the same number of items.
    """
    rng = np.random.default_rng(seed)
    flats, sizes = _grouped_together(arms)
    totals = [arm.sum(1) for arm in arms]  # (seeds, k) each
    drawn = []
    for swaps in _swaps(rng, draws, sizes):
        moved = [_sums(swaps, flat, len(arm)) for flat, arm in zip(flats, arms, strict=True)]  # (rows, seeds, k) each
        kept = [total - part for total, part in zip(totals, moved, strict=True)]
        drawn.append(np.stack([
            metric_fn(kept[i][:, :, None] + moved[j][:, None]).mean((1, 2))  # (rows, seeds of i, seeds of j, k)
            - metric_fn(kept[j][:, None] + moved[i][:, :, None]).mean((1, 2))
            for i, j in combinations(range(len(arms)), 2)
        ], axis=1))  # fmt: skip
    return np.concatenate(drawn)


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


def _grouped_together(arms: Sequence[Floats]) -> tuple[list[Floats], Ints]:
    """`_grouped` of several arms' statistics of the same items, which are equal where all arms' are."""
    shapes = sorted({arm.shape[1:] for arm in arms})
    if len(shapes) != 1:
        raise ValueError(f"statistics of {' and '.join(map(str, shapes))} (items, k); they must be the same items")
    flats = [_by_item(arm) for arm in arms]
    together, sizes = _grouped(np.concatenate(flats, axis=1))
    ends = np.cumsum([flat.shape[1] for flat in flats])[:-1]
    return [np.ascontiguousarray(part) for part in np.split(together, ends, axis=1)], sizes


def _sums(weights: Floats, flat: Floats, seeds: int) -> Floats:
    """(rows, items) @ (items, seeds * k) to (rows, seeds, k)."""
    return (weights @ flat).reshape(len(weights), seeds, -1)


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


def _swaps(rng: np.random.Generator, draws: int, sizes: Ints) -> Iterator[Floats]:
    """Chunks (rows, groups) of how many items of each group are swapped, an item with chance 1/2."""
    groups = len(sizes)
    for rows in _chunks(draws, groups):
        if groups < sizes.sum():
            yield rng.binomial(sizes, 0.5, size=(rows, groups)).astype(float)
        else:
            yield rng.integers(2, size=(rows, groups), dtype=np.int8).astype(float)


def _seed_shares(rng: np.random.Generator, rows: int, seeds: int) -> Floats:
    """(rows, seeds) shares of each seed in a resample of the seeds with replacement; rows sum to 1."""
    shares: Floats = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=rows) / seeds
    return shares
