"""Against torch's own LSTM, with autograd through it, in float64."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from unfreeze.layers.recurrence import bidirectional, rows_of
from unfreeze.layers.side_by_side import Threads, helped_by
from unfreeze.layers.steps import steps_of

WIDTH, HIDDEN = 5, 3


def make(dtype: torch.dtype = torch.float64) -> nn.LSTM:
    torch.manual_seed(1)
    return nn.LSTM(WIDTH, HIDDEN, bidirectional=True, dtype=dtype)


def own(lstm: nn.LSTM, x: Tensor, active: tuple[int, ...]) -> Tensor:
    weights = list(lstm.parameters())
    return bidirectional(x, rows_of(active), weights[:4], weights[4:])  # type: ignore[arg-type]


def torchs(lstm: nn.LSTM, x: Tensor, active: tuple[int, ...]) -> Tensor:
    out: Tensor = lstm(PackedSequence(x, torch.tensor(active)))[0].data
    return out


def gradients(out: Tensor, x: Tensor, lstm: nn.LSTM) -> tuple[Tensor, ...]:
    weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    return torch.autograd.grad((out * weight).sum(), [x, *lstm.parameters()])


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(0, 6), min_size=1, max_size=7).filter(any), scale=st.sampled_from([1.0, 30.0]))
def test_output_and_gradients_are_those_of_torch(lengths: list[int], scale: float) -> None:
    active, lstm = steps_of(lengths).active, make()
    x = (scale * torch.randn(sum(lengths), WIDTH, dtype=torch.float64)).requires_grad_()
    out, expected = own(lstm, x, active), torchs(lstm, x, active)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-12)
    for got, wanted in zip(gradients(out, x, lstm), gradients(expected, x, lstm), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-11)


def test_gradients_are_right_by_differences() -> None:
    lstm, active = make(), (3, 2, 2, 1)
    x = torch.randn(8, WIDTH, dtype=torch.float64, requires_grad=True)

    def run(x: Tensor, *weights: Tensor) -> Tensor:
        return bidirectional(x, rows_of(active), weights[:4], weights[4:])  # type: ignore[arg-type]

    assert torch.autograd.gradcheck(run, (x, *lstm.parameters()))


def test_no_two_gradients_share_memory() -> None:
    lstm, active = make(), (2, 1)
    x = torch.randn(3, WIDTH, dtype=torch.float64, requires_grad=True)
    found = gradients(own(lstm, x, active), x, lstm)
    assert len({g.data_ptr() for g in found}) == len(found)  # clipping would scale a shared one twice


def test_fp32_is_exact_to_rounding() -> None:
    lstm, active = make(torch.float32), (4, 4, 3, 3, 2, 1)
    x = torch.randn(sum(active), WIDTH, requires_grad=True)
    exact = make(torch.float32).double()
    wide = x.detach().double().requires_grad_()
    out, expected = own(lstm, x, active), torchs(exact, wide, active)
    torch.testing.assert_close(out, expected.float(), rtol=0, atol=3e-7)
    for got, wanted in zip(gradients(out, x, lstm), gradients(expected, wide, exact), strict=True):
        torch.testing.assert_close(got, wanted.float(), rtol=1e-5, atol=1e-6)


def test_a_thread_that_helps_changes_no_bit() -> None:
    lstm, active = make(torch.float32), (6, 5, 5, 2)
    x = torch.randn(sum(active), WIDTH, requires_grad=True)
    out = own(lstm, x, active)
    alone = [out, *gradients(out, x, lstm)]
    with Threads(2, taken=1) as threads, helped_by(threads):
        out = own(lstm, x, active)
        together = [out, *gradients(out, x, lstm)]
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_no_gradient_of_the_input_is_computed_where_none_is_asked_for() -> None:
    lstm, active = make(), (2, 1)
    x = torch.randn(3, WIDTH, dtype=torch.float64)
    own(lstm, x, active).sum().backward()
    assert x.grad is None
    assert all(p.grad is not None for p in lstm.parameters())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_gradients(mode: type[torch.no_grad]) -> None:
    lstm, active, x = make(), (2, 2, 1), torch.randn(5, WIDTH, dtype=torch.float64)
    expected = own(lstm, x, active)
    with mode(), Threads(2, taken=1) as threads, helped_by(threads):
        assert torch.equal(own(lstm, x, active), expected)


def test_earlier_rows() -> None:
    assert rows_of((3, 2, 2, 1)).earlier.tolist() == [0, 1, 3, 4, 5]
    assert rows_of((2,)).earlier.tolist() == []


@pytest.mark.parametrize("hidden", [1, 3])
def test_weights_stay_as_they_are(hidden: int) -> None:
    """Also where a matrix of one column needs no new layout to be transposed."""
    lstm = nn.LSTM(WIDTH, hidden, bidirectional=True)
    before = [p.detach().clone() for p in lstm.parameters()]
    own(lstm, torch.randn(6, WIDTH), (3, 2, 1))
    assert all(map(torch.equal, before, lstm.parameters()))


@pytest.mark.parametrize("lengths", [[3], [64], [40, 24], [70, 58], [129, 1]])
def test_products_in_another_type_count_no_row_twice_or_not_at_all(lengths: list[int]) -> None:
    """Numbers of rows are rounded up for them; in float32 for float64 it would show."""
    active, lstm = steps_of(lengths).active, make()
    x = torch.randn(sum(lengths), WIDTH, dtype=torch.float64, requires_grad=True)
    weights = list(lstm.parameters())
    out = bidirectional(x, rows_of(active), weights[:4], weights[4:], torch.float32)  # type: ignore[arg-type]
    expected = torchs(lstm, x, active)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-6)
    for got, wanted in zip(gradients(out, x, lstm), gradients(expected, x, lstm), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)
