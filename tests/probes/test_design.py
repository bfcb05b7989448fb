"""The axes: orthonormal, those of numpy where all are taken, and variance that adds up."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unfreeze.probes import design


def correlated(rows: int, width: int) -> torch.Tensor:
    rng = np.random.default_rng(0)
    made = rng.normal(size=(rows, width)) * np.logspace(1, -1, width) @ np.linalg.qr(rng.normal(size=(width, width)))[0]
    return torch.from_numpy(made / made.std(0))


@pytest.mark.parametrize(("rows", "width", "widest"), [(90, 12, 1024), (30, 40, 1024), (30, 40, 35), (90, 40, 20)])
def test_axes_are_orthonormal_and_the_last_is_the_bias(
    rows: int, width: int, widest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design, "WIDEST", widest)
    features = correlated(rows, width)
    made = design.design(features)
    assert torch.equal(made.rows[:, :-1], features)
    assert (made.rows[:, -1] == 1).all()
    count = made.axes.shape[1]
    torch.testing.assert_close(made.axes.T @ made.axes, torch.eye(count, dtype=torch.float64), atol=1e-6, rtol=0)
    assert made.axes[-1].tolist() == [0.0] * (count - 1) + [1.0]
    assert (made.rest is None) == (count == width + 1)
    if made.rest is not None:
        total = float(made.variance[:-1].sum()) + made.rest * (width + 1 - count)
        seen = len(features) <= widest
        assert total == pytest.approx(float(features.square().sum() / rows), rel=0.01 if seen else 0.5)


def test_all_axes_have_the_variance_of_the_rows_along_them() -> None:
    made = design.design(correlated(90, 12))
    np.testing.assert_allclose(made.variance, (made.rows @ made.axes).square().mean(0), atol=1e-10)


def test_axes_of_all_rows_hold_all_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer rows than features nothing lies outside the axes."""
    monkeypatch.setattr(design, "WIDEST", 35)
    made = design.design(correlated(30, 40))
    inside = made.rows @ made.axes @ made.axes.T
    torch.testing.assert_close(inside, made.rows, atol=1e-6, rtol=0)
