"""Differences between arms as a result has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from unfreeze.judging.arms import Finding, find
from unfreeze.judging.simultaneous import Differences
from unfreeze.judging.stats import Difference, Interval


@dataclass(frozen=True)
class Gap:
    """A difference of two mean scores: with its 95 % interval over items and seeds, and its p over items."""

    mean: float
    ci95: tuple[float, float]
    p: float


@dataclass(frozen=True)
class PairGap:
    """Test score of arm `first` minus that of arm `second`.

    Attributes:
        ci95, p: of this pair alone, see `Gap`.
        joint_ci95, joint_p: such that those of all pairs hold together (`judging.simultaneous`); the verdict goes by
            this interval. Of a single pair they are its own.
        finding: which case that is.
    """

    first: str
    second: str
    mean: float
    ci95: tuple[float, float]
    p: float
    joint_ci95: tuple[float, float]
    joint_p: float
    finding: Finding

    def reversed(self) -> PairGap:
        """The second arm minus the first."""
        return PairGap(
            self.second, self.first, 0.0 - self.mean, _mirrored(self.ci95), self.p, _mirrored(self.joint_ci95),
            self.joint_p, self.finding,
        )  # fmt: skip


def between(pairs: Sequence[PairGap], first: str, second: str) -> PairGap:
    """Arm `first` minus arm `second` of all pairs. Raises `KeyError` where there is no such pair."""
    for pair in pairs:
        if (pair.first, pair.second) == (first, second):
            return pair
        if (pair.second, pair.first) == (first, second):
            return pair.reversed()
    raise KeyError((first, second))


def _mirrored(interval: tuple[float, float]) -> tuple[float, float]:
    return 0.0 - interval[1], 0.0 - interval[0]  # -0.0 would be printed as such


def ends(interval: Interval | Difference) -> tuple[float, float]:
    """The ends of an interval as a result has them."""
    return interval.lo, interval.hi


def gap(difference: Difference) -> Gap:
    """A difference as a result has it."""
    return Gap(difference.mean, ends(difference), difference.p)


def pair_gaps(arms: Sequence[str], pairs: Differences, equivalence: float = 0.0) -> tuple[PairGap, ...]:
    """All pairs of arms, the later minus the earlier one: as a rule fine-tuning minus feature extraction.

    Args:
        equivalence: half-width of the region of practical equivalence; 0 where there is none.
    """
    gaps = []
    for earlier, later in combinations(range(len(arms)), 2):
        pair = pairs.of(later, earlier)
        alone, jointly = pair.alone, pair.jointly
        names, finding = (arms[later], arms[earlier]), find(jointly, equivalence)
        gaps.append(PairGap(*names, alone.mean, ends(alone), alone.p, ends(jointly), jointly.p, finding))
    return tuple(gaps)
