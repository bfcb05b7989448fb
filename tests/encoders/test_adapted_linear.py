"""Against the same function by torch's own operations, and against peft's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import peft
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfreeze.encoders.adapted_linear import adapted_linear, compute_at_once

Tensors = tuple[Tensor, ...]


def inputs(dtype: torch.dtype, shape: Sequence[int] = (2, 5, 6)) -> Tensors:
    draws = torch.Generator().manual_seed(0)
    shapes = (shape, (4, 6), (4,), (3, 6), (4, 3))
    return tuple(torch.randn(s, generator=draws, dtype=dtype) for s in shapes)


def plain(x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float) -> Tensor:
    return F.linear(x, weight, bias) + F.linear(F.linear(x, a), b) * scale


def run(function: Callable[..., Tensor], tensors: Tensors, bias: bool = True) -> Tensors:
    x, weight, added, a, b = tensors
    x, a, b = (t.detach().requires_grad_() for t in (x, a, b))
    out = function(x, weight, added if bias else None, a, b, 1.7)
    slopes = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    return out, *torch.autograd.grad((out * slopes).sum(), [x, a, b])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(2, 5, 6), (7, 6), (1, 1, 6)])
def test_result_and_gradients(shape: tuple[int, ...], bias: bool) -> None:
    tensors = inputs(torch.float64, shape)
    for got, expected in zip(run(adapted_linear, tensors, bias), run(plain, tensors, bias), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("given", [torch.float32, torch.bfloat16])
def test_under_autocast_it_is_as_near_to_fp32_as_autocast_s_own(given: torch.dtype) -> None:
    exact = run(plain, inputs(torch.float32, (64, 6)))
    half = tuple(t.to(given) if number == 0 else t for number, t in enumerate(inputs(torch.float32, (64, 6))))
    with torch.autocast("cpu", torch.bfloat16):
        ours, autocasts = run(adapted_linear, half), run(plain, half)
    for got, expected, theirs in zip(ours, exact, autocasts, strict=True):
        assert got.dtype == theirs.dtype
        assert (got.float() - expected).norm() < 2 * (theirs.float() - expected).norm() + 1e-3 * expected.norm()


def test_no_gradient_of_the_input_is_computed_where_none_is_asked_for() -> None:
    x, weight, bias, a, b = inputs(torch.float32)
    adapted_linear(x, weight, bias, a.requires_grad_(), b.requires_grad_(), 2.0).sum().backward()
    assert x.grad is None
    assert a.grad is not None
    assert b.grad is not None


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(self.first(x).tanh())
        return out


def adapted(dropout: float = 0.0) -> list[nn.Module]:
    """The same net twice, with the same adapters: as peft computes it, and at once where that can be."""
    torch.manual_seed(0)
    net = Net()
    config = peft.LoraConfig(r=2, lora_alpha=6, target_modules=["first", "second"], lora_dropout=dropout)
    peft.inject_adapter_in_model(config, net)
    for name, parameter in net.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(parameter)
    other = copy.deepcopy(net)
    for layer in (other.first, other.second):
        compute_at_once(layer)
    return [net, other]


def test_a_layer_computes_what_peft_computes_under_the_same_names() -> None:
    nets, x = adapted(), torch.randn(5, 6)
    assert type(nets[1].first) is not type(nets[0].first)
    assert list(nets[0].state_dict()) == list(nets[1].state_dict())
    found = []
    for net in nets:
        loss = net(x).square().sum()
        learning = [p for name, p in net.named_parameters() if "lora" in name]
        found.append((loss, *torch.autograd.grad(loss, learning)))
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)


def test_with_dropout_it_is_left_to_peft() -> None:
    plainly, other = adapted(0.5)
    assert type(other.first) is type(plainly.first)
