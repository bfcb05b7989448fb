"""The amount of data or seeds that is advised is the one at which the interval would decide."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from unfreeze.judging.evidence import ArmEvidence, DataTrust, Evidence
from unfreeze.judging.next_step import BUNDLE, HOPELESS, needed, next_step
from unfreeze.judging.stats import Difference

FROZEN = ArmEvidence(
    method="feature-extraction", recipe="", dev=0.85, test=0.85, test_ci95=(0.83, 0.87), test_std=0.0, seeds=5,
    degenerate=0, train_s=20.0, extract_s=12.0, latency_ms=11.0, stored_mb=4.0, trained_parameters=1000, work=2e9,
    piece_work=11e6,
)  # fmt: skip
TUNED = replace(FROZEN, method="fine-tuning", work=5e10)
REGION = 0.01


def evidence(mean: float, half: float, stds: tuple[float, float] = (0.0, 0.0), **more: Any) -> Evidence:
    """A difference with an interval of `half` to each side; spreads between the seeds of both arms."""
    arms = replace(FROZEN, test_std=stds[0]), replace(TUNED, test_std=stds[1])
    difference = Difference(mean, mean - half, mean + half, 0.5)
    return Evidence(**{"metric": "accuracy", "arms": arms, "difference": difference, "equivalence": REGION,
                       "test_size": 1000, **more})  # fmt: skip


def half_width(half: float, by_seeds: float, items: float, seeds: float) -> float:
    """An interval whose parts fall with that many times the items and seeds."""
    variance = (half / 1.96) ** 2
    return 1.96 * math.sqrt((variance - by_seeds) / items + by_seeds / seeds)


@pytest.mark.parametrize(
    ("mean", "goal"),
    [(0.02, 0.02), (-0.02, 0.02), (0.0125, 0.0125), (0.0, 0.01), (0.002, 0.008), (-0.002, 0.008), (0.009, 0.005)],
)
@pytest.mark.parametrize("stds", [(0.0, 0.0), (0.002, 0.003)])
def test_with_so_many_items_the_interval_excludes_0_or_lies_in_the_region(
    mean: float, goal: float, stds: tuple[float, float]
) -> None:
    told = re.match(r"About ([\d,]+) test items instead of 1,000", needed(evidence(mean, 0.03, stds)))
    assert told is not None
    times = int(told[1].replace(",", "")) / 1000
    by_seeds = (stds[0] ** 2 + stds[1] ** 2) / 5
    assert half_width(0.03, by_seeds, times, 1) <= goal < half_width(0.03, by_seeds, times / 1.12, 1)


@pytest.mark.parametrize("seeds", [(5, 5), (3, 8), (4, 3)])
def test_where_seeds_differ_most_more_of_the_arm_that_has_fewest_are_advised(seeds: tuple[int, int]) -> None:
    asked = evidence(0.02, 0.03, (0.03, 0.0))
    arms = tuple(replace(arm, seeds=count) for arm, count in zip(asked.arms, seeds, strict=True))
    step = needed(replace(asked, arms=arms))
    least = min(seeds)
    told = re.match(rf"About (\d+) seeds instead of {least} would decide it", step)
    assert told is not None, step
    by_seeds = min(0.03**2 / seeds[0], (0.03 / 1.96) ** 2)
    for count, decides in ((int(told[1]), True), (int(told[1]) - 1, False)):
        assert (half_width(0.03, by_seeds, 1, count / least) <= 0.02) == decides


@pytest.mark.parametrize(
    ("share", "what"), [(0.36, "1,300 test items"), (0.64, "7 seeds")], ids=["most from items", "most from seeds"]
)
def test_where_either_would_do_the_larger_part_of_the_variance_is_cut(share: float, what: str) -> None:
    variance = (0.03 / 1.96) ** 2
    std = math.sqrt(share * variance * 5)
    assert f"About {what} instead of" in needed(evidence(0.028, 0.03, (0.0, std)))


def test_what_takes_a_hundred_times_the_data_is_no_advice() -> None:
    width = 0.02 * math.sqrt(HOPELESS)
    assert "100,000 test items instead" in needed(evidence(0.02, 0.999 * width))
    assert "more than 100 times the test items and seeds" in needed(evidence(0.02, 1.01 * width))


def test_where_neither_alone_decides_both_are_advised() -> None:
    """Half of the variance is the seeds', half the items', and the goal lies below each."""
    std = 0.03 / 1.96 * math.sqrt(0.5 * 5)
    step = needed(evidence(0.0125, 0.03, (std, 0.0)))
    assert step.startswith("About 5.8 times the test items and 5.8 times the seeds would decide it")


def test_a_difference_of_nothing_in_a_region_of_nothing_is_never_settled() -> None:
    assert "No number of test items" in needed(evidence(0.0, 0.03, equivalence=0.0))


@pytest.mark.parametrize(
    ("data", "fixes"),
    [
        (DataTrust(test_in_train=10), False),
        (DataTrust(test_in_train=11), True),
        (DataTrust(test_in_dev=10), False),
        (DataTrust(test_in_dev=11), True),
        (DataTrust(dev_size=2), False),
        (DataTrust(dev_size=1), True),
        (DataTrust(dev_is_blind=True), True),
        (DataTrust(unread=0.25), False),
        (DataTrust(unread=0.26), True),
    ],
)
def test_the_data_is_fixed_first_where_it_can_move_a_score_by_more_than_counts(data: DataTrust, fixes: bool) -> None:
    assert (next_step(evidence(0.05, 0.01, data=data), "clear") != BUNDLE) == fixes
