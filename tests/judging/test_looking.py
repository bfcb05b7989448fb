"""A look at several arms: who is held against whom, who gets more seeds, and when more of them are vain."""

from __future__ import annotations

import numpy as np
import pytest

from unfreeze.judging.folds import MeasuredInFolds
from unfreeze.judging.looking import look
from unfreeze.judging.looks import LOOKS, MOST, spending
from unfreeze.judging.spread import ERROR
from unfreeze.judging.two_way import Measured

REGION = 0.005
SPREAD = np.array([-1.0, 0.0, 1.0])


def made(*arms: tuple[float, float, int], unit: float = 1e-6, own: float = 0.1) -> Measured:
    """Arms by mean, deviation between seeds and number of seeds.

    Args:
        unit: the items' variance of a run.
        own: the share of it that is the run's alone.
    """
    runs = sum(seeds for _, _, seeds in arms)
    covariance = unit * (
        (1 - own) * np.eye(len(arms)).repeat([n for *_, n in arms], 0).repeat([n for *_, n in arms], 1)
    )
    scores = tuple(mean + deviation * np.resize(SPREAD, seeds) for mean, deviation, seeds in arms)
    return Measured(scores, covariance + own * unit * np.eye(runs), items=100_000, shares=False)


def test_where_the_leader_is_better_than_each_or_equal_nothing_is_left_to_see() -> None:
    apart = look(made((0.9, 0.0005, 20), (0.8, 0.0005, 20), (0.7, 0.0005, 20)), REGION, 0.0)
    assert (apart.outcome, apart.growing) == ("decided", frozenset())
    equal = look(made((0.9, 0.0002, 20), (0.9, 0.0002, 20), (0.7, 0.0002, 20)), REGION, 0.0)
    assert equal.outcome == "decided"


def test_arms_of_an_open_difference_get_more_seeds_and_the_others_do_not() -> None:
    """The leader and its rival are unsteady; a third is far behind, though unsteady, a fourth has all seeds."""
    seen = look(made((0.9, 0.01, 12), (0.894, 0.01, 12), (0.3, 0.01, 12), (0.6, 0.0, MOST)), REGION, 0.0)
    assert (seen.outcome, seen.growing) == ("open", frozenset({0, 1}))


def test_an_arm_whose_seeds_hardly_differ_gets_no_more_of_them() -> None:
    seen = look(made((0.9, 0.01, 3), (0.895, 1e-5, 3)), REGION, 0.0)
    assert (seen.outcome, seen.growing) == ("open", frozenset({0}))
    both = look(made((0.9, 0.01, 3), (0.895, 0.004, 3)), REGION, 0.0)
    assert both.growing == {0, 1}, "a deviation that three seeds show may be half of the true one"


def test_an_arm_without_a_spread_yet_gets_more() -> None:
    assert look(made((0.9, 0.01, 3), (0.895, 0.0, 1)), REGION, 0.0).growing == {0, 1}


def test_where_items_rule_it_is_hopeless_for_all_open_pairs_only() -> None:
    vain = look(made((0.9, 0.001, 3), (0.899, 0.001, 3), unit=1e-3, own=0.0), REGION, 0.0)
    assert (vain.outcome, vain.growing) == ("hopeless", frozenset())


def test_the_error_is_that_of_the_pair_with_the_least_information() -> None:
    """An arm that does not grow takes nothing away from what is known."""
    steady = made((0.9, 1e-5, 3), (0.895, 1e-5, 3), own=0.0, unit=1e-5)
    assert look(steady, REGION, 0.0).error > 0.9 * ERROR
    unsteady = made((0.9, 1e-5, 3), (0.895, 1e-5, 3), (0.5, 0.01, 3), own=0.0, unit=1e-5)
    assert look(unsteady, REGION, 0.0).error < float(spending(0.3))
    assert look(steady, REGION, ERROR).error < 1e-8, "all is spent"


def in_folds(shifts: tuple[float, ...], seeds: int, deviation: float = 0.002) -> MeasuredInFolds:
    """Two arms, the second unsteady and by so much better in each fold."""
    parts = tuple(made((0.8, 0.0, MOST), (0.8 + shift, deviation, seeds), own=0.0) for shift in shifts)
    scores = tuple(np.mean(arm, axis=0) for arm in zip(*(part.scores for part in parts), strict=True))
    covariance = np.mean([part.covariance for part in parts], axis=0) / len(parts)
    return MeasuredInFolds(scores, covariance, 100_000, False, folds=parts)


def test_in_folds_what_training_sets_do_is_not_expected_of_seeds() -> None:
    """Folds that disagree will do so with more seeds, too."""
    apart = look(in_folds((-0.03, 0.04, -0.03, 0.04), LOOKS[0]), REGION, 0.0)
    assert apart.outcome == "hopeless"
    assert look(in_folds((0.005,) * 4, LOOKS[0], 0.03), REGION, 0.0).outcome == "open"


@pytest.mark.parametrize("number", [LOOKS[0], MOST])
def test_in_folds_as_without_a_clear_gain_is_decided(number: int) -> None:
    assert look(in_folds((0.1, 0.11, 0.1, 0.11), number), REGION, 0.0).outcome == "decided"
