"""An LSTM with projection over rows in step order, both directions: forward, and back through time by hand.

As in `recurrence`, only the recurrent products run step by step; the gradients of the weights are one product each for
all steps, and what back propagation multiplies with is computed for all rows at once. One direction is read after the
other, so that only the weights of one must stay in the cache; transposed weights are copied, since a product of
a few rows with a transposed view takes up to four times as long.

tanh(x) is 2 sigmoid(2 x) - 1, to 1e-7: torch's vectorised sigmoid takes a sixth of the time of its tanh, and one
sigmoid then serves all four gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from unfreeze.layers.full_precision import no_autocast
from unfreeze.layers.recurrence import Rows, rows_of
from unfreeze.layers.side_by_side import both

Weights = tuple[Tensor, Tensor, Tensor]
"""Weights of both directions: recurrent (2, P, 4H), bias (2, 4H), projection (2, H, P); gates in the order input,
forget, output, cell."""


@dataclass(frozen=True)
class _Setting:
    """What is not a tensor: where rows lie, each input's last row (N,), the bounds, and the type of the products."""

    rows: Rows
    last: Tensor
    cell_clip: float | None
    projection_clip: float | None
    dtype: torch.dtype


@dataclass(frozen=True)
class _Read:
    """What a direction leaves.

    Attributes:
        gates: (R, 4H) sigmoids of the four gates, of the cell gate at twice its value.
        cells: (R, H) after each row.
        bent: (R, H) sigmoid(2 cells).
        out: (R, P).
    """

    gates: Tensor
    cells: Tensor
    bent: Tensor
    out: Tensor


def _last_rows(active: Sequence[int]) -> Tensor:
    """(N,) the row of each input's last step."""
    starts = np.cumsum([0, *active])
    ends = [np.arange(later, now) + start for start, now, later in zip(starts, active, (*active[1:], 0), strict=False)]
    return torch.from_numpy(np.concatenate(ends[::-1]).astype(np.int64))


def _before(first: Tensor, values: Tensor, rows: Rows) -> Tensor:
    """(R, W): for each row the value of the same input one step before; `first` (N, W) at the first step."""
    return torch.cat([first.to(values.dtype), values.index_select(0, rows.earlier)])


def _inside(values: Tensor, clip: float | None) -> Tensor | None:
    """Where values that were clipped let a gradient through; None where all do."""
    if clip is None:
        return None
    inside = values.abs() < clip
    return None if bool(inside.all()) else inside


def _read(gates: Tensor, recurrent: Tensor, project: Tensor, h: Tensor, c: Tensor, how: _Setting) -> _Read:
    """One direction. `gates` (R, 4H) has what the input and the bias add, and becomes the sigmoids."""
    hidden = project.shape[0]
    matrix, narrow = recurrent.to(how.dtype, copy=True), project.to(how.dtype)
    for part in (matrix, gates):
        part[:, 3 * hidden :].mul_(2)
    cells, bent = (gates.new_empty(len(gates), hidden) for _ in range(2))
    out = gates.new_empty(len(gates), project.shape[1], dtype=how.dtype)
    h = h.to(how.dtype)
    steps = (t.split_with_sizes(how.rows.active) for t in (gates, cells, bent, out))
    for gate, cell, bend, projection in zip(*steps, strict=True):
        count = len(gate)
        if how.dtype == gate.dtype:
            gate.addmm_(h[:count], matrix)
        else:
            gate.add_(h[:count] @ matrix)
        i, f, o, g = gate.sigmoid_().chunk(4, 1)
        torch.mul(f, c[:count], out=cell).sub_(i).addcmul_(i, g, value=2)
        if how.cell_clip is not None:
            cell.clamp_(-how.cell_clip, how.cell_clip)
        torch.mul(cell, 2, out=bend).sigmoid_()
        torch.mm(torch.addcmul(-o, o, bend, value=2).to(how.dtype), narrow, out=projection)
        if how.projection_clip is not None:
            projection.clamp_(-how.projection_clip, how.projection_clip)
        h, c = projection, cell
    return _Read(gates, cells, bent, out)


def _slopes(slopes: Tensor, read: _Read, c: Tensor, how: _Setting) -> tuple[Tensor, Tensor]:
    """The cell's share of the gradient of what is projected, and the earlier cell's share of the cell's, (R, H).

    `slopes` (R, 4H) is filled with the share of a gate's input in the gradient of the cell (of what is projected, for
    the output gate).
    """
    i, forget, o, g = read.gates.chunk(4, 1)
    torch.addcmul(read.gates, read.gates, read.gates, value=-1, out=slopes)
    of_i, of_f, of_o, of_g = slopes.chunk(4, 1)
    of_i.mul_(2 * g - 1)
    of_f.mul_(_before(c, read.cells, how.rows))
    of_o.mul_(2 * read.bent - 1)
    of_g.mul_(i).mul_(4)
    inside = _inside(read.cells, how.cell_clip)
    if inside is not None:
        for part in (of_i, of_f, of_g):
            part.mul_(inside)
        forget = forget * inside
    return torch.addcmul(read.bent, read.bent, read.bent, value=-1).mul_(o).mul_(4), forget


def _back(
    grad: Tensor, cell_grad: Tensor, slopes: Tensor, read: _Read, recurrent: Tensor, project: Tensor, c: Tensor,
    how: _Setting,
) -> Tensor:  # fmt: skip
    """The gradient of `h` before the first step (N, P).

    `grad` (R, P) becomes the gradient of the projection before it was clipped, `cell_grad` (N, H) that of `c`, and
    `slopes` (R, 4H) that of what goes into the gates.
    """
    of_cells, forget = _slopes(slopes, read, c, how)
    opened = _inside(read.out, how.projection_clip)
    masks = None if opened is None else opened.split_with_sizes(how.rows.active)
    back, widen = (weight.to(how.dtype).T.contiguous() for weight in (recurrent, project))
    by_gate = slopes.view(-1, 4, len(project))
    every = (grad, slopes, by_gate[:, :2], by_gate[:, 2], by_gate[:, 3], of_cells, forget)
    steps = list(zip(*(t.split_with_sizes(how.rows.active) for t in every), strict=True))
    sooner = grad
    for t in range(len(steps) - 1, -1, -1):
        d, slope, step_in, step_out, step_news, step_cells, keeps = steps[t]
        if masks is not None:
            d.mul_(masks[t])
        wide = (d.to(how.dtype) @ widen).to(grad.dtype)
        now = cell_grad[: len(d)]
        step_out.mul_(wide)
        now.addcmul_(wide, step_cells)
        step_in.mul_(now[:, None])
        step_news.mul_(now)
        now.mul_(keeps)
        sooner = slope.to(how.dtype) @ back
        if t:
            steps[t - 1][0][: len(d)].add_(sooner)
    return sooner


def _learn(
    grad: Tensor, cell_grad: Tensor, slopes: Tensor, read: _Read, recurrent: Tensor, project: Tensor, h: Tensor,
    c: Tensor, how: _Setting,
) -> tuple[Tensor, ...]:  # fmt: skip
    """Gradients of the weights and of the state before; `slopes` as in `_back`."""
    of_h = _back(grad, cell_grad, slopes, read, recurrent, project, c, how)
    o = read.gates.chunk(4, 1)[2]
    projected = torch.addcmul(-o, o, read.bent, value=2).to(how.dtype)
    of_recurrent = (_before(h, read.out, how.rows).T @ slopes.to(how.dtype)).to(recurrent.dtype)
    of_project = (projected.T @ grad.to(how.dtype)).to(project.dtype)
    return of_recurrent, slopes.sum(0), of_project, of_h.to(h.dtype), cell_grad


class _Projected(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, recurrent: Tensor, bias: Tensor, project: Tensor, h: Tensor, c: Tensor, how: _Setting
    ) -> tuple[Tensor, Tensor, Tensor]:
        gates = inputs.to(c.dtype) + bias[:, None]
        reads = both(lambda way: _read(gates[way], recurrent[way], project[way], h[way], c[way], how))
        ctx.how = how
        ctx.set_materialize_grads(False)
        kept = (t for read in reads for t in (read.cells, read.bent, read.out))
        ctx.save_for_backward(recurrent, project, h, c, gates, *kept)
        out = torch.stack([read.out for read in reads])
        return out, out[:, how.last], torch.stack([read.cells[how.last] for read in reads])

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, of_out: Tensor | None, of_last: Tensor | None, of_cell: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        recurrent, project, h, c, gates, *kept = ctx.saved_tensors
        reads, how = (_Read(gates[0], *kept[:3]), _Read(gates[1], *kept[3:])), ctx.how
        slopes = torch.empty_like(gates)

        def learn(way: int) -> tuple[Tensor, ...]:
            out = reads[way].out
            grad = torch.zeros_like(out, dtype=c.dtype)
            if of_out is not None:
                grad += of_out[way]
            if of_last is not None:
                grad.index_add_(0, how.last, of_last[way].to(c.dtype))
            cell_grad = torch.zeros_like(c[way]) if of_cell is None else of_cell[way].clone()
            with no_autocast(out):
                inputs = recurrent[way], project[way], h[way], c[way], how
                return _learn(grad, cell_grad, slopes[way], reads[way], *inputs)

        learned = [torch.stack(pair) for pair in zip(*both(learn), strict=True)]
        return slopes.to(how.dtype), *learned, None


def projected_states(
    inputs: Tensor, active: Sequence[int], weights: Weights, h: Tensor, c: Tensor, cell_clip: float | None = None,
    projection_clip: float | None = None,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:  # fmt: skip
    """States of both directions: `c' = clip(f * c + i * tanh(g))`, `h' = clip(P (o * tanh(c')))`.

    The cells are in the type of `c`, the products in that of `inputs`.

    Args:
        inputs: (2, R, 4H) what the input adds, in step order.
        active: inputs at each step, falling; at least one step.
        h, c: (2, N, P) and (2, N, H) of each input before its first step.

    Returns:
        (2, R, P) in the type of `inputs`, and each input's state after its last step.
    """
    rows, last = rows_of(active, inputs.device), _last_rows(active).to(inputs.device)
    how = _Setting(rows, last, cell_clip, projection_clip, inputs.dtype)
    with no_autocast(inputs):
        out, h, c = _Projected.apply(inputs, *weights, h, c, how)  # type: ignore[no-untyped-call]
    return out, (h, c)
