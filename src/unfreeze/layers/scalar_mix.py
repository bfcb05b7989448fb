"""Scalar mix (Peters et al. 2018, equation 1): a learned weighted sum of an encoder's layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unfreeze.layers.full_precision import full_precision, no_autocast


class ScalarMix(nn.Module):
    """`gamma * sum_k softmax(w)_k h_k`, a plain average at the start (w = 0, gamma = 1).

    Args:
        layers: how many layers are mixed.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(layers))
        self.gamma = nn.Parameter(torch.ones(()))

    def weights(self) -> Tensor:
        """(layers,) softmax weights, bottom to top; they sum to 1."""
        return self.logits.detach().softmax(0)

    def forward(self, states: Tensor) -> Tensor:
        """(layers, ..., width) to (..., width), in float32."""
        with no_autocast(states):
            mixed: Tensor = torch.tensordot(self.gamma * self.logits.softmax(0), full_precision(states), dims=1)
        return mixed
