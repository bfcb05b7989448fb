"""What the differences between any number of arms mean: which arm leads, which ones contend with it, which one to use.

An arm is its place in a table, counted from 0; this file does not depend on what an arm is. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from unfreeze.judging.simultaneous import Differences
from unfreeze.judging.stats import Difference

Finding = Literal["clear", "likely", "equal", "small", "undecided"]
BETTER: tuple[Finding, ...] = ("clear", "likely")


@dataclass(frozen=True)
class Standing:
    """What a table of arms comes to.

    Attributes:
        leader: the arm of the highest score.
        findings: for every other arm, which case the leader minus that arm is, by its simultaneous interval.
        contenders: the arms that are not worse than the leader beyond doubt, the leader included, cheapest first.
    """

    leader: int
    findings: Mapping[int, Finding]
    contenders: tuple[int, ...]

    @property
    def use(self) -> int:
        """The arm to use: the cheapest contender, which is the leader itself where it is better than all others."""
        return self.contenders[0]


def standing(
    scores: Sequence[float], differences: Differences, equivalence: float, cheapest_first: Sequence[int]
) -> Standing:
    """What a table of arms comes to.

    Args:
        scores: of the arms, mean over seeds, fractions; NaN where not defined.
        differences: all pairs of the arms, see `simultaneous.differences`.
        equivalence: half-width of the region of practical equivalence, a fraction.
        cheapest_first: every arm once, in the order of its cost.

    Raises:
        ValueError: `cheapest_first` is not an order of the arms, or there is no arm.
    """
    if not scores or sorted(cheapest_first) != list(range(len(scores))):
        raise ValueError(f"an order of {len(scores)} arms is needed, not {list(cheapest_first)}")
    first = leader(scores, cheapest_first)
    findings = {
        arm: find(differences.of(first, arm).jointly, equivalence) for arm in range(len(scores)) if arm != first
    }
    near = contenders(scores, findings)
    return Standing(first, findings, tuple(arm for arm in cheapest_first if arm == first or arm in near))


def leader(scores: Sequence[float], cheapest_first: Sequence[int]) -> int:
    """The arm of the highest score, of equal ones the cheapest. A score that is not defined is below all others."""
    return max(cheapest_first, key=lambda arm: -math.inf if math.isnan(scores[arm]) else scores[arm])


def contenders(scores: Sequence[float], findings: Mapping[int, Finding]) -> frozenset[int]:
    """The arms that are not worse than the leader beyond doubt; an arm whose score is not defined is none of them.

    Args:
        scores: of all arms.
        findings: for arms, which case the leader minus that arm is.
    """
    return frozenset(arm for arm, finding in findings.items() if finding not in BETTER and not math.isnan(scores[arm]))


def find(difference: Difference, equivalence: float) -> Finding:
    """Which of the five cases a difference is, by its interval and the region of practical equivalence.

    An interval that does not know how the seeds of an arm differ, since it has one, shows nothing clearly.
    """
    sure = difference.spread is None or difference.spread.seeds_seen
    if difference.lo > equivalence or difference.hi < -equivalence:
        return "clear" if sure else "likely"
    if -equivalence <= difference.lo and difference.hi <= equivalence:
        return "equal" if sure else "undecided"
    if difference.lo <= 0 <= difference.hi:
        return "undecided"
    return "likely" if abs(difference.mean) > equivalence else "small"
