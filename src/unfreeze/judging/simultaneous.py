"""Differences between all pairs of any number of arms, with intervals and p values that hold for all pairs at once.

An arm is what was trained and scored as one: a method, on an encoder. Among many pairs some 95 % interval misses 0 by
luck alone, more often the more there are, and the leader is picked by its luck too. So intervals are made wider until
all of them hold together in 95 % of cases: the max-t method (Westfall & Young 1993, Resampling-Based Multiple Testing;
Romano & Wolf 2005, Econometrica 73(4)). The arms' means are drawn as normal with their own covariance between items
and variance between seeds (`two_way`); the 95 % quantile of the largest absolute t of any pair is the reach of a
normal interval whose error alone is `joint_error`. Each pair's interval is then that of `two_way` with this error, so
that few seeds count as they do for a pair alone. As pairs share arms and items, it is wider than Bonferroni's error.

A single pair is a family of one: its simultaneous interval and p are its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from unfreeze.judging.spread import ERROR, Floats
from unfreeze.judging.stats import ROUNDING, Difference, Interval
from unfreeze.judging.two_way import Measured

JOINT_DRAWS = 20_000
_SEEN = 20  # draws beyond a quantile that is worth reading


@dataclass(frozen=True)
class Pair:
    """One arm minus another.

    Attributes:
        first, second: places of the arms; the difference is `first` minus `second`.
        alone: the difference with an interval and p of its own.
        jointly: the same with its simultaneous interval and its adjusted p.
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
        error: of each simultaneous interval alone, see `joint_error`.
    """

    pairs: tuple[Pair, ...]
    error: float = ERROR

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


def differences(arms: Measured, error: float = ERROR) -> Differences:
    """All pairwise differences between arms on the same test items.

    Args:
        error: chance that any interval misses.
    """
    places = list(combinations(range(len(arms.scores)), 2))
    if not places:
        return Differences((), error)
    weights = _pairs(len(arms.scores))
    family = Family(arms, weights)
    each = family.joint_error(error)
    pairs = []
    for place, row in zip(places, weights, strict=True):
        alone, wide = arms.difference(row, error), arms.difference(row, each)
        adjusted = Difference(wide.mean, wide.lo, wide.hi, family.joint_p(alone.p), wide.spread)
        pairs.append(Pair(*place, alone, adjusted))
    return Differences(tuple(pairs), each)


def error_of_pairs(arms: Measured, error: float) -> float:
    """The error of each pair's interval alone such that any of them misses with chance `error`."""
    return Family(arms, _pairs(len(arms.scores))).joint_error(error)


def _pairs(arms: int) -> Floats:
    """(pairs, arms) weights of every difference, in the order of `itertools.combinations`."""
    unit = np.eye(arms)
    return np.array([unit[first] - unit[second] for first, second in combinations(range(arms), 2)])


def joint_intervals(arms: Measured) -> list[Interval]:
    """The arms' own mean scores with intervals that hold together; with two arms or one, each alone."""
    number = len(arms.scores)
    error = Family(arms, np.eye(number)).joint_error() if number > 2 else ERROR
    return [arms.score(arm, error) for arm in range(number)]


class Family:
    """Weighted sums of arms' means that are judged together.

    Args:
        weights: (sums, arms).
    """

    def __init__(self, arms: Measured, weights: Floats) -> None:
        spreads = [arms.spread(row) for row in weights]
        errors = np.sqrt([spread.items + spread.seeds for spread in spreads])
        varies = errors > ROUNDING  # NaN does not
        drawn = _drawn_means(arms, np.abs(weights[varies]).sum(0) > 0) @ weights[varies].T
        distances = np.abs(drawn) / errors[varies]
        self._largest = distances.max(1) if varies.any() else np.zeros(0)
        self._alone, self._number = len(weights) == 1, len(weights)

    def joint_error(self, error: float = ERROR) -> float:
        """The error of each interval alone such that any of them misses with chance `error`.

        By Bonferroni where `error` is too small for its quantile to be seen in the draws.
        """
        if self._alone or not len(self._largest):
            return error
        if error * len(self._largest) < _SEEN:
            return error / self._number
        return min(error, float(2 * ndtr(-np.quantile(self._largest, 1 - error))))

    def joint_p(self, p: float) -> float:
        """How often the largest t of any sum is as large as one whose p alone is `p`; never below it."""
        if self._alone or not len(self._largest) or np.isnan(p):
            return p
        as_large = int((self._largest >= -ndtri(p / 2)).sum())
        return max(p, (as_large + 1) / (len(self._largest) + 1))


def _drawn_means(arms: Measured, used: npt.NDArray[np.bool_]) -> Floats:
    """(JOINT_DRAWS, arms) errors of the arms' means, normal; 0 for arms that are not `used`."""
    number = len(arms.scores)
    covariance = np.zeros((number, number))
    for i in range(number):
        for j in range(i, number):
            covariance[i, j] = covariance[j, i] = _covariance(arms, i, j)
    covariance[~used] = covariance[:, ~used] = 0.0
    values, vectors = np.linalg.eigh(covariance)
    normal = np.random.default_rng(0).standard_normal((JOINT_DRAWS, number))
    drawn: Floats = normal @ (vectors * np.sqrt(np.maximum(values, 0))).T
    return drawn


def _covariance(arms: Measured, first: int, second: int) -> float:
    """Covariance of two arms' means between items, and of an arm with itself its variance between seeds too."""
    ends = np.cumsum([0, *(len(scores) for scores in arms.scores)])
    block = arms.covariance[ends[first] : ends[first + 1], ends[second] : ends[second + 1]]
    items = float(block.mean())
    return items + arms.spread(np.eye(len(arms.scores))[first].tolist()).seeds if first == second else items
