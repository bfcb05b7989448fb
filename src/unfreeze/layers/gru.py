"""A GRU over rows in step order: forward, and back through time by hand.

As in `recurrence`, only the recurrent products run step by step; the gradient of the recurrent weights is one product
for all steps, and what back propagation multiplies with is computed for all rows at once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from unfreeze.layers.full_precision import full_precision, no_autocast, product_type
from unfreeze.layers.recurrence import Rows


class _Gru(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, rows: Rows, recurrent: Tensor, bias: Tensor, dtype: torch.dtype) -> Tensor:
        matrix = recurrent.to(dtype)
        across = matrix.T.contiguous()  # a product of a few rows with a transposed view takes up to twice as long
        hidden = recurrent.shape[1]
        gates = inputs.new_empty(inputs.shape[0], 2 * hidden)  # reset and update
        candidates, news, out = (inputs.new_empty(len(inputs), hidden) for _ in range(3))  # before, and after, tanh
        parts = [t.split_with_sizes(rows.active) for t in (inputs, gates, candidates, news, out)]
        before: Tensor | None = None
        for x, gate, of_state, new, state in zip(*parts, strict=True):
            if before is None:
                inside = bias.expand(len(x), -1)
            else:
                before = before[: len(x)]
                inside = bias + before.to(dtype) @ across
            torch.add(x[:, : 2 * hidden], inside[:, : 2 * hidden], out=gate).sigmoid_()
            of_state.copy_(inside[:, 2 * hidden :])
            torch.addcmul(x[:, 2 * hidden :], gate[:, :hidden], of_state, out=new).tanh_()
            if before is None:
                torch.addcmul(new, gate[:, hidden:], new, value=-1, out=state)
            else:
                torch.lerp(new, before, gate[:, hidden:], out=state)
            before = state
        ctx.rows = rows
        ctx.save_for_backward(matrix, gates, candidates, news, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        matrix, gates, candidates, news, out = ctx.saved_tensors
        rows: Rows = ctx.rows
        reset, update = gates.chunk(2, 1)
        first = len(out) - len(rows.earlier)
        earlier = out.index_select(0, rows.earlier)
        old = torch.cat([out.new_zeros(first, out.shape[1]), earlier])
        of_new = (1 - update) * (1 - news * news)  # the share of each value in the gradient of the state
        of_candidates = of_new * reset
        slopes = torch.cat(
            [of_candidates * candidates * (1 - reset), (old - news) * update * (1 - update), of_candidates], 1
        )
        with no_autocast(out):
            grad = grad.clone(memory_format=torch.contiguous_format)
            grads, steps, kept = (t.split_with_sizes(rows.active) for t in (grad, slopes, update))
            for t in reversed(range(len(grads))):
                d, step = grads[t], steps[t]
                step.view(len(d), 3, -1).mul_(d[:, None])
                if t:
                    sooner = grads[t - 1][: len(d)]
                    sooner.addcmul_(d, kept[t]).add_(step.to(matrix.dtype) @ matrix)
            of_recurrent = (slopes[first:].to(matrix.dtype).T @ earlier.to(matrix.dtype)).to(out.dtype)
        of_inputs = torch.cat([slopes[:, : 2 * out.shape[1]], grad * of_new], 1)
        return of_inputs, None, of_recurrent, slopes.sum(0), None


def gru_states(inputs: Tensor, rows: Rows, recurrent: Tensor, bias: Tensor) -> Tensor:
    """States of a GRU from zeros, in float32 (float64 for float64). Under autocast only the products are in its type.

    Args:
        inputs: (R, 3h) what the input adds, bias and all, in step order; gates in torch's order: reset, update, new.
        recurrent, bias: (3h, h) and (3h,).

    Returns:
        (R, h).
    """
    inputs, dtype = full_precision(inputs), product_type(inputs)
    with no_autocast(inputs):
        out: Tensor = _Gru.apply(inputs, rows, recurrent, bias, dtype)  # type: ignore[no-untyped-call]
    return out
