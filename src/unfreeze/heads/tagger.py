"""Tagging: an optional BiLSTM, a linear layer, and a CRF or independent tags with allowed sequences only."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from unfreeze.heads.linear import Linear
from unfreeze.layers.crf import CRF, Rules
from unfreeze.layers.dropout import Dropout
from unfreeze.layers.full_precision import full_precision
from unfreeze.layers.lstm import BiLSTM


class Tagger(nn.Module):
    """States of words to tags.

    With BiLSTM and CRF this is the tagger of AllenNLP's `ner_elmo` configuration (two layers of 200 a direction,
    dropout 0.5); with the CRF straight on the states, the fine-tuning tagger of Peters et al. 2019. Without CRF the
    loss is cross-entropy per word and decoding finds the most probable allowed sequence of independent tags.

    Args:
        width: of the states read.
        tags: K.
        rules: which tag may follow which, start, end; see `layers.crf.Rules`. None allows everything.
        hidden: of one LSTM direction; None for no LSTM.
        lstm_layers: stacked LSTMs.
        dropout: on the states, between stacked LSTMs, and on what the linear layer reads.
        use_crf: learn transition scores.
    """

    def __init__(
        self,
        width: int,
        tags: int,
        rules: Rules | None = None,
        hidden: int | None = None,
        *,
        lstm_layers: int = 2,
        dropout: float = 0.5,
        use_crf: bool = True,
    ) -> None:
        super().__init__()
        self.use_crf = use_crf
        self.dropout = Dropout(dropout)
        self.encoder = None if hidden is None else BiLSTM(width, hidden, lstm_layers, dropout)
        self.linear = Linear(width if hidden is None else 2 * hidden, tags, 0.0 if hidden is None else dropout)
        self.crf = CRF(tags, rules, learned=use_crf)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Emissions (N, L, K) of (N, L, width) with its (N, L) bool mask."""
        states = self.dropout(states)
        if self.encoder is not None:
            states = self.encoder(states, mask)
        emissions: Tensor = self.linear(states)
        return emissions

    def loss(self, states: Tensor, mask: Tensor, tags: Tensor) -> Tensor:
        """() mean loss per word.

        Args:
            tags: (N, L) int64; -1 is a tag that training never saw: such a word (with a CRF, its sentence) counts 0.
        """
        emissions = full_precision(self(states, mask))
        if self.use_crf:
            return self.crf.neg_log_likelihood(emissions, tags, mask).sum() / mask.sum()
        gold = tags.masked_fill(~mask, -1)
        return F.cross_entropy(emissions.flatten(0, 1), gold.flatten(), ignore_index=-1, reduction="sum") / mask.sum()

    def decode(self, states: Tensor, mask: Tensor) -> list[list[int]]:
        """Tags of each sentence, as long as its mask is true."""
        return self.crf.decode(self(states, mask), mask)
