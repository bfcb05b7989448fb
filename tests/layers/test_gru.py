"""Against torch's own GRU, with autograd through it, in float64."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from unfreeze.layers.gru import gru_states
from unfreeze.layers.recurrence import rows_of
from unfreeze.layers.steps import steps_of

WIDTH, HIDDEN = 5, 3


def make() -> nn.GRU:
    torch.manual_seed(1)
    return nn.GRU(WIDTH, HIDDEN, dtype=torch.float64)


def own(x: Tensor, active: tuple[int, ...], *weights: Tensor) -> Tensor:
    of_input, recurrent, bias, recurrent_bias = weights
    return gru_states(F.linear(x, of_input, bias), rows_of(active), recurrent, recurrent_bias)


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=7), scale=st.sampled_from([1.0, 30.0]))
def test_states_and_gradients_are_those_of_torch(lengths: list[int], scale: float) -> None:
    active, gru = steps_of(lengths).active, make()
    weights = list(gru.parameters())
    x = (scale * torch.randn(sum(lengths), WIDTH, dtype=torch.float64)).requires_grad_()
    out, expected = own(x, active, *weights), gru(PackedSequence(x, torch.tensor(active)))[0].data
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-12)
    weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    for got, wanted in zip(
        torch.autograd.grad((out * weight).sum(), [x, *weights]),
        torch.autograd.grad((expected * weight).sum(), [x, *weights]), strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-11)


def test_gradients_are_right_by_differences() -> None:
    x = torch.randn(8, WIDTH, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *given: own(given[0], (3, 2, 2, 1), *given[1:]), (x, *make().parameters()))


def test_under_autocast_products_alone_are_rounded() -> None:
    gru, x = make().float(), torch.randn(6, WIDTH)
    weights = list(gru.parameters())
    exact = own(x, (3, 2, 1), *weights)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = own(x, (3, 2, 1), *weights)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, exact, atol=0.01, rtol=0)
    wanted, got = (torch.autograd.grad(one.square().sum(), weights) for one in (exact, out))
    for first, second in zip(got, wanted, strict=True):
        assert first.dtype == torch.float32
        assert (first - second).norm() < 0.02 * second.norm()
