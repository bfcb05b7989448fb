"""LogME and H-score against the evidence and the covariances computed directly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unfreeze.probes.transferability import h_score, log_evidence

FEW, MANY = (12, 30), (60, 5)  # fewer texts than dimensions, and more


def made(shape: tuple[int, int], seed: int = 0, signal: float = 1.0) -> tuple[Any, Any]:
    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=shape) * draw.uniform(0.2, 3, shape[1])
    return vectors, signal * vectors @ draw.normal(size=shape[1]) + draw.normal(size=shape[0])


def directly(vectors: Any, target: Any) -> float:
    """The highest log density of a target per text, its covariance written out; both precisions searched for."""

    def less(logs: Any) -> float:
        alpha, beta = np.exp(np.clip(logs, -60, 60))
        covariance = np.eye(len(target)) / beta + vectors @ vectors.T / alpha
        return -float(multivariate_normal(np.zeros(len(target)), covariance).logpdf(target)) / len(target)

    starts = [(a, b) for a in (-4.0, 0.0, 4.0) for b in (-3.0, 0.0, 3.0)]
    return -min(
        minimize(less, start, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-6}).fun for start in starts
    )


@pytest.mark.parametrize("shape", [FEW, MANY, (20, 20), (25, 1)])
@pytest.mark.parametrize("signal", [0.0, 0.3, 2.0])
def test_it_is_the_evidence(shape: tuple[int, int], signal: float) -> None:
    vectors, target = made(shape, signal=signal)
    assert log_evidence(vectors, target) == pytest.approx(directly(vectors, target), abs=1e-5)


def test_columns_are_judged_each_with_its_own_precisions() -> None:
    vectors, target = made(MANY)
    both = np.stack([target, 100 * np.random.default_rng(3).normal(size=len(target))], 1)
    alone = [log_evidence(vectors, both[:, column]) for column in (0, 1)]
    assert log_evidence(vectors, both) == pytest.approx(np.mean(alone), abs=1e-9)
    assert abs(alone[0] - alone[1]) > 1


@pytest.mark.parametrize("shape", [FEW, MANY])
def test_columns_of_zeros_and_the_scale_of_vectors_change_nothing(shape: tuple[int, int]) -> None:
    vectors, target = made(shape)
    wide = np.concatenate([vectors, np.zeros((shape[0], 40))], 1)
    assert log_evidence(wide, target) == pytest.approx(log_evidence(vectors, target), abs=1e-6)
    assert log_evidence(1000 * vectors, target) == pytest.approx(log_evidence(vectors, target), abs=1e-6)


def test_noise_does_not_win_over_signal_by_being_wide() -> None:
    """As it does where the terms of the evidence count different numbers of dimensions."""
    draw = np.random.default_rng(0)
    classes = draw.integers(0, 2, 60)
    signal = np.eye(2)[classes] + 0.5 * draw.normal(size=(60, 2))
    noise = draw.normal(size=(60, 500))
    assert log_evidence(signal, np.eye(2)[classes]) > log_evidence(noise, np.eye(2)[classes]) + 0.1
    assert h_score(signal, classes) > h_score(noise, classes) + 0.1


def test_h_score_is_that_of_discriminant_analysis_where_there_are_many_texts() -> None:
    """The trace is the sum of squared canonical correlations; shrinking vanishes with many texts."""
    draw = np.random.default_rng(1)
    classes = draw.integers(0, 3, 40_000)
    vectors = draw.normal(size=(40_000, 4)) + draw.normal(size=(3, 4))[classes]
    centred = vectors - vectors.mean(0)
    whole = centred.T @ centred / len(vectors)
    means = np.stack([centred[classes == c].mean(0) for c in range(3)])[classes]
    expected = np.trace(np.linalg.solve(whole, means.T @ means / len(vectors)))
    assert h_score(vectors, classes) == pytest.approx(expected, rel=2e-3)
    found = LinearDiscriminantAnalysis(solver="svd").fit(vectors, classes).explained_variance_ratio_
    assert len(found) == 2
    assert 0 < h_score(vectors, classes) < 2


@pytest.mark.parametrize("shape", [(12, 200), (40, 200), (400, 5)])
def test_h_score_stays_below_the_number_of_classes_less_one(shape: tuple[int, int]) -> None:
    draw = np.random.default_rng(2)
    classes = np.arange(shape[0]) % 4
    apart = draw.normal(size=(4, shape[1])) * 100
    assert 2 < h_score(apart[classes] + draw.normal(size=shape), classes) <= 3
    noise = h_score(draw.normal(size=shape), classes)
    assert noise < 2.5
    assert noise < 0.2 or shape[0] < 5 * shape[1], "with many texts for each dimension, noise has almost none"


def test_names_of_classes_and_the_order_of_texts_do_not_matter() -> None:
    vectors, _ = made(MANY)
    classes = np.array(["b", "a", "c"])[np.arange(60) % 3]
    turned = np.random.default_rng(0).permutation(60)
    assert h_score(vectors[turned], classes[turned]) == pytest.approx(h_score(vectors, np.arange(60) % 3), abs=1e-9)


def test_vectors_or_targets_that_never_vary_say_nothing() -> None:
    assert h_score(np.ones((6, 3)), [0, 1] * 3) == 0
    assert np.isfinite(log_evidence(np.zeros((6, 3)), np.arange(6.0)))
    assert log_evidence(np.eye(6), np.zeros(6)) == 0


@pytest.mark.parametrize("vectors", [np.ones((3, 2)), np.ones((0, 2)), np.ones((4, 0)), np.full((4, 2), np.nan)])
def test_what_does_not_fit_is_an_error(vectors: Any) -> None:
    with pytest.raises(ValueError, match=r"needed|vectors|finite"):
        log_evidence(vectors, np.arange(4.0))
    with pytest.raises(ValueError, match=r"needed|vectors|finite"):
        h_score(vectors, [0, 1, 0, 1])
