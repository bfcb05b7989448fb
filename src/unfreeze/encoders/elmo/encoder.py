"""ELMo behind the `Encoder` protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.encoders.elmo.bilm import State
from unfreeze.encoders.elmo.characters import sentence_ends
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.published import read_options, read_weights, write_folder
from unfreeze.encoders.elmo.reading import Reading, read_sentences, reading_from, words_in, words_of
from unfreeze.encoders.protocol import NO_LIMIT, Batch, Encoder, Inputs, Ints, LayerStates
from unfreeze.errors import InputError


class ElmoEncoder(Encoder):
    """A biLM with three layer states (for two LSTM layers): the token vector twice, then each layer's two directions.

    A piece is a word. `<S>` and `</S>` are set around every sentence inside and are not among the pieces.

    Args:
        name: what the user called it.
        max_length: words of a text that are read.
        reading: how texts become words, and whether states go on from sentence to sentence.
    """

    def __init__(self, name: str, model: ElmoModel, max_length: int = NO_LIMIT, reading: Reading | None = None) -> None:
        super().__init__()
        self.name, self.model, self.max_length = name, model, max_length
        self.reading = reading or Reading()
        self.layers, self.width = model.lm.size.layers + 1, model.width
        self.family, self.reads_pairs = "elmo", False
        self._states: list[State] | None = None
        self._known: tuple[Ints, tuple[Any, ...], Tensor] | None = None  # a table, the weights' versions, its vectors
        self.eval()

    @classmethod
    def load(cls, name: str, max_length: int | None, options: Mapping[str, str]) -> ElmoEncoder:
        """Load a published folder, or one that `save` wrote.

        Args:
            options: fields of `Reading` as text.

        Raises:
            InputError: see `read_options`, `read_weights` and `reading_from`.
        """
        folder = Path(name)
        sizes = read_options(folder)
        reading = reading_from({**sizes.reading, **options})
        model = ElmoModel(sizes.cnn, sizes.lstm)
        try:
            model.load_state_dict(read_weights(folder, sizes))
        except RuntimeError as error:  # of a folder that we wrote, whose options were changed
            raise InputError(" ".join(str(error).split())[:300], where=name) from None
        return cls(name, model, max_length or NO_LIMIT, reading)

    def save(self, folder: Path) -> None:
        """See `Encoder.save`: options as published, weights as safetensors."""
        write_folder(folder, self.model, self.reading.told())

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`. Raises `ValueError` for pairs: ELMo reads sentences one by one."""
        if texts_b is not None:
            raise ValueError("ELMo does not read two texts in one input")
        sentences = (words_of(text, self.reading.tokenizer) for text in texts)
        return read_sentences(sentences, self.max_length, tagged=False)

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """See `Encoder.read_words`."""
        return read_sentences(sentences, self.max_length, tagged=True)

    def pieces(self, inputs: Inputs) -> list[str]:
        """See `Encoder.pieces`; of a long word what is read of it."""
        return words_in(inputs)

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`."""
        tokens, ends = self._vectors(batch)
        count = len(batch.lengths)
        before = [_rows(state, count) for state in self._states] if self._states else None
        states, after = self.model(tokens, batch.lengths, ends, before)
        if self.reading.stateful:
            self._states = [_kept(new, old, count) for new, old in zip(after, self._states or after, strict=True)]
        return LayerStates(states if all_layers else states[-1:], batch.segment, batch.words, batch.lengths)

    def reset_states(self) -> None:
        """Forget what was read; only for `stateful`."""
        self._states = None

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Character CNN, then each LSTM layer in both directions."""
        return [list(self.model.cnn.parameters()), *(list(layer.parameters()) for layer in self.model.lm.layers)]

    def reinitialise_top(self, count: int) -> None:
        """See `Encoder.reinitialise_top`; both directions of a layer."""
        for layer in list(self.model.lm.layers)[self.layers - 1 - count :] if count else []:
            layer.draw()  # type: ignore[operator]

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        digest = hashlib.blake2b(digest_size=16)
        for name, tensor in sorted(self.model.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().flatten().view(torch.uint8).numpy().data)
        digest.update(repr([self.model.cnn.size, self.model.lm.size, self.reading]).encode())
        return digest.hexdigest()

    def _vectors(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Token vectors (P, projection) of a batch and those of the sentence's two ends.

        Frozen, the characters of each distinct word of a data set are read once; while it learns, those of the batch's.
        """
        if batch.table is None:
            raise ValueError("inputs of another encoder: ELMo needs their characters")
        if any(p.requires_grad for p in self.model.cnn.parameters()):
            used, where = torch.unique(batch.ids, return_inverse=True)
            vectors = self._read(batch.table[used.cpu().numpy()])
            return vectors[:-2][where], vectors[-2:]
        versions = tuple((p.data_ptr(), p._version) for p in self.model.cnn.parameters())
        if self._known is None or self._known[0] is not batch.table or self._known[1] != versions:
            self._known = batch.table, versions, self._read(batch.table)
        vectors = self._known[2]
        return vectors[:-2][batch.ids], vectors[-2:]

    def _read(self, table: Ints) -> Tensor:
        """Vectors of a table's words, and of the two ends behind them."""
        words = torch.from_numpy(table).to(self.device, torch.int64)
        ends = torch.from_numpy(sentence_ends()).to(self.device, torch.int64)
        vectors: Tensor = self.model.cnn(torch.cat([words, ends]))
        return vectors


def _rows(state: State, count: int) -> State:
    """The first `count` rows of a state; rows that it lacks are zeros."""
    h, c = (torch.cat([x[:, :count], x.new_zeros(2, max(0, count - x.shape[1]), x.shape[2])], 1) for x in state)
    return h, c


def _kept(new: State, old: State, count: int) -> State:
    """States after a batch of `count` rows: rows that it did not have keep what they had."""
    h, c = (torch.cat([x.detach(), y[:, count:]], 1) for x, y in zip(new, old, strict=True))
    return h, c
