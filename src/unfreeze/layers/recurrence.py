"""A bidirectional LSTM over rows in step order: forward, and back through time by hand.

Time goes to the matrix products. Those with the input, and those of the weights' gradients, are one product for all
steps; only the recurrent ones run step by step, over the inputs that still go on. What back propagation multiplies
with is computed for all rows at once, so that its loop has five operations a step.

tanh(x) is 1 - 2 sigmoid(-2 x), to 1e-7: torch's vectorised sigmoid takes a sixth of the time of its tanh, and one
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
from unfreeze.layers.side_by_side import both

Weights = tuple[Tensor, Tensor, Tensor, Tensor]
"""Weights of a direction: input (4h, width), recurrent (4h, h), two biases (4h,), as torch has them: gates in the
order input, forget, cell, output."""


@dataclass(frozen=True)
class Rows:
    """Where the rows of a recurrence lie: step after step, at step t the first `active[t]` inputs, longest first.

    Attributes:
        active: inputs at each step, falling.
        earlier: (R - active[0],) for every row after the first step, the row of the same input one step before.
    """

    active: tuple[int, ...]
    earlier: Tensor


def rows_of(active: Sequence[int], device: torch.device | None = None) -> Rows:
    """Rows of a step order (`Steps.active`)."""
    starts = np.cumsum([0, *active])
    places = [np.arange(start, start + now) for start, now in zip(starts, active[1:], strict=False)]
    earlier = np.concatenate([np.empty(0, np.int64), *places]).astype(np.int64)
    return Rows(tuple(active), torch.from_numpy(earlier).to(device))


@dataclass(frozen=True)
class _Read:
    """What a direction leaves, (R, ...) each.

    Attributes:
        gates: (R, 4h) sigmoids of the four gates, of the cell gate at -2 times its value.
        cells: (R, h) after each row.
        bent: (R, h) sigmoid(-2 cells).
        out: (R, h).
    """

    gates: Tensor
    cells: Tensor
    bent: Tensor
    out: Tensor


def _order(active: Sequence[int], backward: bool) -> list[int]:
    steps = list(range(len(active)))
    return steps[::-1] if backward else steps


def _first(rows: Tensor, count: int) -> Tensor:
    return rows if len(rows) == count else rows[:count]


def _for_products(rows: Tensor, dtype: torch.dtype) -> Tensor:
    """Rows (R, W) in a type other than theirs, with rows of zeros after them up to a multiple of 64.

    In bf16 a product of a shape that is new prepares a kernel, which takes as long as a product of some hundred rows;
    numbers of rows are other ones in each batch.
    """
    if rows.dtype == dtype:
        return rows
    more = -len(rows) % 64
    return torch.nn.functional.pad(rows.to(dtype), (0, 0, 0, more)) if more else rows.to(dtype)


def _read(x: Tensor, weights: Weights, rows: Rows, backward: bool) -> _Read:
    """One direction. The backward one begins with each input's last row, so inputs join instead of leaving.

    Args:
        x: (R or more, width), what is more counts for nothing; its type is that of the products with it.
    """
    input_weights, recurrent, *biases = weights
    hidden = recurrent.shape[1]
    cell = slice(2 * hidden, 3 * hidden)
    if x.dtype == recurrent.dtype:
        gates = torch.addmm(biases[0] + biases[1], x, input_weights.T)
    else:
        products = x @ input_weights.T.to(x.dtype)
        gates = products[: sum(rows.active)].to(recurrent.dtype).add_(biases[0] + biases[1])
    gates[:, cell].mul_(-2)
    # A copy: a product of a few rows with a transposed view takes up to twice as long.
    across = recurrent.T.clone(memory_format=torch.contiguous_format)
    across[:, cell].mul_(-2)
    kept = [gates.new_empty(len(gates), hidden) for _ in range(3)]
    step_gates, cells, bent, outs = (t.split_with_sizes(rows.active) for t in (gates, *kept))
    ins, forgets, news, opens = (t.split_with_sizes(rows.active) for t in gates.view(-1, 4, hidden).unbind(1))
    before = -1
    for t in _order(rows.active, backward):
        now, c = step_gates[t], cells[t]
        going = 0 if before < 0 else min(len(now), len(outs[before]))
        if going:
            _first(now, going).addmm_(_first(outs[before], going), across)
        now.sigmoid_()
        torch.addcmul(ins[t], ins[t], news[t], value=-2, out=c)
        if going:
            _first(c, going).addcmul_(_first(forgets[t], going), _first(cells[before], going))
        torch.mul(c, -2, out=bent[t]).sigmoid_()
        torch.addcmul(opens[t], opens[t], bent[t], value=-2, out=outs[t])
        before = t
    return _Read(gates, *kept)


def _slopes(read: _Read, rows: Rows, backward: bool) -> tuple[Tensor, Tensor]:
    """(R, 4h): the share of a gate's input in the gradient of the cell (of the output, for the output gate), and
    (R, h): that of the cell in the gradient of the output."""
    i, _, g, o = read.gates.view(-1, 4, read.cells.shape[1]).unbind(1)
    slopes = torch.addcmul(read.gates, read.gates, read.gates, value=-1)
    of_i, of_f, of_g, of_o = slopes.view(-1, 4, read.cells.shape[1]).unbind(1)
    of_i.addcmul_(of_i, g, value=-2)
    of_f.mul_(_of_row_before(read.cells, rows, backward))
    of_g.mul_(i).mul_(4)
    of_o.addcmul_(of_o, read.bent, value=-2)
    return slopes, torch.addcmul(read.bent, read.bent, read.bent, value=-1).mul_(o).mul_(4)


def _of_row_before(values: Tensor, rows: Rows, backward: bool) -> Tensor:
    """(R, h): for each row, the value of the row that its direction read before it, or 0."""
    shifted = torch.zeros_like(values)
    count = len(values) - len(rows.earlier)
    if backward:
        return shifted.index_copy_(0, rows.earlier, values[count:])
    shifted[count:] = values.index_select(0, rows.earlier)
    return shifted


def _learn(
    grad: Tensor, x: Tensor, weights: Weights, read: _Read, rows: Rows, backward: bool, want_input: bool
) -> tuple[Tensor | None, Tensor, Tensor, Tensor, Tensor]:
    """Gradients of the input and of the weights, from that of the output (R, h)."""
    input_weights, recurrent, *_ = weights
    hidden = recurrent.shape[1]
    slopes, of_cells = _slopes(read, rows, backward)
    grad = grad.clone(memory_format=torch.contiguous_format)
    cell_grad = grad.new_zeros(max(rows.active, default=0), hidden)
    forget = read.gates[:, hidden : 2 * hidden]
    steps, grads, of_cell, forgets = (t.split_with_sizes(rows.active) for t in (slopes, grad, of_cells, forget))
    by_gate = slopes.view(-1, 4, hidden)
    of_output = by_gate[:, 3].split_with_sizes(rows.active)
    of_others = by_gate[:, :3].split_with_sizes(rows.active)
    after = -1
    for t in _order(rows.active, not backward):
        d, c = grads[t], _first(cell_grad, len(grads[t]))
        if after >= 0:
            going = min(len(d), len(grads[after]))
            _first(d, going).addmm_(_first(steps[after], going), recurrent)
        of_output[t].mul_(d)
        c.addcmul_(d, of_cell[t])
        of_others[t].mul_(c[:, None])
        c.mul_(forgets[t])
        after = t
    first = len(slopes) - len(rows.earlier)
    later, sooner = (
        (slopes.index_select(0, rows.earlier), read.out[first:])
        if backward
        else (slopes[first:], read.out.index_select(0, rows.earlier))
    )
    of_bias = slopes.sum(0)
    count = len(slopes)
    slopes, later, sooner = (_for_products(t, x.dtype) for t in (slopes, later, sooner))
    of_weights, of_recurrent = (product.to(of_bias.dtype) for product in (slopes.T @ x, later.T @ sooner))
    of_x = (slopes @ input_weights.to(x.dtype))[:count] if want_input else None
    return of_x, of_weights, of_recurrent, of_bias, of_bias.clone()  # whoever scales one must not scale both


class _Bidirectional(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Rows, dtype: torch.dtype, *weights: Tensor) -> Tensor:
        ways: list[Any] = [weights[:4], weights[4:]]
        ctx.of_input, x = x.dtype, _for_products(x, dtype)
        reads = both(lambda way: _read(x, ways[way], rows, bool(way)))
        ctx.rows = rows
        ctx.save_for_backward(x, *weights, *(t for r in reads for t in (r.gates, r.cells, r.bent, r.out)))
        return torch.cat([read.out for read in reads], 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, *saved = ctx.saved_tensors
        ways, reads = (saved[:4], saved[4:8]), (_Read(*saved[8:12]), _Read(*saved[12:]))
        halves = grad.chunk(2, 1)
        want = ctx.needs_input_grad[0]
        with no_autocast(x):
            (of_x, *ahead), (also, *behind) = both(
                lambda way: _learn(halves[way], x, ways[way], reads[way], ctx.rows, bool(way), want)
            )
        summed = None if of_x is None or also is None else of_x.to(ctx.of_input).add_(also)
        return summed, None, None, *ahead, *behind


def bidirectional(x: Tensor, rows: Rows, ahead: Weights, behind: Weights, dtype: torch.dtype | None = None) -> Tensor:
    """Both directions of an LSTM layer, from zeros.

    Args:
        x: (R, width) in step order.
        ahead, behind: weights of the forward and of the backward direction.
        dtype: of the products over all rows at once; None: that of `x`. All else is in that of the weights.

    Returns:
        (R, 2h), the forward direction first.
    """
    out: Tensor = _Bidirectional.apply(x, rows, dtype or x.dtype, *ahead, *behind)  # type: ignore[no-untyped-call]
    return out
