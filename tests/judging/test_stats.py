"""Bootstrap and permutation test: brute force on small cases, coverage and false alarms in simulation."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np
import pytest

from unfreeze.judging import stats
from unfreeze.judging.stats import (
    Difference,
    mean_ci,
    paired_difference,
    percentile_interval,
    permutation_p,
    resampled_arms,
    resampled_items,
    resampled_means,
    two_sided_p,
)
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import from_statistics, item_statistics, score

accuracy = partial(from_statistics, task("classification"))
pearson = partial(from_statistics, task("regression"))
span_f1 = partial(from_statistics, task("tagging"), scheme="BIO")


def correctness(correct: np.ndarray) -> np.ndarray:
    """(seeds, items) right or wrong to accuracy statistics (seeds, items, 2)."""
    return np.stack([correct.astype(float), np.ones(correct.shape)], axis=2)


def regression(rng: np.random.Generator, gold: np.ndarray, noise: float, seeds: int) -> np.ndarray:
    runs = [gold + noise * rng.normal(size=len(gold)) for _ in range(seeds)]
    return np.stack([item_statistics(task("regression"), gold, run) for run in runs])


def spans(rng: np.random.Generator, seeds: int, items: int) -> np.ndarray:
    found = rng.integers(0, 3, size=(seeds, items))
    return np.stack([found, found + rng.integers(0, 2, found.shape), found + rng.integers(0, 2, found.shape)], 2) * 1.0


def test_means_are_the_metrics_of_the_full_sample() -> None:
    rng = np.random.default_rng(0)
    gold = rng.normal(size=60)
    runs = [gold + rng.normal(size=60) for _ in range(3)]
    blocks = np.stack([item_statistics(task("regression"), gold, run) for run in runs])
    expected = np.mean([score(task("regression"), gold, run)["pearson"] for run in runs])
    assert mean_ci(blocks, pearson, draws=10).mean == pytest.approx(expected)
    assert paired_difference(blocks, blocks[:1], pearson, draws=10).mean == pytest.approx(
        expected - score(task("regression"), gold, runs[0])["pearson"]
    )


def brute_force(a: np.ndarray, b: np.ndarray | None, metric_fn, draws: int, paired: bool) -> np.ndarray:
    """Hierarchical bootstrap written with loops and index lists."""
    rng = np.random.default_rng(99)
    out = []
    for _ in range(draws):
        items = rng.integers(a.shape[1], size=a.shape[1])
        seeds_a = rng.integers(len(a), size=len(a))
        value = np.mean([metric_fn(a[s][items].sum(0)) for s in seeds_a])
        if b is not None:
            seeds_b = seeds_a if paired else rng.integers(len(b), size=len(b))
            value -= np.mean([metric_fn(b[s][items].sum(0)) for s in seeds_b])
        out.append(value)
    return np.percentile(out, [2.5, 97.5])


@pytest.mark.parametrize("seeds_b", [3, 2])
@pytest.mark.parametrize("kind", ["accuracy", "pearson", "span_f1"])
def test_intervals_equal_brute_force(kind: str, seeds_b: int) -> None:
    """Percentiles of two Monte Carlo runs: they may differ by a few of their own standard errors."""
    rng = np.random.default_rng(1)
    gold = rng.normal(size=40)
    a, b, metric_fn = {
        "accuracy": (correctness(rng.random((3, 40)) < 0.8), correctness(rng.random((seeds_b, 40)) < 0.6), accuracy),
        "pearson": (regression(rng, gold, 0.5, 3), regression(rng, gold, 1.0, seeds_b), pearson),
        "span_f1": (spans(rng, 3, 40), spans(rng, seeds_b, 40), span_f1),
    }[kind]
    one, both = mean_ci(a, metric_fn, draws=4000), paired_difference(a, b, metric_fn, draws=4000)
    slack = 0.1 * (both.hi - both.lo)
    assert (one.lo, one.hi) == pytest.approx(tuple(brute_force(a, None, metric_fn, 1500, True)), abs=slack)
    assert (both.lo, both.hi) == pytest.approx(tuple(brute_force(a, b, metric_fn, 1500, seeds_b == 3)), abs=slack)
    assert both.lo < both.mean < both.hi


def test_p_equals_the_exact_permutation_test() -> None:
    """All 2^8 swaps of 8 items, for runs that are not equal in number, with a metric that is not additive."""
    rng = np.random.default_rng(3)
    gold = rng.normal(size=8)
    a, b = regression(rng, gold, 0.7, 2), regression(rng, gold, 2.0, 3)
    observed, as_large = abs(pearson(a.sum(1)).mean() - pearson(b.sum(1)).mean()), 0
    for swap in product([False, True], repeat=8):
        mask = np.array(swap)[:, None]
        gaps = [pearson(np.where(mask, y, x).sum(0)) - pearson(np.where(mask, x, y).sum(0)) for x, y in product(a, b)]
        as_large += abs(np.mean(gaps)) >= observed - 1e-12
    assert permutation_p(a, b, pearson, draws=20_000) == pytest.approx(as_large / 2**8, abs=0.015)


def test_a_swap_as_large_but_for_rounding_is_as_large() -> None:
    assert 0.1 + 0.2 > 0.3
    assert two_sided_p(0.1 + 0.2, np.array([0.3, -0.3, 0.2])) == 3 / 4


def simulated(
    rng: np.random.Generator, gap: float, seeds: int, items: int, luck: float = 0.03
) -> tuple[np.ndarray, np.ndarray]:
    """Two methods whose expected accuracies differ by `gap`; items differ in difficulty, runs in luck."""
    difficulty = rng.uniform(-0.3, 0.3, size=items)

    def runs(rate: float) -> np.ndarray:
        shift = rng.uniform(-luck, luck, size=(seeds, 1))
        return correctness(rng.random((seeds, items)) < rate + difficulty + shift)

    return runs(0.6 + gap / 2), runs(0.6 - gap / 2)


@pytest.mark.parametrize(("seeds", "luck"), [(1, 0.0), (3, 0.03), (5, 0.03)])
def test_the_interval_covers_the_true_difference(seeds: int, luck: float) -> None:
    """In 200 simulated comparisons: 95 % less three standard errors of 1.5 points, or more (over items and seeds it is
    a little wide where single items in single runs are noisy, as here). One seed cannot know of the luck of runs."""
    rng = np.random.default_rng(seeds)
    hits, alone = 0, 0
    for case in range(200):
        a, b = simulated(rng, 0.04, seeds, items=250, luck=luck)
        found = paired_difference(a, b, accuracy, draws=400, seed=case)
        hits += found.lo <= 0.04 <= found.hi
        one = mean_ci(a, accuracy, draws=400, seed=case)
        alone += one.lo <= 0.62 <= one.hi
    assert hits >= 200 * 0.905
    assert alone >= 200 * 0.905


def test_the_interval_of_one_seed_is_not_too_wide() -> None:
    """Without spread between runs, coverage is near 95 % from above too, and the width is that of the normal theory."""
    rng = np.random.default_rng(7)
    hits, widths = 0, []
    for case in range(200):
        a, b = (correctness(rng.random((1, 300)) < rate) for rate in (0.8, 0.75))
        found = paired_difference(a, b, accuracy, draws=400, seed=case)
        hits += found.lo <= 0.05 <= found.hi
        widths.append(found.hi - found.lo)
    assert 0.905 <= hits / 200 <= 0.99
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.sqrt((0.16 + 0.1875) / 300), rel=0.04)


def test_p_is_uniform_without_a_difference() -> None:
    """Share of p below u is near u, within three standard errors of 300 cases."""
    rng = np.random.default_rng(5)
    gold = rng.normal(size=60)
    ps = np.array(
        [
            permutation_p(regression(rng, gold, 1.0, 2), regression(rng, gold, 1.0, 2), pearson, 200, case)
            for case in range(300)
        ]
    )
    for u in (0.05, 0.2, 0.5, 0.8):
        assert np.mean(ps <= u) == pytest.approx(u, abs=3 * np.sqrt(u * (1 - u) / 300))


def test_a_large_difference_is_seen() -> None:
    rng = np.random.default_rng(2)
    found = paired_difference(*simulated(rng, 0.2, 3, 400), accuracy, draws=1000)
    assert found.lo > 0.05
    assert found.p == pytest.approx(1 / 1001)


@pytest.mark.parametrize("seeds", [1, 4])
def test_identical_predictions_differ_by_exactly_zero(seeds: int) -> None:
    rng = np.random.default_rng(0)
    for blocks, metric_fn in (
        (regression(rng, rng.normal(size=50), 1.0, seeds), pearson),
        (spans(rng, seeds, 50), span_f1),
    ):
        found = paired_difference(blocks, blocks.copy(), metric_fn, draws=300)
        assert (found.mean, found.lo, found.hi, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_one_seed_gives_the_spread_of_items_only_and_more_seeds_add_theirs() -> None:
    rng = np.random.default_rng(0)
    right = rng.random((1, 500)) < 0.8
    one = mean_ci(correctness(right), accuracy, draws=2000)
    assert one.hi - one.lo == pytest.approx(2 * 1.96 * np.sqrt(0.16 / 500), rel=0.1)
    unlike = np.concatenate([right, rng.random((1, 500)) < 0.5])
    wide = mean_ci(correctness(unlike), accuracy, draws=2000)
    assert wide.hi - wide.lo > 3 * (one.hi - one.lo)


def test_chunks_bound_memory_and_change_no_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a, b = simulated(rng, 0.05, 2, 100)
    whole = paired_difference(a, b, accuracy, draws=2000)
    monkeypatch.setattr(stats, "CELLS", 700)
    alone = np.ones(100, np.int64)
    sizes = [len(chunk) for chunk in stats._counts(rng, 20, alone)]
    assert sizes == [7, 7, 6]
    cut = paired_difference(a, b, accuracy, draws=2000)
    assert cut.mean == whole.mean
    assert (cut.lo, cut.hi, cut.p) == pytest.approx((whole.lo, whole.hi, whole.p), abs=0.03)
    assert all(chunk.sum(1).tolist() == [100.0] * len(chunk) for chunk in stats._counts(rng, 20, alone))
    monkeypatch.setattr(stats, "CELLS", 99)
    assert [len(chunk) for chunk in stats._counts(rng, 3, alone)] == [1, 1, 1]  # a draw is never cut


@pytest.mark.parametrize("seeds_b", [2, 1])
@pytest.mark.parametrize("kind", ["accuracy", "span_f1"])
def test_groups_of_equal_items_are_drawn_as_the_items_are(
    monkeypatch: pytest.MonkeyPatch, kind: str, seeds_b: int
) -> None:
    rng, items = np.random.default_rng(4), 3000
    a, b, metric_fn = {
        "accuracy": (
            correctness(rng.random((2, items)) < 0.8),
            correctness(rng.random((seeds_b, items)) < 0.79),
            accuracy,
        ),
        "span_f1": (spans(rng, 1, items), spans(rng, 1, items), span_f1),
    }[kind]
    one, both = mean_ci(a, metric_fn, draws=4000), paired_difference(a, b, metric_fn, draws=4000)
    monkeypatch.setattr(stats, "MANY", items - 1)
    rows, sizes = stats._grouped(stats._by_item(a))
    assert len(rows) < items / 100
    np.testing.assert_array_equal(sizes @ rows, a.sum(1).ravel())
    one_grouped, both_grouped = mean_ci(a, metric_fn, draws=4000), paired_difference(a, b, metric_fn, draws=4000)
    slack = 0.1 * (both.hi - both.lo)
    assert one_grouped != one  # other draws
    assert one_grouped == pytest.approx(one, abs=slack)
    assert (both_grouped.mean, both_grouped.lo, both_grouped.hi) == pytest.approx(
        (both.mean, both.lo, both.hi), abs=slack
    )
    assert both_grouped.p == pytest.approx(both.p, abs=0.03)


def test_items_that_differ_are_drawn_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "MANY", 10)
    rng = np.random.default_rng(0)
    block = regression(rng, rng.normal(size=50), 1.0, 2)
    rows, sizes = stats._grouped(stats._by_item(block))
    np.testing.assert_array_equal(rows, stats._by_item(block))
    assert sizes.tolist() == [1] * 50


def test_the_same_seed_gives_the_same_numbers() -> None:
    a, b = simulated(np.random.default_rng(0), 0.05, 2, 100)
    assert paired_difference(a, b, accuracy, 300, seed=4) == paired_difference(a, b, accuracy, 300, seed=4)
    assert mean_ci(a, accuracy, 300, seed=4) != mean_ci(a, accuracy, 300, seed=5)


def test_other_items_are_refused() -> None:
    a, b = correctness(np.ones((1, 5))), correctness(np.ones((1, 6)))
    with pytest.raises(ValueError, match="same items"):
        paired_difference(a, b, accuracy)


def test_resamples_of_the_items_are_those_of_index_lists_and_the_same_for_all_runs() -> None:
    rng = np.random.default_rng(0)
    blocks = spans(rng, 3, 50)
    drawn = resampled_items(blocks, span_f1, draws=4000)
    assert drawn.shape == (4000, 3)
    wanted = []
    for _ in range(4000):
        items = rng.integers(50, size=50)
        wanted.append([span_f1(block[items].sum(0)) for block in blocks])
    assert np.cov(drawn.T) == pytest.approx(np.cov(np.array(wanted).T), rel=0.15, abs=2e-4)
    assert drawn.mean(0) == pytest.approx(np.mean(wanted, 0), abs=0.005)
    twice = resampled_items(np.concatenate([blocks, blocks[:1]]), span_f1, draws=100)
    assert (twice[:, 0] == twice[:, 3]).all()
    assert (twice[:, :3] == drawn[:100]).all()


@pytest.mark.parametrize("seeds", [(3, 3), (2, 4)])
def test_resampled_means_are_those_of_the_paired_difference(seeds: tuple[int, int]) -> None:
    """A contrast of two conditions is their difference: the same interval, up to the draws."""
    rng = np.random.default_rng(1)
    a, b = (correctness(rng.random((count, 300)) < share) for count, share in zip(seeds, (0.8, 0.7), strict=True))
    drawn = resampled_means([a, b], accuracy, 4000, seed=5)
    wanted = paired_difference(a, b, accuracy, 4000)
    found = percentile_interval(wanted.mean, drawn @ [1.0, -1.0])
    assert found.lo == pytest.approx(wanted.lo, abs=0.006)
    assert found.hi == pytest.approx(wanted.hi, abs=0.006)
    assert drawn.mean(0) == pytest.approx([a[..., 0].mean(), b[..., 0].mean()], abs=0.005)


@pytest.mark.parametrize("seeds", [(3, 3), (2, 4), (4, 2)])
def test_resampled_arms_are_index_lists_of_the_same_draws(seeds: tuple[int, int]) -> None:
    """Seeds are drawn arm by arm, so that two arms get the numbers that they got before there could be more; of the
    conditions of a study the smaller number of seeds is drawn first."""
    made = np.random.default_rng(3)
    arms = [spans(made, count, 30) for count in seeds]
    for numbers, drawn in (
        (list(seeds), resampled_arms(arms, span_f1, 50, seed=8)),
        (sorted(seeds), resampled_means(arms, span_f1, 50, seed=8)),
    ):
        rng = np.random.default_rng(8)
        items = rng.integers(30, size=(50, 30))
        times = {n: rng.multinomial(n, [1 / n] * n, size=50) for n in dict.fromkeys(numbers)}
        for draw in range(50):
            for arm, mean in zip(arms, drawn[draw], strict=True):
                runs = np.repeat(np.arange(len(arm)), times[len(arm)][draw])
                assert mean == pytest.approx(np.mean([span_f1(arm[run][items[draw]].sum(0)) for run in runs]))


def test_a_difference_reversed_is_that_of_the_second_less_the_first() -> None:
    assert Difference(0.1, -0.2, 0.3, 0.04).reversed() == Difference(-0.1, -0.3, 0.2, 0.04)
    zero = Difference(0.0, 0.0, 0.0, 1.0)
    assert str(zero.reversed()) == str(zero)  # not -0.0


def test_resampled_means_share_items_and_seeds() -> None:
    rng = np.random.default_rng(2)
    a = correctness(rng.random((3, 50)) < 0.6)
    drawn = resampled_means([a, a, 1 - a + np.array([0, 1])], accuracy, 200)
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    assert drawn[:, 0] + drawn[:, 2] == pytest.approx(np.ones(200))
    with pytest.raises(ValueError, match="same items"):
        resampled_means([a, a[:, :20]], accuracy)


def test_resamples_on_which_the_metric_is_not_defined_are_left_out() -> None:
    """Of two items half of the resamples hold one item twice: no correlation there, so none of 0 in the interval."""
    regression = task("regression")
    gold, predicted = [1.0, 2.0], [1.5, 3.0]
    scored = item_statistics(regression, gold, predicted)[None]
    found = mean_ci(scored, lambda sums: from_statistics(regression, sums), draws=200)
    assert (found.mean, found.lo, found.hi) == pytest.approx((1.0, 1.0, 1.0))
    drawn = resampled_items(scored, lambda sums: from_statistics(regression, sums), draws=200)
    assert 50 < len(drawn) < 150
    none = paired_difference(scored[:, :1], scored[:, :1], lambda sums: from_statistics(regression, sums), 20)
    assert np.isnan(none.mean)
