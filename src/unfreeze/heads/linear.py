"""The smallest head, a linear layer with dropout before it, and the features that make one vector of a pair."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from unfreeze.layers.dropout import Dropout

PairFeatures = Literal["absdiff-product", "full"]


class Linear(nn.Module):
    """Dropout, then a linear layer with weights from N(0, 0.02) and bias 0, as in BERT (Devlin et al. 2019).

    Args:
        width: of the input.
        outputs: classes, tags, or 1 for a score.
        dropout: on the input.
    """

    def __init__(self, width: int, outputs: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = Dropout(dropout)
        self.linear = nn.Linear(width, outputs)
        nn.init.normal_(self.linear.weight, std=0.02)
        nn.init.zeros_(self.linear.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """(..., width) to logits (..., outputs)."""
        logits: Tensor = self.linear(self.dropout(vectors))
        return logits


def pair_width(width: int, how: PairFeatures) -> int:
    """Width of `pair_features` for vectors of this width."""
    return width * (4 if how == "full" else 2)


def pair_features(u: Tensor, v: Tensor, how: PairFeatures) -> Tensor:
    """Features of a pair of vectors (..., width).

    Args:
        how: `absdiff-product`: [|u-v|, u*v], as SentEval (Conneau & Kiela 2018) has it for relatedness; the same for
            (v, u). `full`: [u, v, |u-v|, u*v], as InferSent (Conneau et al. 2017) has it for entailment.

    Returns:
        (..., 2 * width) or (..., 4 * width).
    """
    both = [(u - v).abs(), u * v]
    return torch.cat([u, v, *both] if how == "full" else both, -1)
