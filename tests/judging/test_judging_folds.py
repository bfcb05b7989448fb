"""What scores over folds vary by: each part by plain loops, and how often intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from unfreeze.judging.folds import MeasuredInFolds, measured_in_folds
from unfreeze.judging.two_way import measured, parts
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import measure_of

accuracy = measure_of(task("classification"))
SIZES = (40, 50, 60, 50)


def correctness(correct: np.ndarray) -> np.ndarray:
    """(seeds, items) right or wrong to accuracy statistics (seeds, items, 2)."""
    return np.stack([correct.astype(float), np.ones(correct.shape)], axis=2)


def made(shifts: tuple[float, ...], seeds: int = 2) -> list[np.ndarray]:
    """Two arms in folds of `SIZES`, the second by so much better in each."""
    rng = np.random.default_rng(3)
    arms = []
    for arm in range(2):
        chance = np.concatenate([np.full(n, 0.6 + arm * more) for n, more in zip(SIZES, shifts, strict=True)])
        arms.append(correctness(rng.random((seeds, sum(SIZES))) < chance))
    return arms


def by_fold(arms: list[np.ndarray]) -> MeasuredInFolds:
    return measured_in_folds(arms, accuracy, SIZES, draws=4_000)


@pytest.mark.parametrize("weights", [(-1.0, 1.0), (1.0, 0.0)])
@pytest.mark.parametrize("seeds", [1, 2])
def test_parts_are_those_of_plain_loops(weights: tuple[float, float], seeds: int) -> None:
    arms = made((0.0, 0.3, 0.0, 0.3), seeds)
    spread = by_fold(arms).spread(weights)
    assert spread.items == measured(arms, accuracy, draws=4_000).spread(weights).items
    start, values, luck, of_seeds, freedom = 0, [], 0.0, 0.0, 0.0
    for size in SIZES:
        own = [arm[:, start : start + size] for arm in arms]
        fold = measured(own, accuracy, draws=2_000)
        items, within, of_fold, _ = (float(part) for part in parts(fold.scores, fold.covariance, weights))
        values.append(sum(w * arm[..., 0].mean() for w, arm in zip(weights, own, strict=True)))
        luck, of_seeds, freedom = luck + (items + within) / 4, of_seeds + within / 16, freedom + of_fold
        start += size
    sets = max(0.0, np.var(values, ddof=1) - luck) * (1 / 4 + 1 / 3)
    assert spread.seeds == pytest.approx(of_seeds + sets)
    if sets > 0:
        expected = (of_seeds + sets) ** 2 / (of_seeds**2 / freedom + sets**2 / 3)
        assert spread.freedom == pytest.approx(expected)


def test_folds_that_differ_make_the_interval_wider_and_equal_ones_do_not() -> None:
    even, uneven = (by_fold(made(shifts, 1)) for shifts in ((0.1,) * 4, (-0.3, 0.4, -0.3, 0.4)))
    weights = (-1.0, 1.0)
    assert uneven.spread(weights).seeds > 3 * even.spread(weights).seeds
    assert uneven.spread(weights).freedom == pytest.approx(3)
    wide, narrow = (arms.difference(weights) for arms in (uneven, even))
    assert wide.hi - wide.lo > 1.5 * (narrow.hi - narrow.lo)


def test_value_and_centre_are_those_of_all_items() -> None:
    arms = made((0.1, 0.2, 0.0, 0.1))
    alone, folds = measured(arms, accuracy), by_fold(arms)
    assert folds.difference((-1.0, 1.0)).mean == alone.difference((-1.0, 1.0)).mean
    assert folds.score(0).mean == alone.score(0).mean


@pytest.mark.parametrize("sizes", [(40, 50, 60), (40, 50, 60, 51)])
def test_folds_of_other_items_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="folds of"):
        measured_in_folds(made((0.0,) * 4), accuracy, sizes)


def test_the_first_arms_alone_have_their_folds() -> None:
    arms = [*made((0.0, 0.3, 0.0, 0.3)), made((0.2,) * 4)[1]]
    alone = by_fold(arms).of_first(2)
    assert len(alone.scores) == 2
    assert alone.spread((-1.0, 1.0)).seeds == pytest.approx(by_fold(arms[:2]).spread((-1.0, 1.0)).seeds)


def test_the_luck_of_training_sets_is_none_of_seeds() -> None:
    """An arm that is far better in two of four folds, with seeds that differ by single items alone."""
    uneven = by_fold(made((-0.3, 0.4, -0.3, 0.4), seeds=8))
    assert uneven.spread((0.0, 1.0)).seeds > 4 * uneven.seed_variance((0.0, 1.0))
    assert uneven.seed_deviation(1) == pytest.approx((8 * uneven.seed_variance((0.0, 1.0))) ** 0.5)
    assert uneven.seed_deviation(1) < 0.03
