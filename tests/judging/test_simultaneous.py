"""All pairs of arms at once: two arms as before, brute force on the same draws, and the error of the whole table."""

from __future__ import annotations

from functools import partial
from itertools import combinations, permutations

import numpy as np
import pytest

from unfreeze.judging import stats
from unfreeze.judging.simultaneous import adjusted_p, critical_value, differences, standard_errors
from unfreeze.judging.stats import paired_difference, permuted_differences, resampled_arms
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import from_statistics, item_statistics

accuracy = partial(from_statistics, task("classification"))
pearson = partial(from_statistics, task("regression"))
span_f1 = partial(from_statistics, task("tagging"))


def correctness(correct: np.ndarray) -> np.ndarray:
    """(seeds, items) right or wrong to accuracy statistics (seeds, items, 2)."""
    return np.stack([correct.astype(float), np.ones(correct.shape)], axis=2)


def equal_arms(rng: np.random.Generator, arms: int, seeds: int, items: int, luck: float) -> list[np.ndarray]:
    """Arms of one expected accuracy that find other items hard; their runs differ in luck and, a little, by item."""
    ease = rng.random((arms, 1, items)) + 0.03 * rng.normal(size=(arms, seeds, items))
    return [correctness(of_arm < 0.7) for of_arm in ease + rng.uniform(-luck, luck, size=(arms, seeds, 1))]


def scores(rng: np.random.Generator, seeds: int, gold: np.ndarray, noise: float) -> np.ndarray:
    runs = [gold + noise * rng.normal(size=len(gold)) for _ in range(seeds)]
    return np.stack([item_statistics(task("regression"), gold, run) for run in runs])


def spans(rng: np.random.Generator, seeds: int, items: int) -> np.ndarray:
    agreed = rng.integers(0, 3, size=(seeds, items))
    more = rng.integers(0, 2, size=(2, seeds, items))
    return np.stack([agreed, agreed + more[0], agreed + more[1]], axis=2) * 1.0


@pytest.mark.parametrize("seeds", [(3, 3), (1, 1), (5, 2), (2, 5)])
@pytest.mark.parametrize("kind", ["accuracy", "pearson", "span_f1", "many items"])
def test_two_arms_are_the_paired_difference(kind: str, seeds: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    gold = rng.normal(size=60)
    items = stats.MANY + 1 if kind == "many items" else 60
    a, b, metric_fn = {
        "pearson": (scores(rng, seeds[0], gold, 1.0), scores(rng, seeds[1], gold, 1.3), pearson),
        "span_f1": (spans(rng, seeds[0], 60), spans(rng, seeds[1], 60), span_f1),
    }.get(kind, (*(correctness(rng.random((count, items)) < 0.8) for count in seeds), accuracy))
    (pair,) = differences([a, b], metric_fn, draws=300, seed=4).pairs
    assert (pair.first, pair.second) == (0, 1)
    assert pair.alone == pair.jointly == paired_difference(a, b, metric_fn, draws=300, seed=4)


@pytest.mark.parametrize("kind", ["accuracy", "pearson"])
def test_each_pair_of_more_arms_is_alone_what_it_is_without_the_others(kind: str) -> None:
    rng = np.random.default_rng(2)
    gold = rng.normal(size=80)
    arms = (
        equal_arms(rng, 4, 3, 80, 0.05)
        if kind == "accuracy"
        else [scores(rng, 3, gold, noise) for noise in (0.8, 0.9, 1.0)]
    )
    metric_fn = accuracy if kind == "accuracy" else pearson
    table = differences(arms, metric_fn, draws=200, seed=7)
    assert [(pair.first, pair.second) for pair in table.pairs] == list(combinations(range(len(arms)), 2))
    for pair in table.pairs:
        assert pair.alone == paired_difference(arms[pair.first], arms[pair.second], metric_fn, 200, 7)


def test_unequal_numbers_of_seeds_give_the_paired_difference_up_to_the_draws() -> None:
    rng = np.random.default_rng(3)
    arms = [correctness(rng.random((count, 300)) < rate) for count, rate in ((1, 0.7), (4, 0.8), (3, 0.75), (4, 0.7))]
    for pair in differences(arms, accuracy, draws=4000).pairs:
        wanted = paired_difference(arms[pair.first], arms[pair.second], accuracy, 4000)
        assert pair.alone.mean == wanted.mean
        assert pair.alone.p == wanted.p
        assert (pair.alone.lo, pair.alone.hi) == pytest.approx((wanted.lo, wanted.hi), abs=0.008)


def test_the_critical_value_and_the_intervals_are_those_of_plain_loops() -> None:
    rng = np.random.default_rng(4)
    arms = [scores(rng, 3, rng.normal(size=70), noise) for noise in (0.8, 1.0, 1.2, 0.9)]
    table = differences(arms, pearson, draws=400, seed=5)
    drawn = resampled_arms(arms, pearson, 400, 5)
    largest = np.zeros(400)
    errors = {}
    for pair in table.pairs:
        gaps = drawn[:, pair.first] - drawn[:, pair.second]
        errors[pair] = np.sqrt(np.mean((gaps - np.mean(gaps)) ** 2))
        observed = pearson(arms[pair.first].sum(1)).mean() - pearson(arms[pair.second].sum(1)).mean()
        for draw in range(400):
            largest[draw] = max(largest[draw], abs(gaps[draw] - observed) / errors[pair])
    critical = np.sort(largest)[int(0.95 * 399)]  # the order statistics around the quantile
    assert critical <= table.critical <= np.sort(largest)[int(0.95 * 399) + 1]
    for pair, error in errors.items():
        margin = table.critical * error
        assert pair.jointly.lo == pytest.approx(min(pair.alone.lo, pair.alone.mean - margin))
        assert pair.jointly.hi == pytest.approx(max(pair.alone.hi, pair.alone.mean + margin))


def test_adjusted_p_is_that_of_plain_loops() -> None:
    rng = np.random.default_rng(5)
    arms = [correctness(rng.random((2, 120)) < rate) for rate in (0.6, 0.7, 0.75)]
    table = differences(arms, accuracy, draws=300, seed=6)
    permuted = permuted_differences(arms, accuracy, 300, 6)
    errors = [np.sqrt(np.mean((column - np.mean(column)) ** 2)) for column in permuted.T]
    for n, pair in enumerate(table.pairs):
        as_large = 0
        for draw in permuted:
            as_large += (
                max(abs(gap) / error for gap, error in zip(draw, errors, strict=True))
                >= (abs(pair.alone.mean) - 1e-12) / errors[n]
            )
        assert pair.jointly.p == (as_large + 1) / 301
        assert pair.jointly.p >= pair.alone.p


def test_permuted_pairs_swap_the_same_items_and_are_the_permutation_test_of_each() -> None:
    """Differences of additive metrics: the third pair is the second less the first, as among the observed ones."""
    rng = np.random.default_rng(6)
    arms = [correctness(rng.random((2, 50)) < 0.7) for _ in range(3)]
    permuted = permuted_differences(arms, accuracy, 100, 1)
    assert permuted[:, 2] == pytest.approx(permuted[:, 1] - permuted[:, 0])
    assert (permuted[:, 1] == permuted_differences([arms[0], arms[2]], accuracy, 100, 1)[:, 0]).all()


@pytest.mark.parametrize(("seeds", "luck"), [(1, 0.0), (5, 0.04)])
def test_the_error_of_the_whole_table_is_that_of_one_interval(seeds: int, luck: float) -> None:
    """300 tables of 5 equal arms: some interval misses 0 in about 5 %, within three standard errors (1.3 points; with 5
    seeds whose luck matters it is 8 %, as the bootstrap sees 4/5 of the variance between seeds). Of the intervals of
    the pairs alone, one misses 0 in three times as many tables or more. The same for p, which covers items only."""
    rng = np.random.default_rng(8)
    missed = np.zeros(4)
    for case in range(300):
        pairs = differences(equal_arms(rng, 5, seeds, 120, luck), accuracy, draws=150, seed=case).pairs
        missed += [
            any(not pair.jointly.lo <= 0 <= pair.jointly.hi for pair in pairs),
            any(not pair.alone.lo <= 0 <= pair.alone.hi for pair in pairs),
            any(pair.jointly.p <= 0.05 for pair in pairs),
            any(pair.alone.p <= 0.05 for pair in pairs),
        ]
    jointly, alone, adjusted, plain = missed / 300
    assert 0.01 <= jointly <= 0.09
    assert alone >= 3 * jointly
    if luck == 0:
        assert 0.01 <= adjusted <= 0.09
        assert plain >= 3 * adjusted


def test_simultaneous_intervals_hold_those_of_the_pairs_alone() -> None:
    """A skewed metric and two equal arms, so that one distribution counts: its 97.5 % point lies above the 95 % point
    of its distance, and the interval of the pair alone reaches beyond the max-t interval."""
    rng = np.random.default_rng(9)
    values = rng.normal(size=(2, 2, 25))
    first, second = (np.stack([of_arm, np.ones((2, 25))], axis=2) for of_arm in values)

    def skewed(sums: np.ndarray) -> np.ndarray:
        return np.exp(5 * sums[..., 0] / sums[..., 1])

    arms = [first, second, second.copy()]
    table = differences(arms, skewed, draws=1000)
    pair = table.of(0, 1)
    drawn = resampled_arms(arms, skewed, 1000)
    margin = table.critical * standard_errors(drawn[:, :1] - drawn[:, 1:2])[0]
    ends = np.array([pair.alone.mean - margin, pair.alone.mean + margin])
    assert (pair.alone.lo < ends[0]) != (pair.alone.hi > ends[1])
    assert (pair.jointly.lo, pair.jointly.hi) == (min(pair.alone.lo, ends[0]), max(pair.alone.hi, ends[1]))
    for case in range(20):
        few = [spans(rng, 2, 8) for _ in range(4)]
        for pair in differences(few, span_f1, draws=100, seed=case).pairs:
            assert pair.jointly.lo <= pair.alone.lo <= pair.alone.hi <= pair.jointly.hi
            assert pair.jointly.lo <= pair.jointly.mean == pair.alone.mean <= pair.jointly.hi


def test_a_large_difference_is_seen_in_the_whole_table() -> None:
    rng = np.random.default_rng(10)
    arms = [correctness(rng.random((3, 400)) < rate) for rate in (0.6, 0.62, 0.8)]
    table = differences(arms, accuracy, draws=500)
    assert table.of(2, 0).jointly.lo > 0.05
    assert table.of(2, 0).jointly.p == pytest.approx(1 / 501)
    assert table.of(0, 1).jointly.lo < 0 < table.of(0, 1).jointly.hi
    assert 2 < table.critical < 2.6  # 1.96 for one pair, 2.39 by Bonferroni for three


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_the_arms_does_not_matter(order: tuple[int, ...]) -> None:
    rng = np.random.default_rng(11)
    gold = rng.normal(size=60)
    arms = [scores(rng, 2, gold, noise) for noise in (0.9, 1.0, 1.1)]
    table = differences(arms, pearson, draws=150)
    other = differences([arms[place] for place in order], pearson, draws=150)
    assert other.critical == pytest.approx(table.critical)
    for i, j in permutations(range(3), 2):
        here, there = other.of(i, j), table.of(order[i], order[j])
        assert (here.first, here.second) == (i, j)
        for a, b in ((here.alone, there.alone), (here.jointly, there.jointly)):
            assert (a.mean, a.lo, a.hi, a.p) == pytest.approx((b.mean, b.lo, b.hi, b.p))


def test_a_pair_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(KeyError):
        differences([correctness(np.ones((1, 5)))] * 2, accuracy, draws=10).of(0, 2)


@pytest.mark.parametrize("seeds", [1, 4])
def test_arms_that_say_the_same_differ_by_exactly_zero(seeds: int) -> None:
    rng = np.random.default_rng(12)
    arm = spans(rng, seeds, 40)
    other = spans(rng, seeds, 40)
    same = differences([arm, arm.copy(), arm.copy()], span_f1, draws=100)
    assert same.critical == 0.0
    for pair in same.pairs:
        assert pair.jointly == pair.alone == stats.Difference(0.0, 0.0, 0.0, 1.0)
    table = differences([arm, other, arm.copy()], span_f1, draws=100)
    assert table.of(0, 2).jointly == stats.Difference(0.0, 0.0, 0.0, 1.0)
    assert table.of(0, 1).jointly.lo < table.of(0, 1).jointly.hi
    assert table.critical == differences([arm, other], span_f1, draws=100).critical  # the pair of zeros has no part


def test_a_pair_that_varies_by_rounding_alone_has_no_part_in_the_critical_value() -> None:
    """Equal runs, averaged over other numbers of seeds, differ by some 1e-17, which can be many of its own errors."""
    rng = np.random.default_rng(13)
    drawn, means = rng.normal(size=(500, 2)), np.array([0.1, 1e-14])
    drawn[:, 1] *= 1e-17
    assert standard_errors(drawn).tolist() == [np.std(drawn[:, 0]), 0.0]
    assert critical_value(drawn, means) == critical_value(drawn[:, :1], means[:1])
    assert adjusted_p(drawn, means).tolist() == [adjusted_p(drawn[:, :1], means[:1])[0], 1.0]


def test_one_seed_gives_the_spread_of_items_only() -> None:
    rng = np.random.default_rng(14)
    arms = [correctness(rng.random((1, 500)) < 0.8) for _ in range(3)]
    for pair in differences(arms, accuracy, draws=2000).pairs:
        wanted = np.sqrt(np.var(arms[pair.first][0, :, 0] - arms[pair.second][0, :, 0]) / 500)
        critical = (pair.jointly.hi - pair.jointly.lo) / 2 / wanted
        assert critical == pytest.approx(2.34, rel=0.06)  # the studentised range of three, by the square root of 2


def test_a_single_arm_has_no_pairs() -> None:
    assert differences([correctness(np.ones((1, 5)))], accuracy).pairs == ()


def test_other_items_are_refused() -> None:
    arms = [correctness(np.ones((1, 5))), correctness(np.ones((1, 5))), correctness(np.ones((1, 6)))]
    with pytest.raises(ValueError, match="same items"):
        differences(arms, accuracy)


def test_resamples_on_which_a_metric_is_not_defined_are_left_out() -> None:
    """Of three items, one resample in nine is one item again and again: no correlation there."""
    gold = np.array([1.0, 2.0, 3.0])
    arms = [item_statistics(task("regression"), gold, told)[None] for told in ([1, 2, 2.5], [3, 1, 2], [1, 3, 2])]
    table = differences(arms, pearson, draws=300)
    assert np.isfinite(table.critical)
    for pair in table.pairs:
        assert pair.alone == paired_difference(arms[pair.first], arms[pair.second], pearson, 300)
        assert np.isfinite([pair.jointly.lo, pair.jointly.hi, pair.jointly.p]).all()


def test_an_arm_that_is_never_defined_leaves_the_other_pairs_as_they_are() -> None:
    nan = np.full((200, 1), np.nan)
    rng = np.random.default_rng(15)
    drawn, means = rng.normal((1.0, 2.0), size=(200, 2)), np.array([1.0, 2.0])
    more = np.concatenate([drawn, nan], axis=1)
    assert critical_value(more, np.append(means, np.nan)) == critical_value(drawn, means)
    adjusted = adjusted_p(more, np.append(means, np.nan))
    assert (adjusted[:2] == adjusted_p(drawn, means)).all()
    assert np.isnan(adjusted[2])
    gold = np.arange(20.0)
    arms = [item_statistics(task("regression"), gold, gold + rng.normal(size=20))[None] for _ in range(2)]
    none = np.full_like(arms[0], np.nan)
    table = differences([*arms, none], pearson, draws=100)
    assert table.critical == differences(arms, pearson, draws=100).critical
    assert table.of(0, 1).alone == paired_difference(*arms, pearson, draws=100)
    assert np.isnan(table.of(0, 2).jointly.lo)


def test_pairs_that_are_defined_on_different_draws_count_where_they_are() -> None:
    rng = np.random.default_rng(16)
    drawn = rng.normal(size=(4000, 2))
    drawn[::2, 0], drawn[1::2, 1] = np.nan, np.nan
    assert critical_value(drawn, np.zeros(2)) == pytest.approx(1.96, abs=0.12)
    drawn[:8] = np.nan  # draws on which no pair is defined are left out
    assert critical_value(drawn, np.zeros(2)) == pytest.approx(1.96, abs=0.12)
    drawn[9, 1] = 0.0  # one draw on which both are: it alone counts
    assert critical_value(drawn, np.zeros(2)) == pytest.approx(abs(drawn[9, 0]) / np.nanstd(drawn[:, 0]))


def test_an_undefined_pair_does_not_hide_the_t_of_another_one() -> None:
    permuted = np.array([[3.0, np.nan], [-1.0, 1.0], [np.nan, np.nan], [0.0, -1.0]])
    assert standard_errors(permuted) == pytest.approx([np.std([3.0, -1.0, 0.0]), 1.0])
    observed = np.array([2.9, 1.6])  # t of 1.71 and 1.6; the largest permuted t are 1.76, 1, none and 1
    assert adjusted_p(permuted, observed).tolist() == [2 / 5, 2 / 5]
