"""A linear layer's product through oneDNN's own operators: bias, GELU and residual inside, weights laid out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

OPERATORS = ("_linear_pointwise", "_reorder_linear_weight")
Gelu = Literal["none", "tanh"]
"""How GELU is computed: exactly, or by the formula with a tanh."""


@dataclass(frozen=True)
class Product:
    """x W' + b, perhaps GELU of it. For inference on a processor; no gradients.

    Attributes:
        weight: (out, in), as oneDNN lays it out.
        bias: (out,).
        gelu: what is applied to the result; None for nothing.
    """

    weight: Tensor
    bias: Tensor
    gelu: Gelu | None = None

    def __call__(self, states: Tensor) -> Tensor:
        """(P, in) to (P, out)."""
        after, how = ("none", "") if self.gelu is None else ("gelu", self.gelu)
        out: Tensor = torch.ops.mkldnn._linear_pointwise(states, self.weight, self.bias, after, [], how)
        return out

    def added_to(self, residual: Tensor, states: Tensor) -> Tensor:
        """The product of `states` (P, in), to which `residual` (P, out) is added before it is rounded."""
        out: Tensor = torch.ops.mkldnn._linear_pointwise.binary(states, residual, self.weight, self.bias, "add")
        return out


def product(layers: Sequence[nn.Linear], gelu: Gelu | None = None) -> Product:
    """The product of linear layers that read the same states, their results side by side.

    Raises:
        RuntimeError: oneDNN has no layout for such weights here.
    """
    weight = torch.cat([layer.weight.detach() for layer in layers])
    bias = torch.cat([layer.bias.detach() for layer in layers])
    return Product(torch.ops.mkldnn._reorder_linear_weight(weight), bias, gelu)


def can_multiply() -> bool:
    """Whether this build of torch has the operators."""
    there = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    return there and all(hasattr(torch.ops.mkldnn, name) for name in OPERATORS)
