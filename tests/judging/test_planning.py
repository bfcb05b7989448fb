"""Plans come true: a planned comparison names the better arm in about 4 of 5 cases, whatever the first one showed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from unfreeze.judging.planning import Had, Hopeless, Needed, SeedsFirst, plan, shows
from unfreeze.judging.spread import ERROR, Spread, margins

GAIN = 0.01


def test_the_least_number_that_shows_it_is_planned() -> None:
    had = Had(Spread(0.004**2, 0.0002**2, 30.0, 0.002**2), 1000, 20)
    needed = plan(had, GAIN)
    assert isinstance(needed, Needed)
    assert needed.seeds == 20
    assert shows(had.with_more(needed.items, needed.seeds), GAIN)
    assert not shows(had.with_more(needed.items - 1, needed.seeds), GAIN)


def test_each_part_falls_with_its_own_number() -> None:
    had = Had(Spread(9e-6, 4e-6, 4.0, 3e-6), 500, 3)
    now, later = had.with_more(500, 3), had.with_more(1000, 12)
    assert now.items == pytest.approx(9e-6)
    assert later.items == pytest.approx(6e-6 / 2 + 3e-6 / 8)
    assert later.seeds == pytest.approx(now.seeds / 4)
    assert later.freedom == pytest.approx(4.0 * 11 / 2)
    assert now.seeds > 4e-6  # a cautious bound, not the estimate


def test_what_cannot_be_planned_says_why() -> None:
    seen = Spread(1e-5, 1e-7, 4.0, 0.0)
    assert plan(Had(replace(seen, seeds_seen=False), 500, 1), GAIN) == SeedsFirst(5)
    assert plan(Had(replace(seen, seeds=1e-4), 500, 3), GAIN) == SeedsFirst(10)
    assert plan(Had(replace(seen, seeds=1e-3, freedom=9.0), 500, 10), GAIN) == Hopeless(seeds_differ=True)
    assert plan(Had(Spread(1e-3, 0.0, 9.0), 500, 10), GAIN) == Hopeless(seeds_differ=False)


def spread_of(rng: np.random.Generator, items: float, luck: float, seeds_sd: float, seeds: int) -> Spread:
    """The spread that a comparison of two arms shows whose runs differ by `seeds_sd`, in arms of `seeds` each."""
    sampled = (seeds_sd**2 + luck) * rng.chisquare(seeds - 1, 2) / (seeds - 1)
    net, seen = np.maximum(0.0, sampled - luck) / seeds, sampled / seeds
    freedom = seen.sum() ** 2 / (seen**2 / (seeds - 1)).sum()
    return Spread(items, float(net.sum()), float(freedom), 2 * luck / seeds)


@pytest.mark.parametrize(("seeds_sd", "seeds"), [(0.002, 5), (0.005, 5), (0.005, 10), (0.01, 10)])
def test_four_of_five_planned_comparisons_show_a_true_gain(seeds_sd: float, seeds: int) -> None:
    """872 items as in the review's cells: the differences of items vary by 0.3, single runs by 0.15."""
    rng, had_items, common, own = np.random.default_rng(0), 872, 0.3**2, 0.15**2
    seen, planned = [], 0
    for _ in range(150):
        spread = spread_of(rng, (common + 2 * own / seeds) / had_items, own / had_items, seeds_sd, seeds)
        needed = plan(Had(spread, had_items, seeds), GAIN)
        if not isinstance(needed, Needed):
            continue
        planned += 1
        items, more = needed.items, needed.seeds
        true = (common + 2 * own / more) / items
        for _ in range(30):
            later = spread_of(rng, true, own / items, seeds_sd, more)
            gap = GAIN + rng.normal() * math.sqrt(true + 2 * seeds_sd**2 / more)
            seen.append(gap > margins(later.items, later.seeds, later.freedom, ERROR))
    assert planned > 15
    assert 0.72 <= np.mean(seen) <= 0.93
