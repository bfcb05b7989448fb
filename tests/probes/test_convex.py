"""The solver against scikit-learn at equal penalties, with and without row weights, well and badly conditioned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from unfreeze.probes import convex, design
from unfreeze.probes.convex import Fitted, fit
from unfreeze.training.convex_losses import Logistic, Loss, Multinomial, Squared

L2 = (1e-3, 1e-2, 1e-1)
EXACT = {"tolerance": 1e-14, "most_steps": 600}
SHAPES = {"tall": (200, 12), "wide": (40, 60), "wider than all axes are taken of": (60, 70)}


@pytest.fixture(params=SHAPES)
def features(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> torch.Tensor:
    """(N, D) float64 in which directions differ by four orders of magnitude and no axis is a feature of its own."""
    if request.param.startswith("wider"):
        monkeypatch.setattr(design, "WIDEST", 50)
    rows, width = SHAPES[request.param]
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.normal(size=(width, width)))[0]
    return torch.from_numpy(rng.normal(size=(rows, width)) * np.logspace(0.5, -3.5, width) @ turned + 0.2)


def classes_of(features: torch.Tensor, count: int) -> torch.Tensor:
    """Classes that follow from a feature for the first half of the rows, at random for the rest; the last is rare."""
    rng = np.random.default_rng(1)
    drawn = torch.from_numpy(rng.integers(count, size=len(features)))
    known = (features[:, 0] > features[:, 0].median()).long()
    drawn[: len(features) // 2] = known[: len(features) // 2]
    return drawn


def shares_of(rows: int) -> torch.Tensor:
    """(3, rows): even weights, a resample with replacement, and weights of any size."""
    rng = np.random.default_rng(2)
    made = np.stack([np.ones(rows), rng.multinomial(rows, np.full(rows, 1 / rows)), rng.exponential(size=rows)])
    return torch.from_numpy(made / made.sum(1, keepdims=True))


def objective(loss: Loss, features: torch.Tensor, fitted: Fitted, l2: float, shares: torch.Tensor, m: int) -> float:
    """What a member is to minimise, written down plainly."""
    weights = fitted.weights[:, m]
    logits = features @ weights[:, :-1].T + weights[:, -1]
    losses, _ = loss(logits.T[:, None])
    return float((losses[0] * shares[m]).sum() + l2 * weights[:, :-1].square().sum() / 2)


@pytest.mark.parametrize("count", [2, 4])
def test_logistic_regression_is_that_of_sklearn(features: torch.Tensor, count: int) -> None:
    classes, shares, rows = classes_of(features, count), shares_of(len(features)), len(features)
    loss: Loss = Logistic(classes, torch.float64) if count == 2 else Multinomial(classes, count)
    fitted = fit(design.design(features), loss, L2, shares, **EXACT)
    assert fitted.settled.all()
    for m, l2 in enumerate(L2):
        peer = LogisticRegression(C=1 / (rows * l2), tol=1e-9, max_iter=20_000)
        peer.fit(features.numpy(), classes.numpy(), sample_weight=shares[m].numpy() * rows)
        size = np.abs(peer.coef_).max()
        np.testing.assert_allclose(fitted.weights[:, m, :-1].numpy(), peer.coef_, atol=3e-5 * size)
        np.testing.assert_allclose(fitted.weights[:, m, -1].numpy(), peer.intercept_, atol=1e-4)
        assert float(fitted.loss[m]) == pytest.approx(objective(loss, features, fitted, l2, shares, m), abs=1e-12)


def test_ridge_regression_is_that_of_sklearn(features: torch.Tensor) -> None:
    targets = features[:, 1] + torch.from_numpy(np.random.default_rng(3).normal(size=len(features)))
    shares, rows = shares_of(len(features)), len(features)
    fitted = fit(design.design(features), Squared(targets), L2, shares, **EXACT)
    for m, l2 in enumerate(L2):
        peer = Ridge(alpha=rows * l2 / 2, solver="cholesky")
        peer.fit(features.numpy(), targets.numpy(), sample_weight=shares[m].numpy() * rows)
        np.testing.assert_allclose(fitted.weights[0, m, :-1].numpy(), peer.coef_, atol=1e-5)
        assert float(fitted.weights[0, m, -1]) == pytest.approx(peer.intercept_, abs=1e-5)


def test_single_precision_comes_as_near_as_the_tolerance_says() -> None:
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.normal(size=(500, 30)) @ rng.normal(size=(30, 30)))
    classes = classes_of(features, 3)
    exact = fit(design.design(features), Multinomial(classes, 3), L2, **EXACT)
    quick = fit(design.design(features.float()), Multinomial(classes, 3), L2)
    assert quick.weights.dtype == torch.float32
    assert quick.settled.all()
    assert (quick.loss - exact.loss).abs().max() < 1e-5
    assert bool((quick.steps < exact.steps).all())


def near(a: torch.Tensor, b: torch.Tensor) -> None:
    torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("cells", [1 << 24, 1])
def test_a_member_is_the_same_alone_and_beside_others(
    features: torch.Tensor, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convex, "_CELLS", cells)
    loss, shares = Multinomial(classes_of(features, 3), 3), shares_of(len(features))
    framed = design.design(features)
    together = fit(framed, loss, L2, shares, tolerance=1e-10)
    for m, l2 in enumerate(L2):
        alone = fit(framed, loss, [l2], shares[m : m + 1], tolerance=1e-10)
        near(together.weights[:, m], alone.weights[:, 0])
        assert together.steps[m] == alone.steps[0]
        near(together.member(m).weights, alone.weights)


def test_a_start_at_the_optimum_takes_no_step(features: torch.Tensor) -> None:
    loss, framed = Logistic(classes_of(features, 2), torch.float64), design.design(features)
    first = fit(framed, loss, L2, tolerance=1e-9)
    again = fit(framed, loss, L2, start=first.weights, tolerance=1e-8)
    assert again.steps.tolist() == [0, 0, 0]
    assert torch.equal(again.weights, first.weights)
    moved = fit(framed, loss, L2, start=first.weights[:, :1], tolerance=1e-14, most_steps=600)
    torch.testing.assert_close(moved.loss, fit(framed, loss, L2, **EXACT).loss, rtol=0, atol=1e-10)


def test_members_that_run_out_of_steps_say_so(features: torch.Tensor) -> None:
    fitted = fit(design.design(features), Multinomial(classes_of(features, 4), 4), (1e-4, 1e4), most_steps=2)
    assert fitted.settled.tolist() == [False, True]
    assert fitted.steps[0] == 2


def test_axes_make_it_quick() -> None:
    """Features that go together: along their axes a few steps do, by the features themselves many are needed."""
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.normal(size=(400, 40)) * np.logspace(1, -2, 40) @ rng.normal(size=(40, 40)))
    features = (features - features.mean(0)) / features.std(0)
    loss, framed = Logistic(classes_of(features, 2), torch.float64), design.design(features)
    blind = design.Design(framed.rows, framed.axes[:, -1:], framed.variance[-1:], 1.0)
    quick, slow = (fit(some, loss, [1e-3], most_steps=500) for some in (framed, blind))
    assert abs(float(quick.loss - slow.loss)) < 1e-4
    assert 3 * int(quick.steps) < int(slow.steps)


@pytest.mark.parametrize("make", [lambda y: Logistic(y), lambda y: Multinomial(y, 3)])
def test_a_class_without_examples_does_no_harm(make: Callable[[torch.Tensor], Loss]) -> None:
    features = torch.from_numpy(np.random.default_rng(0).normal(size=(30, 5))).float()
    fitted = fit(design.design(features), make(torch.ones(30, dtype=torch.int64)), [1e-2])
    assert torch.isfinite(fitted.weights).all()
    assert float(fitted.loss) < 0.1


def test_penalties_must_be_above_zero(features: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="above 0"):
        fit(design.design(features), Squared(features[:, 0]), [0.0, 1.0])
