"""ESIM for two texts (Chen et al. 2017, the sequential model), in AllenNLP's form."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfreeze.layers.attention import align
from unfreeze.layers.dropout import Dropout, VariationalDropout
from unfreeze.layers.lstm import BiLSTM


class ESIM(nn.Module):
    """BiLSTM, soft alignment, enhancement, projection, BiLSTM, mean and maximum, a small perceptron.

    Source: `esim.py` and its configuration in AllenNLP 0.9: ReLU in the perceptron (tanh in the original), variational
    dropout on what both LSTMs read, plain dropout on the pooled vector and the hidden layer; Xavier weights.

    Args:
        width: of the states read.
        outputs: classes, or 1 for a score.
        hidden: of one LSTM direction, of the projection and of the perceptron.
        dropout: in all four places.
    """

    def __init__(self, width: int, outputs: int, hidden: int = 300, dropout: float = 0.5) -> None:
        super().__init__()
        self.input_dropout = VariationalDropout(dropout)
        self.encoder = BiLSTM(width, hidden)
        self.projection = _xavier(8 * hidden, hidden)
        self.composer = BiLSTM(hidden, hidden)
        self.output = nn.Sequential(
            Dropout(dropout),
            _xavier(8 * hidden, hidden),
            nn.ReLU(),
            Dropout(dropout),
            _xavier(hidden, outputs),
        )

    def forward(self, a: Tensor, mask_a: Tensor, b: Tensor, mask_b: Tensor) -> Tensor:
        """Logits (N, outputs) of the pairs (a, b): (N, L, width) and (N, M, width), with (N, L), (N, M) bool masks."""
        longest = max(a.shape[1], b.shape[1])
        # Both texts share all weights: one batch of 2N takes half the steps of two batches.
        both = torch.cat([F.pad(text, (0, 0, 0, longest - text.shape[1])) for text in (a, b)])
        mask = torch.cat([F.pad(m, (0, longest - m.shape[1])) for m in (mask_a, mask_b)])
        encoded = self.encoder(self.input_dropout(both), mask)
        aligned = torch.cat(align(*_sides(encoded), *_sides(mask)))
        enhanced = torch.cat([encoded, aligned, encoded - aligned, encoded * aligned], -1)
        composed = self.composer(self.input_dropout(F.relu(self.projection(enhanced))), mask)
        mean = composed.sum(1) / mask.sum(1, keepdim=True)  # the LSTM leaves zeros at padding
        largest = composed.masked_fill(~mask[..., None], torch.finfo(composed.dtype).min).amax(1)
        logits: Tensor = self.output(torch.cat(_sides(torch.cat([mean, largest], -1)), -1))
        return logits


def _sides(both: Tensor) -> tuple[Tensor, ...]:
    """The halves (N, ...) of (2N, ...).

    Not by `chunk`, which ONNX's optimiser fails on where N is any number (findings/onnx_chunk_of_any_size.sh).
    """
    return both.view(2, -1, *both.shape[1:]).unbind(0)


def _xavier(width: int, outputs: int) -> nn.Linear:
    """A linear layer with Xavier uniform weights and bias 0."""
    layer = nn.Linear(width, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
