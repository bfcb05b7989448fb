"""Variance between items and seeds: brute force, the limits of the quantile, pseudo-items, coverage in simulation."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats as scipy_stats

from unfreeze.judging.spread import ERROR, Spread, margins
from unfreeze.judging.two_way import Measured, mean_ci, measured, paired_difference, parts
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import item_statistics, measure_of, score

accuracy = measure_of(task("classification"))
pearson = measure_of(task("regression"))


def correctness(correct: np.ndarray) -> np.ndarray:
    """(seeds, items) right or wrong to accuracy statistics (seeds, items, 2)."""
    return np.stack([correct.astype(float), np.ones(correct.shape)], axis=2)


def exact(arms: list[np.ndarray]) -> Measured:
    """Of (seeds, items) right or wrong: the covariance as it is, without resamples."""
    runs = np.concatenate(arms).astype(float)
    covariance = np.cov(runs, bias=True) / runs.shape[1]
    return Measured(tuple(arm.mean(1) for arm in arms), np.atleast_2d(covariance), runs.shape[1], shares=True)


def test_means_are_the_metrics_of_the_full_sample() -> None:
    rng = np.random.default_rng(0)
    gold = rng.normal(size=60)
    runs = [gold + rng.normal(size=60) for _ in range(3)]
    blocks = np.stack([item_statistics(task("regression"), gold, run) for run in runs])
    expected = [score(task("regression"), gold, run)["pearson"] for run in runs]
    assert mean_ci(blocks, pearson, draws=10).mean == pytest.approx(np.mean(expected))
    gap = paired_difference(blocks, blocks[:1], pearson, draws=10)
    assert gap.mean == pytest.approx(np.mean(expected) - expected[0])


def test_parts_are_those_of_plain_loops() -> None:
    rng = np.random.default_rng(1)
    arms = [rng.random((3, 80)) < 0.8, rng.random((4, 80)) < 0.6]
    found, weights = exact(arms), (1.0, -0.5)
    by_item = sum(w * arm.mean(0) for w, arm in zip(weights, arms, strict=True))
    items = sum((x - by_item.mean()) ** 2 for x in by_item) / 80**2
    seeds, top, bottom, all_luck = 0.0, 0.0, 0.0, 0.0
    for weight, arm in zip(weights, arms, strict=True):
        number = len(arm)
        scores, own = arm.mean(1), arm - arm.mean(0)
        seen = sum((s - scores.mean()) ** 2 for s in scores) / (number - 1)
        centred = own - own.mean(1, keepdims=True)  # what single runs do on single items beside their arm
        luck = (centred**2).sum() / (number - 1) / 80**2
        seeds += weight**2 * max(0.0, seen - luck) / number
        all_luck += weight**2 * luck / number
        top += weight**2 * seen / number
        bottom += (weight**2 * seen / number) ** 2 / (number - 1)
    spread = found.spread(weights)
    assert (spread.items, spread.seeds, spread.freedom) == pytest.approx((items, seeds, top**2 / bottom))
    assert spread.luck == pytest.approx(all_luck)
    assert found.seed_variance(weights) == spread.seeds


def test_resamples_of_the_items_give_the_exact_covariance() -> None:
    rng = np.random.default_rng(2)
    arms = [rng.random((2, 300)) < 0.8, rng.random((3, 300)) < 0.7]
    drawn, known = measured([correctness(arm) for arm in arms], accuracy), exact(arms)
    assert drawn.covariance == pytest.approx(known.covariance, rel=0.06, abs=2e-5)
    assert [len(scores) for scores in drawn.scores] == [2, 3]
    assert drawn.means == pytest.approx([arm.mean() for arm in arms])


@pytest.mark.parametrize("error", [0.05, 0.01])
def test_the_reach_is_normal_of_items_and_student_of_seeds_and_between_them_of_both(error: float) -> None:
    normal, student = scipy_stats.norm.isf(error / 2), scipy_stats.t.isf(error / 2, 2.5)
    assert Spread(4e-4, 0.0, math.inf).margin(error) == pytest.approx(0.02 * normal)
    assert Spread(0.0, 4e-4, 2.5).margin(error) == pytest.approx(0.02 * student)
    both = Spread(3e-4, 1e-4, 2.5).margin(error)
    assert both == pytest.approx(0.02 * (0.75 * normal + 0.25 * student))
    assert Spread(0.0, 0.0, math.inf).margin(error) == 0.0
    assert margins(np.array([4e-4, 0.0]), np.array([0.0, 4e-4]), np.array([math.inf, 2.5]), error) == pytest.approx(
        [0.02 * normal, 0.02 * student]
    )


@pytest.mark.parametrize("spread", [Spread(4e-4, 0.0, math.inf), Spread(1e-4, 2e-4, 2.0), Spread(0.0, 4e-4, 7.3)])
@pytest.mark.parametrize("value", [0.001, 0.04, -0.09, 0.3])
def test_p_is_the_error_of_the_interval_that_just_reaches_zero(spread: Spread, value: float) -> None:
    p = spread.p(value)
    assert spread.margin(p) == pytest.approx(abs(value), rel=1e-6) or p <= 1.1e-9
    assert (p < ERROR) == (abs(value) > spread.margin())


def test_p_of_nothing_is_one() -> None:
    assert Spread(1e-4, 0.0, math.inf).p(0.0) == 1.0
    assert Spread(0.0, 0.0, math.inf).p(0.0) == 1.0
    assert math.isnan(Spread(math.nan, 0.0, math.inf).p(0.1))


@pytest.mark.parametrize(("weights", "added"), [((1.0, -1.0), ([1, 0], [0, 1])), ((1.0, 0.0), ([1, 1, 0, 0], None))])
def test_pseudo_items_are_items_that_were_added(weights: tuple[float, float], added: tuple) -> None:
    """An item that each side wins; of one arm two right and two wrong answers."""
    rng = np.random.default_rng(3)
    arms = [rng.random((3, 40)) < 0.97, rng.random((3, 40)) < 0.95]
    more = [np.tile(side if side is not None else added[0], (3, 1)) for side in added]
    larger = exact([np.concatenate([arm, items], axis=1) for arm, items in zip(arms, more, strict=True)])
    value, spread = larger.means @ weights, larger.spread(weights)
    found = exact(arms).difference(weights)
    assert (found.lo + found.hi) / 2 == pytest.approx(value)
    assert found.spread is not None
    assert found.spread.items == pytest.approx(spread.items)
    assert found.spread.seeds == pytest.approx(exact(arms).spread(weights).seeds)
    assert found.mean == pytest.approx(exact(arms).means @ weights)


def test_equal_from_no_evidence_is_not_equal() -> None:
    """60 items that both arms get right allow a difference of points; 5,000 do not."""
    for items, reach in ((60, 0.03), (200, 0.009), (5000, 0.0005)):
        right = correctness(np.ones((3, items)))
        gap = paired_difference(right, right, accuracy, draws=50)
        assert (gap.mean, gap.p) == (0.0, 1.0)
        assert -gap.lo == gap.hi == pytest.approx(1.96 * math.sqrt(2) / (items + 2), rel=1e-3)
        assert gap.hi > reach
    alone = mean_ci(correctness(np.ones((3, 60))), accuracy, draws=50)
    assert alone.hi == 1.0
    assert 0.88 < alone.lo < 0.95


def test_correlations_have_no_pseudo_items() -> None:
    rng = np.random.default_rng(4)
    gold = rng.normal(size=40)
    runs = np.stack([item_statistics(task("regression"), gold, gold + rng.normal(size=40)) for _ in range(2)])
    gap = paired_difference(runs, runs, pearson, draws=100)
    assert (gap.mean, gap.lo, gap.hi) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    alone = mean_ci(runs, pearson)
    assert (alone.lo + alone.hi) / 2 == pytest.approx(alone.mean)


def test_one_seed_speaks_of_items_only_and_more_seeds_add_theirs() -> None:
    rng = np.random.default_rng(5)
    steady = rng.random(400) < 0.8
    runs = np.stack([np.roll(steady, 0), steady & (rng.random(400) < 0.9), steady & (rng.random(400) < 0.8)])
    one, three = exact([runs[:1]]).spread([1.0]), exact([runs]).spread([1.0])
    assert not one.seeds_seen
    assert one.seeds == 0.0
    assert three.seeds_seen
    assert three.freedom == pytest.approx(2.0)
    assert three.seeds > three.items
    mixed = exact([runs, runs[:1]]).spread([1.0, -1.0])  # a floor, or a method with one seed
    assert (mixed.seeds, mixed.freedom) == pytest.approx((three.seeds, 2.0))


def test_arms_without_weight_change_nothing() -> None:
    rng = np.random.default_rng(6)
    arms = [rng.random((3, 90)) < share for share in (0.9, 0.8, 0.5)]
    two, three = exact(arms[:2]), exact(arms)
    assert three.difference([1.0, -1.0, 0.0]) == two.difference([1.0, -1.0])
    assert three.score(1) == two.score(1)


def test_an_arm_that_is_never_defined_leaves_the_others_as_they_are() -> None:
    rng = np.random.default_rng(7)
    gold = rng.normal(size=50)
    runs = [np.stack([item_statistics(task("regression"), gold, gold + rng.normal(size=50))]) for _ in range(2)]
    nothing = np.full_like(runs[0], np.nan)
    with_it = measured([*runs, nothing], pearson, draws=500)
    without = measured(runs, pearson, draws=500)
    gaps = with_it.difference([1.0, -1.0, 0.0]), without.difference([1.0, -1.0])
    assert (gaps[0].lo, gaps[0].hi, gaps[0].p) == pytest.approx((gaps[1].lo, gaps[1].hi, gaps[1].p))


def test_other_items_are_refused() -> None:
    with pytest.raises(ValueError, match="same items"):
        measured([np.ones((2, 5, 2)), np.ones((2, 6, 2))], accuracy)


def test_the_same_seed_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(8)
    block = correctness(rng.random((2, 100)) < 0.7)
    assert mean_ci(block, accuracy, draws=100) == mean_ci(block, accuracy, draws=100)


def simulated(rng: np.random.Generator, tables: int, seeds: int, items: int, luck: float) -> list[np.ndarray]:
    """Two arms (tables, seeds, items) of one expected accuracy, whose runs differ by `luck` (standard deviation)."""
    easy = rng.normal(size=(tables, 1, items)) * 0.6**0.5
    arms = []
    for _ in range(2):
        own = easy + rng.normal(size=(tables, 1, items)) * 0.3**0.5 + rng.normal(size=(tables, seeds, items)) * 0.1**0.5
        ability = np.clip(0.88 + luck * rng.normal(size=(tables, seeds, 1)), 0.01, 0.999)
        arms.append(own < scipy_stats.norm.ppf(ability))
    return arms


@pytest.mark.parametrize(
    ("seeds", "items", "luck"), [(3, 300, 0.0), (3, 1000, 0.02), (5, 1000, 0.02), (5, 300, 0.005), (3, 2000, 0.01)]
)
def test_intervals_of_equal_arms_hold_zero_in_95_of_100(seeds: int, items: int, luck: float) -> None:
    """With z in place of t it is 88 to 90 in the second cell; with items alone under 75."""
    rng, tables = np.random.default_rng(9), 800
    scores, covariance = [], []
    for _ in range(tables // 100):
        arms = simulated(rng, 100, seeds, items, luck)
        runs = np.concatenate(arms, axis=1).astype(np.float32)
        centred = runs - runs.mean(2, keepdims=True)
        covariance.append(centred @ centred.transpose(0, 2, 1) / items**2)
        scores.append([arm.mean(2) for arm in arms])
    both = [np.concatenate(side) for side in zip(*scores, strict=True)]
    reach = margins(*parts(both, np.concatenate(covariance).astype(float), (1.0, -1.0))[:3], ERROR)
    held = (np.abs(both[0].mean(1) - both[1].mean(1)) <= reach).mean()
    assert 0.935 <= held <= 0.985


def test_more_seeds_and_more_items_make_it_narrower() -> None:
    rng = np.random.default_rng(10)
    widths = []
    for seeds, items in ((3, 500), (3, 5000), (12, 5000)):
        arms = simulated(rng, 200, seeds, items, 0.01)
        gaps = [exact([a, b]).difference([1.0, -1.0]) for a, b in zip(*arms, strict=True)]
        widths.append(np.mean([gap.hi - gap.lo for gap in gaps]))
    assert all(wide > 1.3 * narrow for wide, narrow in pairwise(widths))


def test_runs_that_differ_by_single_items_alone_have_no_deviation_of_their_own() -> None:
    rng = np.random.default_rng(11)
    steady = rng.random((40, 500)) < 0.7
    unsteady = rng.random((40, 500)) < (0.7 + 0.05 * rng.normal(size=40))[:, None]
    arms = exact([steady, unsteady, steady[:1]])
    assert steady.mean(1).std(ddof=1) > 0.015
    assert arms.seed_deviation(0) < 0.01
    assert arms.seed_deviation(1) == pytest.approx(0.05, rel=0.25)
    assert arms.seed_deviation(2) == 0.0


def test_the_first_arms_alone_are_as_they_were_measured() -> None:
    rng = np.random.default_rng(12)
    arms = [correctness(rng.random((seeds, 60)) < 0.7) for seeds in (2, 3, 1)]
    whole, two = measured(arms, accuracy, draws=300), measured(arms[:2], accuracy, draws=300)
    assert [scores.tolist() for scores in whole.of_first(2).scores] == [scores.tolist() for scores in two.scores]
    assert whole.of_first(2).covariance == pytest.approx(two.covariance)
    assert (whole.of_first(2).items, whole.of_first(2).shares) == (60, True)
    assert whole.of_first(2).difference((1.0, -1.0)) == whole.difference((1.0, -1.0, 0.0))
