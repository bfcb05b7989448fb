"""A linear layer with a low-rank product beside it as one operation: W x + b + s B A x.

peft computes the product on its own, scales it and adds it: three more passes over the output of every layer, and as
many back. Here it is added inside the last product, to the same numbers but for rounding.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from unfreeze.layers.full_precision import no_autocast, product_type


class _Adapted(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float, dtype: torch.dtype
    ) -> Tensor:
        rows, weight, a, b = (t.to(dtype) for t in (x.flatten(0, -2), weight, a, b))
        low = rows @ a.T
        out = F.linear(rows, weight, None if bias is None else bias.to(dtype)).addmm_(low, b.T, alpha=scale)
        ctx.scale, ctx.of_input = scale, x.dtype
        ctx.save_for_backward(rows, low, weight, a, b)
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        rows, low, weight, a, b = ctx.saved_tensors
        shape, grad = grad.shape, grad.flatten(0, -2)
        with no_autocast(grad):
            of_low = (grad @ b).mul_(ctx.scale)
            of_x = None
            if ctx.needs_input_grad[0]:
                of_x = (grad @ weight).addmm_(of_low, a).to(ctx.of_input).view(*shape[:-1], -1)
            return of_x, None, None, of_low.T @ rows, (grad.T @ low).mul_(ctx.scale), None, None


def adapted_linear(x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float) -> Tensor:
    """(..., in) to (..., out); `weight` and `bias` do not learn. Computed in the type of autocast, if it is on.

    Args:
        a, b: (rank, in) and (out, rank).
        scale: of the product.
    """
    dtype = product_type(x)
    with no_autocast(x):
        out: Tensor = _Adapted.apply(x, weight, bias, a, b, scale, dtype)  # type: ignore[no-untyped-call]
    return out


class _AtOnce:
    """Stands before peft's `Linear`."""

    def forward(self: Any, x: Tensor, *_: Any, **__: Any) -> Tensor:
        """(..., in) to (..., out)."""
        (name,) = self.active_adapters
        a, b = self.lora_A[name].weight, self.lora_B[name].weight
        return adapted_linear(x, self.base_layer.weight, self.base_layer.bias, a, b, self.scaling[name])


_made: dict[type, type] = {}  # class of peft's to ours


def compute_at_once(layer: nn.Module) -> None:
    """Let a layer that peft has adapted compute in this way, where it can: over torch's linear layer, without dropout.

    Weights and names stay.
    """
    adapted: Any = layer
    if type(adapted.base_layer) is not nn.Linear or any(
        type(d) is not nn.Identity for d in adapted.lora_dropout.values()
    ):
        return
    own = type(layer)
    if own not in _made:
        _made[own] = type(f"AtOnce{own.__name__}", (_AtOnce, own), {"__module__": __name__})
    layer.__class__ = _made[own]
