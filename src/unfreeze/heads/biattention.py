"""Bi-attention between two texts without parameters, under one linear layer: the pair head of a fine-tuned ELMo."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unfreeze.heads.linear import Linear
from unfreeze.layers.attention import align
from unfreeze.layers.full_precision import full_precision


class BiAttention(nn.Module):
    """Every row of a text meets what of the other text belongs to it; mean and maximum of both; dropout; linear.

    Source: Peters, Ruder & Smith 2019, section 3 and appendix A: ESIM's alignment and features [a; a~; a-a~; a*a~] on
    the encoder's states themselves. Attention and pooling have no weights.

    Args:
        width: of the states read.
        outputs: classes, or 1 for a score.
        dropout: on the pooled vector (16 * width).
    """

    def __init__(self, width: int, outputs: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.linear = Linear(16 * width, outputs, dropout)

    def forward(self, a: Tensor, mask_a: Tensor, b: Tensor, mask_b: Tensor) -> Tensor:
        """Logits (N, outputs) of the pairs (a, b): (N, L, width) and (N, M, width), with (N, L), (N, M) bool masks."""
        a, b = full_precision(a), full_precision(b)
        aligned = align(a, b, mask_a, mask_b)
        sides = zip((a, b), aligned, (mask_a, mask_b), strict=True)
        logits: Tensor = self.linear(torch.cat([_pooled(*side) for side in sides], -1))
        return logits


def _pooled(text: Tensor, other: Tensor, mask: Tensor) -> Tensor:
    """(N, 8 * width): mean and maximum over the real rows of a text's features."""
    features = torch.cat([text, other, text - other, text * other], -1)
    mean = features.masked_fill(~mask[..., None], 0.0).sum(1) / mask.sum(1, keepdim=True)
    largest = features.masked_fill(~mask[..., None], torch.finfo(features.dtype).min).amax(1)
    return torch.cat([mean, largest], -1)
