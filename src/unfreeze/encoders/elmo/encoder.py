"""ELMo behind the `Encoder` protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.encoders.elmo.bilm import State
from unfreeze.encoders.elmo.characters import sentence_ends
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.words import Tokenizer, read_sentences, words_of
from unfreeze.encoders.protocol import Batch, Inputs, Ints, LayerStates

NO_LIMIT = 1 << 30  # a recurrence reads sentences of any length


class ElmoEncoder(nn.Module):
    """A biLM with three layer states (for two LSTM layers): the token vector twice, then each layer's two directions.

    A piece is a word. `<S>` and `</S>` are set around every sentence inside and are not among the pieces.

    Args:
        name: what the user called it.
        tokenizer: how texts become words; see `words_of`.
        stateful: the LSTMs of a batch start where those of the batch before it stopped, row by row, as the reference
            does. A state then hangs on what was read before; without it (the default) each input stands by itself.
    """

    def __init__(
        self,
        name: str,
        model: ElmoModel,
        max_length: int = NO_LIMIT,
        tokenizer: Tokenizer = "treebank",
        stateful: bool = False,
    ) -> None:
        super().__init__()
        self.name, self.model, self.max_length = name, model, max_length
        self.tokenizer, self.stateful = tokenizer, stateful
        self.layers, self.width = model.lm.size.layers + 1, model.width
        self._states: list[State] | None = None
        self._known: tuple[Ints, tuple[Any, ...], Tensor] | None = None  # a table, the weights' versions, its vectors
        self.eval()

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`. Raises `ValueError` for pairs: ELMo reads sentences one by one."""
        if texts_b is not None:
            raise ValueError("ELMo does not read two texts in one input")
        sentences = (words_of(text, self.tokenizer) for text in texts)
        return read_sentences(sentences, self.max_length, tagged=False)

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """See `Encoder.read_words`."""
        return read_sentences(sentences, self.max_length, tagged=True)

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`."""
        tokens, ends = self._vectors(batch)
        states, after = self.model(tokens, batch.lengths, ends, self._states if self.stateful else None)
        if self.stateful:
            self._states = [(h.detach(), c.detach()) for h, c in after]
        return LayerStates(states if all_layers else states[-1:], batch.segment, batch.words, batch.lengths)

    def reset_states(self) -> None:
        """Forget what was read; only for `stateful`."""
        self._states = None

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Character CNN, then each LSTM layer in both directions."""
        return [list(self.model.cnn.parameters()), *(list(layer.parameters()) for layer in self.model.lm.layers)]

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        digest = hashlib.blake2b(digest_size=16)
        for name, tensor in sorted(self.model.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().flatten().view(torch.uint8).numpy().data)
        digest.update(repr([self.model.cnn.size, self.model.lm.size, self.tokenizer, self.stateful]).encode())
        return digest.hexdigest()

    def _vectors(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Token vectors (P, projection) of a batch and those of the sentence's two ends.

        Frozen, the characters of each distinct word of a data set are read once; while it learns, those of the batch's.
        """
        if batch.table is None:
            raise ValueError("inputs of another encoder: ELMo needs their characters")
        if any(p.requires_grad for p in self.model.cnn.parameters()):
            used, where = batch.ids.unique(return_inverse=True)
            vectors = self._read(batch.table[used.cpu().numpy()])
            return vectors[:-2][where], vectors[-2:]
        versions = tuple((p.data_ptr(), p._version) for p in self.model.cnn.parameters())
        if self._known is None or self._known[0] is not batch.table or self._known[1] != versions:
            self._known = batch.table, versions, self._read(batch.table)
        vectors = self._known[2]
        return vectors[:-2][batch.ids], vectors[-2:]

    def _read(self, table: Ints) -> Tensor:
        """Vectors of a table's words, and of the two ends behind them."""
        device = next(self.model.parameters()).device
        words = torch.from_numpy(table).to(device, torch.int64)
        vectors: Tensor = self.model.cnn(torch.cat([words, torch.from_numpy(sentence_ends()).to(device, torch.int64)]))
        return vectors
