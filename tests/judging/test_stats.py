"""Resamples of the test items: brute force on small cases, and groups of equal items."""

from __future__ import annotations

import numpy as np
import pytest

from unfreeze.judging import stats
from unfreeze.judging.stats import Difference, resampled_items, resampled_means
from unfreeze.judging.two_way import mean_ci, paired_difference
from unfreeze.tasks.items import LabelSpace
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import item_statistics, measure_of

accuracy = measure_of(task("classification"))
pearson = measure_of(task("regression"))
span_f1 = measure_of(task("tagging"), LabelSpace(scheme="BIO"))


def correctness(correct: np.ndarray) -> np.ndarray:
    """(seeds, items) right or wrong to accuracy statistics (seeds, items, 2)."""
    return np.stack([correct.astype(float), np.ones(correct.shape)], axis=2)


def regression(rng: np.random.Generator, gold: np.ndarray, noise: float, seeds: int) -> np.ndarray:
    runs = [gold + noise * rng.normal(size=len(gold)) for _ in range(seeds)]
    return np.stack([item_statistics(task("regression"), gold, run) for run in runs])


def spans(rng: np.random.Generator, seeds: int, items: int) -> np.ndarray:
    found = rng.integers(0, 3, size=(seeds, items))
    return np.stack([found, found + rng.integers(0, 2, found.shape), found + rng.integers(0, 2, found.shape)], 2) * 1.0


def test_chunks_bound_memory_and_change_no_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a, b = (correctness(rng.random((2, 100)) < share) for share in (0.65, 0.6))
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
    a, b, measure = {
        "accuracy": (
            correctness(rng.random((2, items)) < 0.8),
            correctness(rng.random((seeds_b, items)) < 0.79),
            accuracy,
        ),
        "span_f1": (spans(rng, 1, items), spans(rng, 1, items), span_f1),
    }[kind]
    one, both = mean_ci(a, measure, draws=4000), paired_difference(a, b, measure, draws=4000)
    monkeypatch.setattr(stats, "MANY", items - 1)
    rows, sizes = stats._grouped(stats._by_item(a))
    assert len(rows) < items / 100
    np.testing.assert_array_equal(sizes @ rows, a.sum(1).ravel())
    one_grouped, both_grouped = mean_ci(a, measure, draws=4000), paired_difference(a, b, measure, draws=4000)
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


def test_resamples_of_the_items_are_those_of_index_lists_and_the_same_for_all_runs() -> None:
    rng = np.random.default_rng(0)
    blocks = spans(rng, 3, 50)
    drawn = resampled_items(blocks, span_f1, draws=4000)
    assert drawn.shape == (4000, 3)
    wanted = []
    for _ in range(4000):
        items = rng.integers(50, size=50)
        wanted.append([span_f1.of(block[None, items])[0] for block in blocks])
    assert np.cov(drawn.T) == pytest.approx(np.cov(np.array(wanted).T), rel=0.15, abs=2e-4)
    assert drawn.mean(0) == pytest.approx(np.mean(wanted, 0), abs=0.005)
    twice = resampled_items(np.concatenate([blocks, blocks[:1]]), span_f1, draws=100)
    assert (twice[:, 0] == twice[:, 3]).all()
    assert (twice[:, :3] == drawn[:100]).all()


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
    found = mean_ci(scored, measure_of(regression), draws=200)
    assert (found.mean, found.lo, found.hi) == pytest.approx((1.0, 1.0, 1.0))
    drawn = resampled_items(scored, measure_of(regression), draws=200)
    assert 50 < len(drawn) < 150
    none = paired_difference(scored[:, :1], scored[:, :1], measure_of(regression), draws=20)
    assert np.isnan(none.mean)
