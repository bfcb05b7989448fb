"""Which arm leads, which ones contend with it and which one to use, from tables written by hand."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from unfreeze.judging.arms import contenders, find, leader, standing
from unfreeze.judging.simultaneous import Differences, Pair, differences
from unfreeze.judging.stats import Difference
from unfreeze.judging.two_way import measured
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import measure_of

UNLIKE = Difference(9.0, 9.0, 9.0, 0.0)  # no rule may look at the pair alone


def table(arms: int, **intervals: tuple[float, float, float]) -> Differences:
    """All pairs; `d01=(mean, lo, hi)` is arm 0 minus arm 1 in points, others are undecided."""
    pairs = []
    for i, j in combinations(range(arms), 2):
        mean, lo, hi = intervals.get(f"d{i}{j}", (0.0, -2.0, 2.0))
        pairs.append(Pair(i, j, UNLIKE, Difference(mean / 100, lo / 100, hi / 100, 0.5)))
    return Differences(tuple(pairs), 0.0164)


@pytest.mark.parametrize(
    ("scores", "order", "first"),
    [
        ([0.8, 0.9, 0.7], [0, 1, 2], 1),
        ([0.8, 0.8, 0.7], [2, 1, 0], 1),
        ([0.8, 0.8, 0.7], [0, 1, 2], 0),
        ([math.nan, 0.1, 0.2], [0, 1, 2], 2),
        ([-0.3, math.nan], [1, 0], 0),
        ([math.nan, math.nan], [1, 0], 1),
    ],
)
def test_the_leader_has_the_highest_score_and_of_equal_ones_is_the_cheapest(
    scores: list[float], order: list[int], first: int
) -> None:
    assert leader(scores, order) == first


@pytest.mark.parametrize(
    ("gap", "finding", "contends"),
    [
        ((3.0, 1.0, 5.0), "clear", False),
        ((2.0, 0.2, 4.0), "likely", False),
        ((0.1, -0.3, 0.4), "equal", True),
        ((0.4, 0.1, 0.7), "small", True),
        ((2.0, -0.1, 4.1), "undecided", True),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_an_arm_contends_unless_the_leader_is_better_beyond_doubt(
    gap: tuple[float, float, float], finding: str, contends: bool, turned: bool
) -> None:
    """Whichever of the two arms comes first in the table."""
    mean, lo, hi = gap
    scores = [0.8, 0.8 + mean / 100] if turned else [0.8, 0.8 - mean / 100]
    pairs = table(2, d01=(-mean, -hi, -lo) if turned else gap)
    first, other = (1, 0) if turned else (0, 1)
    result = standing(scores, pairs, 0.005, [other, first])
    assert (result.leader, result.findings) == (first, {other: finding})
    assert result.contenders == ((other, first) if contends else (first,))
    assert result.use == (other if contends else first)


@pytest.mark.parametrize(
    ("gap", "finding"),
    [
        ((1.0, 0.51, 1.5), "clear"),
        ((1.0, 0.5, 1.5), "likely"),
        ((0.2, -0.5, 0.5), "equal"),
        ((0.5, 0.1, 0.9), "small"),
        ((0.51, 0.1, 0.9), "likely"),
        ((0.6, 0.0, 0.9), "undecided"),
        ((0.0, -0.6, 0.6), "undecided"),
    ],
)
def test_the_ends_of_the_region_belong_to_it_and_0_to_an_interval_that_ends_there(
    gap: tuple[float, float, float], finding: str
) -> None:
    mean, lo, hi = (points / 100 for points in gap)
    difference = Difference(mean, lo, hi, 0.5)
    assert find(difference, 0.005) == find(difference.reversed(), 0.005) == finding


def test_the_cheapest_contender_is_used() -> None:
    pairs = table(4, d01=(2.0, 1.0, 3.0), d02=(0.5, -1.0, 2.0), d03=(0.1, -0.2, 0.3))
    result = standing([0.9, 0.88, 0.895, 0.899], pairs, 0.005, [1, 2, 3, 0])
    assert (result.leader, result.contenders, result.use) == (0, (2, 3, 0), 2)
    assert result.findings == {1: "clear", 2: "undecided", 3: "equal"}
    assert standing([0.9, 0.88, 0.895, 0.899], pairs, 0.005, [0, 1, 2, 3]).use == 0


def test_the_practical_equivalence_decides_what_is_likely() -> None:
    pairs = table(2, d01=(1.0, 0.2, 1.8))
    assert standing([0.9, 0.89], pairs, 0.005, [1, 0]).findings == {1: "likely"}
    assert standing([0.9, 0.89], pairs, 0.0101, [1, 0]).findings == {1: "small"}


def test_an_arm_without_a_score_does_not_contend() -> None:
    gap = (math.nan, math.nan, math.nan)
    result = standing([math.nan, 0.5, 0.6], table(3, d01=gap, d02=gap), 0.005, [0, 1, 2])
    assert (result.leader, result.contenders) == (2, (1, 2))
    assert contenders([math.nan, 0.5], {0: "undecided"}) == frozenset()


def test_one_arm_leads_alone() -> None:
    result = standing([0.5], table(1), 0.005, [0])
    assert (result.leader, dict(result.findings), result.contenders, result.use) == (0, {}, (0,), 0)


@pytest.mark.parametrize(("scores", "order"), [([0.5, 0.6], [0]), ([0.5, 0.6], [0, 0]), ([0.5], [1]), ([], [])])
def test_half_an_order_is_refused(scores: list[float], order: list[int]) -> None:
    with pytest.raises(ValueError, match="an order of"):
        standing(scores, table(len(scores)), 0.005, order)


def test_two_arms_stand_as_their_interval_alone_says() -> None:
    """The rule of two methods: clear or likely chooses the better one, all else the cheaper one."""
    rng = np.random.default_rng(0)

    accuracy = measure_of(task("classification"))

    findings: dict[str, int] = {}
    for case in range(60):
        rate = 0.7 + rng.choice([0.0, 0.03, 0.1])
        arms = [np.stack([rng.random((3, 400)) < p, np.ones((3, 400))], axis=2) for p in (0.7, rate)]
        scores = [float(arm[..., 0].mean()) for arm in arms]
        pairs = differences(measured(arms, accuracy, draws=200, seed=case))
        finding = find(pairs.pairs[0].alone, 0.01)
        findings[finding] = findings.get(finding, 0) + 1
        result = standing(scores, pairs, 0.01, [0, 1])
        better = 0 if scores[0] >= scores[1] else 1
        assert result.use == (better if finding in ("clear", "likely") else 0)
    assert set(findings) >= {"clear", "likely", "undecided"}
