"""How many test items and seeds would show a difference that matters, from the variance that was seen. Pure.

Planned is for the smallest difference that matters, not for the gap at hand, which may be mostly noise: if the arms
truly differ by that much, the planned comparison names the better one in 4 of 5 cases. The variance at other numbers
of items and seeds follows from its parts (`spread.Spread`): what items have in common falls with their number, what
seeds have with theirs, and the luck of single items in single runs with both.

The seeds' part comes from a handful of runs. So the number of seeds is chosen first, such that even a bound of that
part, which it exceeds in `DOUBT` of cases only, takes no more than `SHARE` of the variance that is allowed; the items
are then planned with a bound that it exceeds in `CAUTION` of cases. Where even `SEEDS` at most do not suffice, more
seeds are needed before anything can be planned. `docs/statistics.md` has how often plans come true.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import chdtri, ndtri

from unfreeze.judging.spread import ERROR, Spread, margins

POWER = 0.8
DOUBT = 0.05
SHARE = 0.5
CAUTION = 0.1
MOST = 20  # times the items there are: more is not advice
SEEDS = (5, 8, 12, 20, 30, 50)
ENOUGH_SEEDS = 10  # from here on their variance is known well enough to plan, or to give up


@dataclass(frozen=True)
class Needed:
    """What would show a difference.

    Attributes:
        items: test items.
        seeds: of each arm.
    """

    items: int
    seeds: int


@dataclass(frozen=True)
class SeedsFirst:
    """That many seeds are needed before anything can be planned."""

    seeds: int


@dataclass(frozen=True)
class Hopeless:
    """Nothing that can be advised would show it: seeds differ too much, or it takes too many items."""

    seeds_differ: bool


@dataclass(frozen=True)
class Had:
    """What a comparison had: its variance, test items and seeds (the least number of any arm)."""

    spread: Spread
    items: int
    seeds: int

    def with_more(self, items: int, seeds: int) -> Spread:
        """The variance at other numbers of items and seeds."""
        fewer_items, fewer_seeds = self.items / items, self.seeds / seeds
        own = self.spread.luck * fewer_items * fewer_seeds
        common = (self.spread.items - self.spread.luck) * fewer_items
        freedom = self.spread.freedom * (seeds - 1) / max(self.seeds - 1, 1)
        return Spread(common + own, self._seeds(CAUTION) * fewer_seeds, freedom, own)

    def most_by_seeds(self, seeds: int) -> float:
        """A bound of the seeds' part at another number of seeds, exceeded in `DOUBT` of cases."""
        return self._seeds(DOUBT) * self.seeds / seeds

    def _seeds(self, doubt: float) -> float:
        """What the seeds' part exceeds in `doubt` of cases: of chi-square form, together with the items' luck."""
        freedom = self.spread.freedom
        seen = self.spread.seeds + self.spread.luck
        return max(0.0, seen * freedom / float(chdtri(freedom, 1 - doubt)) - self.spread.luck)


def plan(had: Had, difference: float, error: float = ERROR) -> Needed | SeedsFirst | Hopeless:
    """What would show a true `difference`, a fraction above 0; more than `MOST` times the items is hopeless."""
    if not had.spread.seeds_seen:
        return SeedsFirst(SEEDS[0])
    allowed = (difference / float(ndtri(1 - error / 2) + ndtri(POWER))) ** 2
    numbers = [had.seeds, *(count for count in SEEDS if count > had.seeds)]
    seeds = next((count for count in numbers if had.most_by_seeds(count) <= SHARE * allowed), None)
    if seeds is None:
        return SeedsFirst(ENOUGH_SEEDS) if had.seeds < ENOUGH_SEEDS else Hopeless(seeds_differ=True)
    items = _least(lambda count: shows(had.with_more(count, seeds), difference, error), had.items, MOST * had.items)
    return Hopeless(seeds_differ=False) if items is None else Needed(items, seeds)


def shows(spread: Spread, difference: float, error: float = ERROR) -> bool:
    """Whether a true difference is seen with the wanted power: it is beyond the interval's reach in 4 of 5 cases."""
    reach = float(margins(spread.items, spread.seeds, spread.freedom, error))
    return difference >= reach + float(ndtri(POWER)) * math.sqrt(spread.items + spread.seeds)


def _least(enough: Callable[[int], bool], low: int, high: int) -> int | None:
    """The least number from `low` to `high` that is enough; None where none is. Whatever is enough stays so above."""
    if not enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
