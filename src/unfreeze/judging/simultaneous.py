"""Differences between all pairs of any number of arms, with intervals and p values that hold for all pairs at once.

An arm is what was trained and scored as one: a method, on an encoder. Among many pairs some 95 % interval misses 0 by
luck alone, more often the more there are, and the leader is picked by its luck too. So intervals are made wider until
all of them hold together in 95 % of cases: the max-t method (Westfall & Young 1993, Resampling-Based Multiple Testing;
Romano & Wolf 2005, Econometrica 73(4)). On each resample of items and seeds (`stats.resampled_arms`, the same for all
arms) t of a pair is its resampled difference less the observed one, by the standard error of the pair; the critical
value is the 95 % quantile of the largest absolute t of any pair. As pairs share arms, items and seeds, it is smaller
than Bonferroni's.

A simultaneous interval reaches critical value * standard error to either side of the difference; where the interval of
the pair alone, which need not be symmetric, reaches beyond that, so does the simultaneous one. A single pair is a
family of one: its simultaneous interval and p are its own, so that two arms are judged as by `stats.paired_difference`.

Adjusted p values are single-step max-t values of the permutation test, not of the bootstrap: then they test the same
as the p of the pair alone does (exchangeable item by item, for the runs at hand), equal it for a single pair, and are
never below it. Each draw swaps the same items in every pair, so the permuted differences depend on each other as the
differences do; they are divided by their standard deviation. As in `stats`, judge by the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from unfreeze.judging.stats import (
    ROUNDING,
    Difference,
    Floats,
    Interval,
    MetricFn,
    defined,
    difference_of,
    permuted_differences,
    resampled_arms,
)

LEVEL = 0.95


@dataclass(frozen=True)
class Pair:
    """One arm minus another.

    Attributes:
        first, second: places of the arms; the difference is `first` minus `second`.
        alone: what `stats.paired_difference` gives for the two.
        jointly: the same difference with its simultaneous interval and its adjusted p.
    """

    first: int
    second: int
    alone: Difference
    jointly: Difference

    def reversed(self) -> Pair:
        """The second arm minus the first."""
        return Pair(self.second, self.first, self.alone.reversed(), self.jointly.reversed())


@dataclass(frozen=True)
class Differences:
    """All pairs of arms.

    Attributes:
        pairs: in the order of `itertools.combinations`; none for a single arm.
        critical: how many standard errors a simultaneous interval reaches to each side, see `critical_value`.
    """

    pairs: tuple[Pair, ...]
    critical: float

    def of(self, first: int, second: int) -> Pair:
        """Arm `first` minus arm `second`.

        Raises:
            KeyError: there is no such pair.
        """
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.second, pair.first) == (first, second):
                return pair.reversed()
        raise KeyError((first, second))


def differences(arms: Sequence[Floats], metric_fn: MetricFn, draws: int = 10_000, seed: int = 0) -> Differences:
    """All pairwise differences between arms on the same test items.

    `Pair.alone` has exactly the numbers of `stats.paired_difference` where the arms have equally many seeds and the
    items are at most `stats.MANY`; else the same up to the random draws, which are common to all arms here.

    Args:
        arms: (seeds, items, k) additive statistics each, the same items in the same order; seeds may differ in number.
        metric_fn: summed statistics (..., k) to the metric (...).
        draws: bootstrap resamples, and as many permutations.
        seed: of the random draws; the same seed gives the same result.

    Raises:
        ValueError: the arms were not scored on the same number of items.
    """
    places = list(combinations(range(len(arms)), 2))
    if not places:
        return Differences((), 0.0)
    first, second = np.array(places).T
    scores = np.array([float(metric_fn(arm.sum(1)).mean()) for arm in arms])
    means = scores[first] - scores[second]  # (pairs,)
    resampled = resampled_arms(arms, metric_fn, draws, seed)
    drawn = resampled[:, first] - resampled[:, second]  # (draws, pairs)
    permuted = permuted_differences(arms, metric_fn, draws, seed)  # (draws, pairs)
    alone = [difference_of(float(mean), drawn[:, n], permuted[:, n]) for n, mean in enumerate(means)]
    errors = standard_errors(drawn)
    critical = critical_value(drawn, means)
    if len(places) == 1:
        jointly = alone
    else:
        adjusted = adjusted_p(permuted, means)
        jointly = [_widened(*facts) for facts in zip(alone, critical * errors, adjusted, strict=True)]
    pairs = [Pair(*place, *both) for place, *both in zip(places, alone, jointly, strict=True)]
    return Differences(tuple(pairs), critical)


def joint_intervals(
    arms: Sequence[Floats], alone: Sequence[Interval], metric_fn: MetricFn, draws: int = 10_000, seed: int = 0
) -> list[Interval]:
    """The arms' own mean scores with intervals that hold together; with one pair or none, as they are.

    Args:
        arms: see `differences`.
        alone: each arm's interval on its own, `stats.mean_ci`.
    """
    if len(arms) <= 2:
        return list(alone)
    drawn, means = resampled_arms(arms, metric_fn, draws, seed), np.array([interval.mean for interval in alone])
    margins = critical_value(drawn, means) * standard_errors(drawn)
    return [
        Interval(own.mean, float(np.fmin(own.lo, own.mean - margin)), float(np.fmax(own.hi, own.mean + margin)))
        for own, margin in zip(alone, margins, strict=True)
    ]


def standard_errors(drawn: Floats) -> Floats:
    """(pairs,) standard deviation of each pair's defined draws, of (draws, pairs); 0 where it is rounding alone."""
    errors = np.array([np.std(defined(column)) for column in drawn.T])
    errors[errors <= ROUNDING] = 0.0
    return errors


def critical_value(drawn: Floats, means: Floats) -> float:
    """The 95 % quantile of the largest studentised distance of any pair from its observed difference.

    Pairs that do not vary or are not defined have no part in it; it is 0 if that leaves none. Draws on which another
    pair is not defined are left out; if that leaves none, each draw counts with the pairs that are.

    Args:
        drawn: (draws, pairs) resampled differences; NaN where not defined.
        means: (pairs,) observed differences.
    """
    errors = standard_errors(drawn)
    varies = (errors > 0) & np.isfinite(means)
    if not varies.any():
        return 0.0
    distances = np.abs(drawn - means)[:, varies] / errors[varies]
    return float(np.nanquantile(np.fmax.reduce(defined(distances), axis=1), LEVEL))


def adjusted_p(permuted: Floats, means: Floats) -> Floats:
    """(pairs,) single-step max-t p: how often the largest permuted t of any pair reaches the observed t of this one.

    As in `stats.two_sided_p`, the observed order counts as one draw, and what is not defined is not as large. It is 1
    for a pair that no swap changes, and NaN where the difference itself is not defined.

    Args:
        permuted: (draws, pairs) differences with the items of random halves swapped, `stats.permuted_differences`.
        means: (pairs,) observed differences.
    """
    errors = standard_errors(permuted)
    varies = (errors > 0) & np.isfinite(means)
    adjusted = np.where(np.isfinite(means), 1.0, np.nan)
    if varies.any():
        largest = np.fmax.reduce(np.abs(permuted[:, varies]) / errors[varies], axis=1)  # (draws,)
        observed = (np.abs(means[varies]) - ROUNDING) / errors[varies]
        as_large = (largest[:, None] >= observed).sum(0)
        adjusted[varies] = (as_large + 1) / (len(permuted) + 1)
    return adjusted


def _widened(alone: Difference, margin: float, adjusted: float) -> Difference:
    """A difference with its simultaneous interval; an end that is not defined is that of the pair alone."""
    lo = np.fmin(alone.lo, alone.mean - margin)
    hi = np.fmax(alone.hi, alone.mean + margin)
    return Difference(alone.mean, float(lo), float(hi), float(adjusted))
