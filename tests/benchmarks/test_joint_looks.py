"""Simulated looks: what is drawn varies as it should, and a large gain is named while equal arms seldom are."""

from __future__ import annotations

import joint_looks as simulation  # benchmarks/joint_looks.py
import numpy as np
import pytest

TUNED = 0.02


def test_scores_vary_as_covariance_seeds_and_training_sets_say() -> None:
    rng = np.random.default_rng(0)
    setting = simulation.Setting(1000, (simulation.STEADY, TUNED), (0.0, 0.05), sets=0.01)
    means = np.array([simulation.drawn_in_folds(setting, rng)((20, 20)).means for _ in range(400)])
    one = simulation.drawn_in_folds(setting, rng)((20, 20))
    items = np.array([one.covariance[:20, :20].mean(), one.covariance[20:, 20:].mean()])
    seeds = np.array([simulation.STEADY, TUNED]) ** 2 / (20 * simulation.FOLDS)
    sets = 0.01**2 * (1 / 5 + (1 - 1 / 5) / 5)
    assert means.mean(0) == pytest.approx([0.88, 0.93], abs=0.003)
    assert means.var(0) == pytest.approx(items + seeds + sets, rel=0.25)


def test_frozen_heads_have_all_seeds_and_a_large_gain_is_named() -> None:
    setting = simulation.Setting(5000, (simulation.STEADY, 0.005) * 2, (0.0, 0.0, 0.0, 0.2))
    told = simulation.until_decided(setting, simulation.drawn(setting, np.random.default_rng(1), 5000))
    assert (told.winner, told.better, told.outcome) == (3, True, "decided")
    assert told.seeds[::2] == (20, 20)


def test_equal_arms_are_seldom_named() -> None:
    rng = np.random.default_rng(2)
    setting = simulation.Setting(1000, (simulation.STEADY, TUNED), (0.0, 0.0))
    told = [simulation.until_decided(setting, simulation.drawn(setting, rng, 1000)) for _ in range(40)]
    assert sum(one.better for one in told) <= 6
    assert len({one.seeds[1] for one in told}) > 1
