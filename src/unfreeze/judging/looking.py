"""A look at arms in the middle of a comparison: what is decided, what never will be, and which arms need more seeds.

The intervals of all differences hold together (`simultaneous`) at the error of the look (`looks`). The arm with the
highest score is held against every other. Where a difference is open, its arms get more seeds, but for those whose part
of its variance is under a share of `WORTH` even at a bound, which the part exceeds in `CAUTION` of cases only. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.special import chdtri

from unfreeze.judging.arms import Finding, find
from unfreeze.judging.looks import MOST, error_of_look, hopeless, information, spread_of, with_most_seeds
from unfreeze.judging.planning import CAUTION
from unfreeze.judging.simultaneous import Differences, differences, error_of_pairs
from unfreeze.judging.spread import ERROR
from unfreeze.judging.two_way import Measured, Weights
from unfreeze.records.looks import Outcome

WORTH = 0.1
DECIDED: tuple[Finding, ...] = ("clear", "likely", "equal")


@dataclass(frozen=True)
class Seen:
    """What a look shows.

    Attributes:
        error: of the differences' intervals, together.
        outcome: see `records.looks.Look`.
        growing: the arms that get more seeds, by their places; none unless it is open.
    """

    error: float
    outcome: Outcome
    growing: frozenset[int] = frozenset()


def look(scored: Measured, region: float, spent: float) -> Seen:
    """What the final runs that are there show.

    Args:
        region: half-width of the region of practical equivalence.
        spent: the errors of the looks before.
    """
    error = float(error_of_look(_information(scored), spent))
    leader, undecided = _undecided(scored, differences(scored, error), region)
    if not undecided:
        return Seen(error, "decided")
    left = error_of_pairs(scored, max(ERROR - spent, error))
    pairs = {arm: _minus(leader, arm, len(scored.scores)) for arm in undecided}
    open_ = [arm for arm, weights in pairs.items() if not _hopeless(scored, weights, region, left)]
    if not open_:
        return Seen(error, "hopeless")
    short = {arm: [one for one in (leader, arm) if len(scored.scores[one]) < MOST] for arm in open_}
    growing = {one for arm in open_ for one in short[arm] if _worth_more(scored, pairs[arm], one)}
    return Seen(error, "open", frozenset(growing or {one for ones in short.values() for one in ones}))


def _undecided(scored: Measured, pairs: Differences, region: float) -> tuple[int, list[int]]:
    """The arm with the highest score, and the others that it is neither better than nor equal to."""
    leader = int(np.argmax(scored.means))
    others = [arm for arm in range(len(scored.scores)) if arm != leader]
    return leader, [arm for arm in others if find(pairs.of(leader, arm).jointly, region) not in DECIDED]


def _hopeless(scored: Measured, weights: Weights, region: float, left: float) -> bool:
    now = spread_of(scored, weights)
    return hopeless(
        float(scored.means @ weights), now.items + now.seeds, with_most_seeds(scored, weights), region, left
    )


def _information(scored: Measured) -> float:
    """The share of all information that is there: the least of any pair of arms."""
    arms, shares = len(scored.scores), []
    for pair in combinations(range(arms), 2):
        weights = _minus(*pair, arms)
        now = replace(spread_of(scored, weights), luck=scored.spread(weights).luck)
        few = [len(scored.scores[arm]) for arm in pair if _worth_more(scored, weights, arm)]
        falls = scored.seed_variance(weights) / now.seeds if now.seeds > 0 else 1.0
        grown = 1 - falls * (1 - min(few, default=MOST) / MOST)
        shares.append(float(information(now, with_most_seeds(scored, weights).items, grown)))
    return min(shares, default=1.0)


def _worth_more(scored: Measured, weights: Weights, arm: int) -> bool:
    """Whether more seeds of an arm may well change what a difference varies by."""
    if not 1 < len(scored.scores[arm]) < MOST:
        return len(scored.scores[arm]) == 1
    own = np.eye(len(scored.scores))[arm]
    now, spread = spread_of(scored, weights), scored.spread(own)
    seen = scored.seed_variance(own) + spread.luck
    return bool(seen * spread.freedom / chdtri(spread.freedom, 1 - CAUTION) > WORTH * (now.items + now.seeds))


def _minus(first: int, second: int, arms: int) -> Sequence[float]:
    """Weights of arm `first` minus arm `second`."""
    return [float(arm == first) - float(arm == second) for arm in range(arms)]
