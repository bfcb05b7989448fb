"""Variational dropout (Gal & Ghahramani 2016): what is dropped is dropped for the whole input."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class VariationalDropout(nn.Module):
    """Dropout with one mask per input and dimension, the same at every position.

    Args:
        p: share of the dimensions that is dropped.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, states: Tensor) -> Tensor:
        """(N, L, width) to the same; does nothing in eval mode."""
        if not self.training or self.p == 0:
            return states
        return states * F.dropout(states.new_ones(len(states), 1, states.shape[-1]), self.p)
