"""Intervals over folds hold the truth about as often as they say, and are narrower than those of one test set."""

from __future__ import annotations

import numpy as np
import pytest
from folds_coverage import Draw, draw_of, intervals, made_draws, outcomes


def test_folds_hold_the_truth_and_tell_more_than_one_test_set() -> None:
    folds, naive, alone = outcomes(made_draws(items=200, features=20, seeds=1, number=100))
    assert folds.holds >= 0.9  # of 100 draws; 95 are meant
    assert naive.width < folds.width < 0.75 * alone.width
    assert folds.decided > alone.decided + 0.2
    assert folds.right == 1.0


def test_every_item_is_tested_by_what_did_not_learn_from_it() -> None:
    labels = np.arange(50) % 2
    seen: list[int] = []

    def fit(learn: np.ndarray, test: np.ndarray, arm: int, seed: int) -> tuple[np.ndarray, float]:
        assert sorted([*learn, *test]) == list(range(50))
        assert set(labels[test].tolist()) == {0, 1}
        if arm == 1 and seed == 1:
            seen.extend(test.tolist())
        return (test < 25).astype(float), 0.5 + 0.1 * arm

    draw = draw_of(labels, 2, fit, np.random.default_rng(0))
    assert sorted(seen) == list(range(50))
    assert draw.right[1, 1].tolist() == [float(place < 25) for place in seen]  # the first fold first
    assert draw.sizes == (10,) * 5
    assert draw.truth == pytest.approx([0.5, 0.6])


def test_one_test_set_is_the_first_fold() -> None:
    right = np.zeros((2, 1, 50))
    right[1, 0, 10:] = 1.0
    folds, naive, alone = intervals(Draw(right, (10,) * 5, np.zeros(2)))
    assert folds.mean == naive.mean == 0.8
    assert alone.mean == 0.0
