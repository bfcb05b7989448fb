"""A projected LSTM against the same recurrence step by step under autograd, in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unfreeze.layers.projected import projected_states
from unfreeze.layers.side_by_side import Threads, helped_by

HIDDEN, PROJECTION = 5, 3
ACTIVE = (4, 4, 2, 1, 1)
ROWS = sum(ACTIVE)
CLIPS = [(None, None), (0.4, None), (None, 0.1), (0.3, 0.08)]


def given(seed: int = 0, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """What goes in, bias and all: (2, R, 4H) to the gates, three weights, and the state before."""
    torch.manual_seed(seed)
    shapes = [
        (2, ROWS, 4 * HIDDEN), (2, PROJECTION, 4 * HIDDEN), (2, 4 * HIDDEN), (2, HIDDEN, PROJECTION),
        (2, ACTIVE[0], PROJECTION), (2, ACTIVE[0], HIDDEN),
    ]  # fmt: skip
    return [torch.randn(shape, dtype=torch.float64).to(dtype).requires_grad_() for shape in shapes]


def ours(parts: list[Tensor], clips: tuple[float | None, float | None] = (None, None)) -> tuple[Tensor, ...]:
    x, recurrent, bias, project, h, c = parts
    out, (last, cell) = projected_states(x, ACTIVE, (recurrent, bias, project), h, c, *clips)
    return out, last, cell


def plain(parts: list[Tensor], clips: tuple[float | None, float | None]) -> tuple[Tensor, ...]:
    x, recurrent, bias, project, h, c = parts
    outs, at, ended = [], 0, []
    for now in ACTIVE:
        ended += [(h[:, k], c[:, k]) for k in range(h.shape[1] - 1, now - 1, -1)]
        gates = x[:, at : at + now] + h[:, :now] @ recurrent + bias[:, None]
        at += now
        i, f, o, g = gates.chunk(4, 2)
        c = f.sigmoid() * c[:, :now] + i.sigmoid() * g.tanh()
        if clips[0] is not None:
            c = c.clamp(-clips[0], clips[0])
        h = (o.sigmoid() * c.tanh()) @ project
        if clips[1] is not None:
            h = h.clamp(-clips[1], clips[1])
        outs.append(h)
    ended += [(h[:, k], c[:, k]) for k in range(h.shape[1] - 1, -1, -1)]
    last, cell = (torch.stack(part[::-1], 1) for part in zip(*ended, strict=True))
    return torch.cat(outs, 1), last, cell


def learned(found: tuple[Tensor, ...], parts: list[Tensor], used: tuple[int, ...]) -> tuple[Tensor | None, ...]:
    """Gradients of a sum of some of what came out, each number with a weight of its own."""
    torch.manual_seed(9)
    loss = torch.stack([(found[k] * torch.randn(found[k].shape, dtype=torch.float64)).sum() for k in used]).sum()
    return torch.autograd.grad(loss, parts)


@pytest.mark.parametrize("clips", CLIPS)
@pytest.mark.parametrize("used", [(0, 1, 2), (0,), (1,), (2,)])
def test_states_and_gradients_are_those_of_steps(
    clips: tuple[float | None, float | None], used: tuple[int, ...]
) -> None:
    parts = given()
    found, wanted = ours(parts, clips), plain(parts, clips)
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b)
    for a, b in zip(learned(found, parts, used), learned(wanted, parts, used), strict=True):
        torch.testing.assert_close(a, b)


def test_clipping_is_met() -> None:
    """Or else the cases above would say nothing of it."""
    out, _, cell = ours(given(), CLIPS[-1])
    for values, clip in ((out, 0.08), (cell, 0.3)):
        share = float((values.abs() == clip).double().mean())
        assert 0.1 < share < 0.9


def test_an_input_is_read_as_it_is_alone() -> None:
    x, *weights, h, c = given()
    out = ours([x, *weights, h, c])[0]
    starts = [sum(ACTIVE[:t]) for t in range(len(ACTIVE))]
    for k in range(ACTIVE[0]):
        rows = [start + k for start, now in zip(starts, ACTIVE, strict=True) if k < now]
        alone, _ = projected_states(
            x[:, rows], (1,) * len(rows), tuple(weights), h[:, k : k + 1], c[:, k : k + 1]
        )  # fmt: skip
        torch.testing.assert_close(alone, out[:, rows])


def test_a_thread_that_helps_changes_nothing() -> None:
    parts = given(dtype=torch.float32)
    with Threads(2, taken=1) as threads, helped_by(threads):
        beside = ours(parts)
        gradients = torch.autograd.grad(beside[0].square().sum(), parts)
    alone = ours(parts)
    assert all(map(torch.equal, beside, alone))
    assert all(map(torch.equal, gradients, torch.autograd.grad(alone[0].square().sum(), parts)))


def test_products_in_16_bits() -> None:
    """Cells stay as they are; what comes out and the gradients are near those of full precision."""
    parts = given(dtype=torch.float32)
    halves = [parts[0].to(torch.bfloat16), *parts[1:]]
    found, wanted = ours(halves), ours(parts)
    assert [values.dtype for values in found] == [torch.bfloat16, torch.bfloat16, torch.float32]
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a.float(), b, atol=0.05, rtol=0.05)
    gradients = torch.autograd.grad(found[0].float().square().sum(), parts)
    for a, b in zip(gradients, torch.autograd.grad(wanted[0].square().sum(), parts), strict=True):
        assert a.dtype == b.dtype
        assert float((a - b).norm() / b.norm()) < 0.05
