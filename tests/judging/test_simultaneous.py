"""All pairs of arms at once: two arms as alone, and the error of the whole table."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import ndtri

from unfreeze.judging.simultaneous import Family, differences, error_of_pairs, joint_intervals
from unfreeze.judging.spread import ERROR
from unfreeze.judging.two_way import Measured, measured
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import measure_of

accuracy = measure_of(task("classification"))


def arms_of(runs: list[np.ndarray]) -> Measured:
    """Of (seeds, items) right or wrong."""
    together = np.concatenate(runs).astype(float)
    covariance = np.atleast_2d(np.cov(together, bias=True)) / together.shape[1]
    return Measured(tuple(arm.mean(1) for arm in runs), covariance, together.shape[1], shares=True)


def equal_arms(rng: np.random.Generator, arms: int, seeds: int, items: int, luck: float) -> Measured:
    """Arms of one expected accuracy that find other items hard; their runs differ in luck and, a little, by item."""
    ease = rng.random((arms, 1, items)) + 0.03 * rng.normal(size=(arms, seeds, items))
    return arms_of(list(ease + luck * rng.normal(size=(arms, seeds, 1)) < 0.7))


@pytest.mark.parametrize("seeds", [(3, 3), (1, 1), (5, 2)])
def test_two_arms_are_judged_as_alone(seeds: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    blocks = [np.stack([rng.random((number, 60)) < 0.8, np.ones((number, 60))], 2) * 1.0 for number in seeds]
    arms = measured(blocks, accuracy, draws=300)
    table = differences(arms)
    (pair,) = table.pairs
    assert (pair.first, pair.second, table.error) == (0, 1, ERROR)
    assert pair.alone == pair.jointly == arms.difference([1.0, -1.0])
    assert joint_intervals(arms) == [arms.score(0), arms.score(1)]


@pytest.mark.parametrize("error", [ERROR, 0.01])
def test_the_error_of_pairs_is_that_of_their_intervals(error: float) -> None:
    arms = equal_arms(np.random.default_rng(9), 4, 3, 200, 0.02)
    assert error_of_pairs(arms, error) == differences(arms, error).error < error


def test_each_pair_alone_is_what_it_is_without_the_others() -> None:
    rng = np.random.default_rng(2)
    runs = [rng.random((3, 100)) < share for share in (0.9, 0.85, 0.8, 0.5)]
    table = differences(arms_of(runs))
    assert [(pair.first, pair.second) for pair in table.pairs] == list(combinations(range(4), 2))
    for pair in table.pairs:
        two = arms_of([runs[pair.first], runs[pair.second]])
        gap = two.difference([1.0, -1.0])
        found = (pair.alone.mean, pair.alone.lo, pair.alone.hi, pair.alone.p)
        assert found == pytest.approx((gap.mean, gap.lo, gap.hi, gap.p))


def test_the_joint_error_is_that_of_the_largest_of_independent_and_of_equal_differences() -> None:
    """Independent sums: 1 - 0.95^(1/n) each. Sums that are the same: 5 % each."""
    covariance = np.diag([1e-4] * 4)
    arms = Measured(tuple(np.array([0.5]) for _ in range(4)), covariance, 100, shares=False)
    assert Family(arms, np.eye(4)).joint_error() == pytest.approx(1 - 0.95**0.25, rel=0.05)
    assert Family(arms, np.eye(4)[[1, 1, 1]]).joint_error() == pytest.approx(0.05, rel=0.05)
    assert Family(arms, np.eye(4)).joint_error(0.01) == pytest.approx(1 - 0.99**0.25, rel=0.12)


def test_the_joint_p_is_the_error_at_which_the_joint_interval_reaches_zero() -> None:
    rng = np.random.default_rng(3)
    family = Family(equal_arms(rng, 4, 3, 200, 0.01), np.array([[1.0, -1, 0, 0], [0, 0, 1, -1], [1, 0, 0, -1]]))
    for error in (0.2, 0.05, 0.01):
        assert family.joint_p(family.joint_error(error)) == pytest.approx(error, rel=0.03)
    assert family.joint_p(1.0) == 1.0
    assert np.isnan(family.joint_p(np.nan))
    assert family.joint_p(1e-9) == pytest.approx(1 / 20_001)


@pytest.mark.parametrize(("seeds", "luck"), [(3, 0.0), (3, 0.02), (5, 0.02)])
def test_the_error_of_the_whole_table_is_that_of_one_interval(seeds: int, luck: float) -> None:
    """Five equal arms: alone some pair differs in a quarter of the tables and more, jointly in about 5 %."""
    rng, tables, alone, jointly = np.random.default_rng(4), 300, 0, 0
    for _ in range(tables):
        pairs = differences(equal_arms(rng, 5, seeds, 500, luck)).pairs
        alone += any(pair.alone.lo > 0 or pair.alone.hi < 0 for pair in pairs)
        jointly += any(pair.jointly.lo > 0 or pair.jointly.hi < 0 for pair in pairs)
    assert jointly / tables <= 0.08
    assert alone / tables > 0.12
    assert luck or jointly / tables >= 0.02


def test_simultaneous_intervals_hold_those_of_the_pairs_alone() -> None:
    rng = np.random.default_rng(5)
    arms = equal_arms(rng, 4, 3, 300, 0.01)
    table = differences(arms)
    assert table.error < ERROR
    for pair in table.pairs:
        assert pair.jointly.lo < pair.alone.lo < pair.alone.hi < pair.jointly.hi
        assert pair.jointly.mean == pair.alone.mean
        assert pair.jointly.p >= pair.alone.p
        assert pair.jointly.spread is not None
        assert pair.jointly.hi - pair.jointly.lo == pytest.approx(2 * pair.jointly.spread.margin(table.error))
    for place, wide in enumerate(joint_intervals(arms)):
        alone = arms.score(place)
        assert wide.lo < alone.lo < alone.hi < wide.hi


def test_a_large_difference_is_seen_in_the_whole_table() -> None:
    rng = np.random.default_rng(6)
    runs = [rng.random((3, 400)) < share for share in (0.9, 0.7, 0.7)]
    table = differences(arms_of(runs))
    assert table.of(0, 1).jointly.lo > 0.1
    assert table.of(0, 1).jointly.p < 1e-3
    assert table.of(1, 2).jointly.lo < 0 < table.of(1, 2).jointly.hi


def test_the_order_of_the_arms_does_not_matter() -> None:
    rng = np.random.default_rng(7)
    runs = [rng.random((3, 300)) < share for share in (0.8, 0.75, 0.7)]
    table, other = differences(arms_of(runs)), differences(arms_of(runs[::-1]))
    for first, second in combinations(range(3), 2):
        a, b = table.of(first, second), other.of(2 - first, 2 - second)
        assert (a.alone.lo, a.alone.hi, a.alone.p) == pytest.approx((b.alone.lo, b.alone.hi, b.alone.p))
        assert (a.jointly.lo, a.jointly.hi) == pytest.approx((b.jointly.lo, b.jointly.hi), abs=1e-3)


def test_a_pair_that_is_not_in_the_table_is_refused() -> None:
    table = differences(equal_arms(np.random.default_rng(8), 3, 2, 50, 0.0))
    with pytest.raises(KeyError):
        table.of(0, 3)
    assert table.of(2, 0).alone.mean == -table.of(0, 2).alone.mean


def test_a_single_arm_has_no_pairs() -> None:
    arms = equal_arms(np.random.default_rng(9), 1, 3, 50, 0.0)
    assert differences(arms).pairs == ()
    assert joint_intervals(arms) == [arms.score(0)]


def test_arms_that_do_not_vary_or_are_not_defined_have_no_part_in_it() -> None:
    rng = np.random.default_rng(10)
    runs = [rng.random((3, 200)) < share for share in (0.8, 0.7)]
    both = arms_of(runs)
    size = len(both.covariance) + 2
    covariance = np.zeros((size, size))
    covariance[:-2, :-2] = both.covariance
    covariance[-1], covariance[:, -1] = np.nan, np.nan
    more = Measured((*both.scores, np.array([0.5]), np.array([np.nan])), covariance, both.items, shares=False)
    weights = np.array([[1.0, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert Family(more, weights).joint_error() == pytest.approx(ERROR, rel=0.03)
    reach = -ndtri(differences(more).error / 2)
    assert 2.2 < reach < 2.5  # of three pairs of arms that vary: first and second with each other and with the constant
