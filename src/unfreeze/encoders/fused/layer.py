"""A transformer layer as BERT has it, for reading only: few operators, none of which copies what another one made."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unfreeze.encoders.fused.attention import Block, attend_inside
from unfreeze.encoders.fused.product import Product


@dataclass(frozen=True)
class Norm:
    """Layer norm."""

    weight: Tensor
    bias: Tensor
    eps: float

    @staticmethod
    def of(layer: nn.LayerNorm) -> Norm:
        """Over the same weights."""
        return Norm(layer.weight.detach(), layer.bias.detach(), layer.eps)

    def __call__(self, states: Tensor) -> Tensor:
        """(P, width) to the same."""
        return torch.layer_norm(states, self.weight.shape, self.weight, self.bias, self.eps)


@dataclass(frozen=True)
class FusedLayer:
    """Attention, then two products with an activation between; a residual and a norm behind each half.

    Attributes:
        into: to queries, keys and values side by side.
        activation: what comes between `inner` and `outer`, where it is not inside `inner`.
        heads, scale: of attention.
    """

    into: Product
    out: Product
    first_norm: Norm
    inner: Product
    activation: nn.Module | None
    outer: Product
    second_norm: Norm
    heads: int
    scale: float

    def __call__(self, states: Tensor, blocks: list[Block]) -> Tensor:
        """(P, width) of packed inputs to the same; `blocks` as `blocks_of` gives them."""
        seen = attend_inside(self.into(states), blocks, self.heads, self.scale)
        states = self.first_norm(self.out.added_to(states, seen))
        inner = self.inner(states)
        if self.activation is not None:
            inner = self.activation(inner)
        return self.second_norm(self.outer.added_to(states, inner))
