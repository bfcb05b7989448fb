"""Mutual information: against distributions of known information, scikit-learn's estimator, and shuffled labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.feature_selection import mutual_info_classif

from unfreeze.probes import information as module
from unfreeze.probes.information import information, main_directions, mutual_information


def known_bits(shift: float) -> float:
    """Of two equally likely normal distributions with spread 1, `shift` apart, by numerical integration."""

    def part(x: float) -> float:
        p, q = norm.pdf(x), norm.pdf(x - shift)
        return float(p * np.log2(2 * p / (p + q))) if p > 0 else 0.0

    return float(quad(part, -12, 12 + shift)[0])


def two_classes(shift: float, width: int, count: int = 1500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=count)
    states = rng.normal(size=(count, width))
    states[:, 0] += shift * labels
    return states, labels


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0, 4.0, 20.0])
@pytest.mark.parametrize("width", [1, 3])
def test_known_information(shift: float, width: int) -> None:
    found = np.mean([mutual_information(*two_classes(shift, width, seed=seed)) for seed in range(3)])
    assert found == pytest.approx(known_bits(shift), abs=0.05)


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_classes_far_apart_are_reported_whole(classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=1200)
    states = rng.normal(size=(1200, 10)) + 100 * np.eye(10)[labels]
    assert mutual_information(states, labels) == pytest.approx(np.log2(classes), abs=0.02)


def test_the_same_as_scikit_learn_in_one_dimension() -> None:
    states, labels = two_classes(1.5, 1)
    wanted = mutual_info_classif(states, labels, n_neighbors=3, discrete_features=False, random_state=0)[0] / np.log(2)
    assert mutual_information(states, labels) == pytest.approx(wanted, abs=0.005)


def test_main_directions_are_those_of_largest_spread() -> None:
    rng = np.random.default_rng(0)
    spread = np.array([9.0, 0.1, 5.0, 0.2])
    states = rng.normal(size=(500, 4)) * spread + 3
    found = main_directions(states, 2)
    for column, wanted in zip(found.T, states[:, [0, 2]].T, strict=True):
        assert abs(np.corrcoef(column, wanted)[0, 1]) > 0.99
    assert main_directions(states[:, :1]).shape == (500, 1)


def test_interval_and_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval holds the known value in most draws; shuffled labels show almost nothing."""
    monkeypatch.setattr(module, "HALVES", 20)
    held = 0
    for seed in range(12):
        interval, chance = information(*two_classes(1.5, 1, 400, seed), seed=seed)
        held += interval.lo <= known_bits(1.5) <= interval.hi
        assert interval.lo <= interval.mean <= interval.hi
        assert chance < 0.08
    assert held >= 10
    states, labels = two_classes(1.5, 40, 400)
    interval, chance = information(states, np.random.default_rng(0).permutation(labels))
    assert interval.mean <= 2 * chance + 0.02


def test_what_cannot_be_told() -> None:
    states = np.random.default_rng(0).normal(size=(30, 4))
    assert mutual_information(states, np.zeros(30, np.int64)) == 0.0
    assert mutual_information(states, np.arange(30)) == 0.0  # every label once
    alone = np.array([0] * 15 + [1] * 14 + [2])
    assert mutual_information(states, alone) == mutual_information(states[:29], alone[:29])


def test_many_items_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 200)
    interval, _ = information(*two_classes(20.0, 2, 3000))
    assert interval.mean == pytest.approx(1.0, abs=0.05)
