"""Biattentive classification network for one text (McCann et al. 2017, section 5), in AllenNLP's form."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unfreeze.layers.attention import attend, masked_softmax
from unfreeze.layers.dropout import Dropout
from unfreeze.layers.lstm import BiLSTM

_POOL = 4


class Maxout(nn.Module):
    """`outputs` units, each the largest of 4 linear ones (Goodfellow et al. 2013), then dropout.

    Args:
        width: of the input.
        outputs: of the output.
        dropout: after the maximum.
    """

    def __init__(self, width: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(width, outputs * _POOL)
        self.dropout = Dropout(dropout)

    def forward(self, vectors: Tensor) -> Tensor:
        """(B, width) to (B, outputs)."""
        out: Tensor = self.dropout(self.linear(vectors).unflatten(-1, (-1, _POOL)).amax(-1))
        return out


class BCN(nn.Module):
    """Feed-forward, BiLSTM, attention of the text with itself, BiLSTM, four poolings, three maxout layers.

    Source: `biattentive_classification_network.py` and its configuration with ELMo in AllenNLP 1.0. Its self-attentive
    pooling is McCann's: the softmax of one learned linear score per position. It differs from the paper in having no
    batch normalisation. With hidden 300 the widths are 600, 1800, 600, 2400, 1200, 600, C.

    For regression take one class: the score then is the largest of 4 linear functions of the last hidden layer.

    Args:
        width: of the states read.
        classes: C.
        hidden: of the feed-forward layer and of one LSTM direction.
        dropout: after the feed-forward layer, published as 0.25. The others keep their published proportion to it: 0.5
            on the input, 0.1 on the pooled vector, 0.2 and 0.3 after the first two maxout layers.
    """

    def __init__(self, width: int, classes: int, hidden: int = 300, dropout: float = 0.25) -> None:
        super().__init__()
        self.feedforward = nn.Sequential(
            Dropout(min(2 * dropout, 0.9)), nn.Linear(width, hidden), nn.ReLU(), Dropout(dropout)
        )
        self.encoder = BiLSTM(hidden, hidden)
        self.integrator = BiLSTM(6 * hidden, hidden)
        self.attention = nn.Linear(2 * hidden, 1)
        self.output = nn.Sequential(
            Dropout(0.4 * dropout),
            Maxout(8 * hidden, 4 * hidden, 0.8 * dropout),
            Maxout(4 * hidden, 2 * hidden, min(1.2 * dropout, 0.9)),
            Maxout(2 * hidden, classes, 0.0),
        )

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(N, L, width) with its (N, L) bool mask to logits (N, C)."""
        x = self.encoder(self.feedforward(states), mask)
        context = attend(x, x, mask)
        integrated = self.integrator(torch.cat([x, x - context, x * context], -1), mask)
        logits: Tensor = self.output(self._pooled(integrated, mask))
        return logits

    def _pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """(N, 8 * hidden): maximum, minimum, mean and self-attentive pooling of (N, L, 2 * hidden)."""
        padding = ~mask[..., None]
        most = torch.finfo(states.dtype).max
        weights = masked_softmax(self.attention(states).squeeze(-1), mask)  # (N, L)
        return torch.cat(
            [
                states.masked_fill(padding, -most).amax(1),
                states.masked_fill(padding, most).amin(1),
                states.sum(1) / mask.sum(1, keepdim=True),  # the LSTM leaves zeros at padding
                (weights[..., None] * states).sum(1),
            ],
            -1,
        )
