"""What is advised: items and seeds planned for a difference that matters, and what is put right before."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from unfreeze.judging.evidence import ArmEvidence, DataTrust, Evidence
from unfreeze.judging.next_step import BUNDLE, needed, next_step
from unfreeze.judging.planning import Had, Needed, plan
from unfreeze.judging.spread import ERROR, Spread
from unfreeze.judging.stats import Difference

FROZEN = ArmEvidence(
    method="feature-extraction", recipe="", dev=0.85, test=0.85, test_ci95=(0.83, 0.87), seed_std=0.0, seeds=5,
    degenerate=0, train_s=20.0, extract_s=12.0, latency_ms=11.0, stored_mb=4.0, trained_parameters=1000, work=2e9,
    piece_work=11e6,
)  # fmt: skip
TUNED = replace(FROZEN, method="fine-tuning", work=5e10)
REGION = 0.005


def evidence(mean: float, half: float, spread: Spread | None = None, seeds: int = 5, **more: Any) -> Evidence:
    """A difference with an interval of `half` to each side."""
    arms = replace(FROZEN, seeds=seeds), replace(TUNED, seeds=seeds)
    difference = Difference(mean, mean - half, mean + half, 0.5, spread)
    return Evidence(**{"metric": "accuracy", "arms": arms, "difference": difference, "equivalence": REGION,
                       "test_size": 1000, **more})  # fmt: skip


def of_items(points: float) -> Spread:
    """That standard error of the difference, all from items."""
    return Spread((points / 100) ** 2, 0.0, 4.0, 0.0)


@pytest.mark.parametrize(
    ("spread", "said"),
    [
        # 1 point is 2.8 standard errors at 0.357 points: (0.5 / 0.357)² = 1.96 times the items
        (of_items(0.5), "About 2,000 test items instead of 1,000 would show a true difference of 1 point in 4 of 5"),
        # 20 times is the most: 1.6 points of standard error need 20.1 times for 1 point, 5.02 times for 2 points
        (of_items(1.59), "About 20,000 test items instead of 1,000 would show a true difference of 1 point in"),
        (of_items(1.6), "About 5,100 test items instead of 1,000 would show a true difference of 2 points in"),
        (of_items(9.0), "More than 20 times the test items would be needed to show even 5 points."),
        (of_items(0.3), "A true difference of 1 point would most likely have been seen: expect a smaller one."),
    ],
)
def test_items_are_planned_for_the_smallest_difference_that_can_be_shown(spread: Spread, said: str) -> None:
    assert needed(evidence(0.002, 0.03, spread)).startswith(said)


@pytest.mark.parametrize(
    ("spread", "seeds"),
    [(of_items(0.5), 5), (of_items(9.0), 5), (Spread(1e-6, 0.06**2, 19.0, 0.0), 20), (None, 5)],
)
def test_in_folds_there_are_labelled_examples_and_no_test_items(spread: Spread | None, seeds: int) -> None:
    step = needed(evidence(0.002, 0.03, spread, seeds=seeds, folds=5))
    assert "labelled examples" in step
    assert "test" not in step


def test_the_gap_at_hand_does_not_change_the_plan() -> None:
    """It is mostly noise."""
    assert len({needed(evidence(mean, 0.03, of_items(0.5))) for mean in (0.0, 0.0001, 0.004, -0.02)}) == 1


def test_one_seed_asks_for_seeds_first() -> None:
    asked = evidence(0.002, 0.03, replace(of_items(0.5), freedom=math.inf, seeds_seen=False), seeds=1)
    assert needed(asked).startswith("Compare again with --seeds 5 first: one seed")
    shown = evidence(0.05, 0.01, replace(of_items(0.5), freedom=math.inf, seeds_seen=False), seeds=1)
    assert "--seeds 5" in next_step(shown, "likely")


def test_seeds_that_differ_much_are_known_better_before_items_are_planned() -> None:
    """5 seeds whose part is 0.5 points of standard error; after 20 seeds with 6 points nothing can be shown."""
    few = Spread(1e-6, 0.005**2, 4.0, 0.0)
    assert needed(evidence(0.002, 0.03, few)).startswith("Compare again with --seeds 10: the seeds differ too much")
    many = Spread(1e-6, 0.06**2, 19.0, 0.0)
    assert needed(evidence(0.002, 0.09, many, seeds=20)).startswith(
        "Training runs differ so much between seeds that more"
    )


def test_a_plan_can_ask_for_both() -> None:
    spread = Spread(0.003**2, 0.002**2, 19.0, 0.001**2)
    step = needed(evidence(0.002, 0.03, spread, seeds=8))
    told = re.match(r"About ([\d,]+) test items instead of 1,000 and (\d+) seeds instead of 8 would show", step)
    assert told is not None, step


def test_many_arms_are_planned_with_the_error_of_their_joint_intervals() -> None:
    alone = plan(Had(of_items(0.5), 1000, 5), 0.01, ERROR)
    jointly = plan(Had(of_items(0.5), 1000, 5), 0.01, ERROR / 10)
    assert isinstance(alone, Needed)
    assert isinstance(jointly, Needed)
    assert jointly.items > 1.4 * alone.items


def test_without_a_region_one_point_is_planned_for() -> None:
    assert "true difference of 1 point" in needed(evidence(0.0, 0.03, of_items(0.5), equivalence=0.0))


@pytest.mark.parametrize(
    ("data", "fixes"),
    [
        (DataTrust(test_in_train=5), False),
        (DataTrust(test_in_train=6), True),
        (DataTrust(test_in_dev=5), False),
        (DataTrust(test_in_dev=6), True),
        (DataTrust(dev_size=2), False),
        (DataTrust(dev_size=1), True),
        (DataTrust(dev_is_blind=True), True),
        (DataTrust(unread=0.25), False),
        (DataTrust(unread=0.26), True),
    ],
)
def test_the_data_is_fixed_first_where_it_can_move_a_score_by_more_than_counts(data: DataTrust, fixes: bool) -> None:
    assert (next_step(evidence(0.05, 0.01, of_items(0.3), data=data), "clear") != BUNDLE) == fixes
