"""The arithmetic is that of autocast, to the last bit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from unfreeze.training.half_weights import half_weights


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 3))


def step(net: nn.Module) -> tuple[Tensor, tuple[Tensor, ...]]:
    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        loss = net(x).square().sum()
    return loss.detach(), torch.autograd.grad(loss, list(net.parameters()))


def test_loss_and_gradients_are_those_of_autocast() -> None:
    net = model()
    loss, gradients = step(net)
    own = list(net.parameters())
    with half_weights(net, "bf16"):
        assert net[0].weight.dtype == torch.bfloat16
        x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            ours = net(x).square().sum()
        got = torch.autograd.grad(ours, own)
    assert torch.equal(ours, loss)
    for a, b in zip(got, gradients, strict=True):
        assert a.dtype == torch.float32
        assert torch.equal(a, b)


def test_parameters_come_back_after_an_error() -> None:
    net = model()
    own = list(net.parameters())
    with pytest.raises(RuntimeError, match="stop"), half_weights(net, "bf16"):
        raise RuntimeError("stop")
    assert all(a is b for a, b in zip(net.parameters(), own, strict=True))


def test_fp32_stays() -> None:
    net = model()
    with half_weights(net, "fp32"):
        assert net[0].weight.dtype == torch.float32
