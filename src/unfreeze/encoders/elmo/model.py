"""The network of ELMo: token vectors, then the language model's layers, over packed sentences."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from unfreeze.encoders.elmo.bilm import BiLm, LstmSize, State
from unfreeze.encoders.elmo.token_cnn import CharCnn, CnnSize


class ElmoModel(nn.Module):
    """Character CNN and two-directional language model.

    Args:
        dropout: inside the language model while it is fine-tuned.
    """

    def __init__(self, cnn: CnnSize, lstm: LstmSize, dropout: float = 0.1) -> None:
        super().__init__()
        self.cnn = CharCnn(cnn)
        self.lm = BiLm(cnn.projection, lstm, dropout)

    @property
    def width(self) -> int:
        """The width of a layer state: both directions."""
        return 2 * self.lm.size.projection

    def forward(
        self, tokens: Tensor, lengths: Sequence[int], ends: Tensor, states: Sequence[State] | None = None
    ) -> tuple[Tensor, list[State]]:
        """Layer states of packed sentences.

        Args:
            tokens: (P, projection) vectors of their words, from `cnn`.
            lengths: words of each sentence, 0 allowed; they sum to P.
            ends: (2, projection) vectors of `<S>` and `</S>`, which are set around each sentence.
            states: of each layer, to continue from; None reads each sentence independently.

        Returns:
            (layers + 1, P, width): the token vector twice, then each layer forward and backward; and the states after.
        """
        if states is None:
            return self._alone(tokens, [n for n in lengths if n], ends)
        sizes = torch.tensor(lengths, device=tokens.device)
        framed = sizes + 2
        last = framed.cumsum(0) - 1
        inside = torch.ones(int(framed.sum()), dtype=torch.bool, device=tokens.device)
        inside[last] = inside[last - framed + 1] = False
        rows = tokens.new_empty(len(inside), tokens.shape[1])
        rows[inside], rows[last - framed + 1], rows[last] = tokens, ends[0], ends[1]
        layers, after = self.lm(rows, framed.tolist(), states)
        words = [layer[inside] for layer in layers]
        return torch.stack([torch.cat([tokens, tokens], 1), *words]), after

    def above(self, layer: int, states: Tensor, lengths: Sequence[int], ends: Tensor) -> Tensor:
        """(P, width) of the top layer from (P, width) of `layer`, each sentence independently; see `forward`."""
        if layer == len(self.lm.layers):
            return states
        sizes = [n for n in lengths if n]
        below = states if layer else states[:, : self.lm.size.projection]
        layers, _ = self.lm(below, sizes, self._starts(len(sizes), ends), layer)
        top: Tensor = layers[-1]
        return top

    def _starts(self, count: int, ends: Tensor) -> list[State]:
        """The states of each layer for `count` rows behind the near end."""
        return [(h.expand(-1, count, -1), c.expand(-1, count, -1)) for h, c in self.lm.start(ends)]

    def _alone(self, tokens: Tensor, lengths: Sequence[int], ends: Tensor) -> tuple[Tensor, list[State]]:
        """As `forward` from zero states: all sentences begin alike, and what reads their far end is not asked for.

        The states behind the near end are computed once, with one row; so two words fewer a sentence are read.
        """
        layers, after = self.lm(tokens, lengths, self._starts(len(lengths), ends))
        return torch.stack([torch.cat([tokens, tokens], 1), *layers]), after
