"""Losses against torch's, slopes against differences, and the best bias without features."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from unfreeze.training.convex_losses import Logistic, Loss, Multinomial, Squared

N, M = 7, 3
CLASSES = torch.tensor([0, 1, 1, 0, 1, 0, 1])
MANY = torch.tensor([0, 3, 1, 1, 0, 3, 3])
SCORES = torch.linspace(-1, 2, N).double()
LOSSES: dict[str, Loss] = {
    "squared": Squared(SCORES),
    "logistic": Logistic(CLASSES, torch.float64),
    "multinomial": Multinomial(MANY, 4),
}


def logits_of(loss: Loss) -> torch.Tensor:
    return torch.randn(loss.outputs, M, N, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3


@pytest.mark.parametrize("name", LOSSES)
def test_slopes_are_the_change_of_the_losses(name: str) -> None:
    loss = LOSSES[name]
    logits = logits_of(loss)
    for k, slopes in enumerate(loss(logits)[1]):
        step = torch.zeros_like(logits)
        step[k] = 1e-5
        change = (loss(logits + step)[0] - loss(logits - step)[0]) / 2e-5
        torch.testing.assert_close(slopes, change, atol=1e-8, rtol=1e-6)


def test_losses_are_those_of_torch() -> None:
    one, many = logits_of(LOSSES["logistic"]), logits_of(LOSSES["multinomial"])
    for m in range(M):
        torch.testing.assert_close(
            LOSSES["logistic"](one)[0][m],
            F.binary_cross_entropy_with_logits(one[0, m], CLASSES.double(), reduction="none"),
        )
        torch.testing.assert_close(
            LOSSES["multinomial"](many)[0][m], F.cross_entropy(many[:, m].T, MANY, reduction="none")
        )
        torch.testing.assert_close(LOSSES["squared"](one)[0][m], (one[0, m] - SCORES) ** 2)


@pytest.mark.parametrize("name", LOSSES)
def test_the_first_bias_is_the_best_one_and_the_bend_the_second_derivative(name: str) -> None:
    """Where every class is seen; else a bias that is finite will do."""
    loss = Multinomial(torch.tensor([0, 3, 1, 2, 0, 3, 3]), 4) if name == "multinomial" else LOSSES[name]
    shares = 1 + torch.rand(M, N, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    shares = shares / shares.sum(1, keepdim=True)
    bias = loss.bias(shares)
    logits = logits_of(loss) if name == "squared" else bias[..., None] + logits_of(loss)

    def slope(logits: torch.Tensor) -> torch.Tensor:
        return (loss(logits)[1] * shares).sum(2)

    flat = bias[..., None].expand(-1, -1, N)
    torch.testing.assert_close(slope(flat), torch.zeros_like(bias), atol=1e-12, rtol=0)
    bend = loss.bend(logits, shares)
    for k in range(loss.outputs):
        step = torch.zeros_like(logits)
        step[k] = 1e-6
        change = (slope(logits + step) - slope(logits - step))[k] / 2e-6
        torch.testing.assert_close(change, bend[k], rtol=1e-4, atol=1e-6)


def test_the_bend_is_never_zero() -> None:
    sure = torch.tensor([[[-500.0] * 7]])
    assert float(LOSSES["logistic"].bend(sure.double(), torch.full((1, 7), 1 / 7).double())) > 0
