"""Calibration: bins by hand, luck that is taken away, ties that stay together."""

from __future__ import annotations

import numpy as np
import pytest

from unfreeze.judging.calibration import BINS, calibration


def test_bins_are_equally_many_answers_and_the_error_is_their_weighted_distance() -> None:
    said = np.arange(1, 301) / 301
    true = np.arange(300) % 3 == 0
    found = calibration([said], [true])
    assert [one.answers for one in found.bins] == [20] * BINS
    parts = [(said[i : i + 20].mean(), true[i : i + 20].mean()) for i in range(0, 300, 20)]
    assert np.array([(one.likely, one.true) for one in found.bins]) == pytest.approx(np.array(parts))
    assert found.error == pytest.approx(np.mean([abs(a - b) for a, b in parts]))
    squares = [(a - b) ** 2 - b * (1 - b) / 19 for a, b in parts]
    assert found.debiased == pytest.approx(np.mean(squares) ** 0.5)


def test_equal_probabilities_are_one_bin() -> None:
    said = np.array([0.5] * 10 + [1.0] * 290)
    found = calibration([said], [np.arange(300) % 10 != 0])
    assert [one.answers for one in found.bins] == [10, 290]
    assert [one.likely for one in found.bins] == pytest.approx([0.5, 1.0])
    assert len(calibration([np.ones(5)], [np.ones(5, bool)]).bins) == 1


def test_errors_are_means_over_runs_and_bins_those_of_all_together() -> None:
    high, low = (np.full(50, 0.9), np.ones(50, bool)), (np.full(50, 0.9), np.arange(50) % 5 != 0)
    found = calibration([high[0], low[0]], [high[1], low[1]])
    assert found.error == pytest.approx((0.1 + 0.1) / 2)
    (one,) = found.bins
    assert (one.answers, one.true) == (100, pytest.approx(0.9))


def test_luck_alone_makes_an_error_that_the_debiased_one_does_not_have() -> None:
    rng, plain, debiased = np.random.default_rng(0), [], []
    for _ in range(100):
        said = rng.random(300)
        found = calibration([said], [rng.random(300) < said])
        plain.append(found.error)
        debiased.append(found.debiased**2)
    assert np.mean(plain) > 0.05
    assert np.sqrt(np.mean(debiased)) < 0.04


def test_overconfidence_is_found() -> None:
    rng = np.random.default_rng(0)
    said = rng.uniform(0.8, 1, 5000)
    assert calibration([said], [rng.random(5000) < said - 0.1]).debiased == pytest.approx(0.1, abs=0.02)
