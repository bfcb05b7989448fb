"""ELMo behind the `Encoder` protocol."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.data.unread import Unread
from unfreeze.disk.tensors import check_fit
from unfreeze.encoders.elmo import many_langs
from unfreeze.encoders.elmo.bilm import State
from unfreeze.encoders.elmo.characters import Bytes, Lexicon, Spelling
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.published import read_options, read_weights, write_folder
from unfreeze.encoders.elmo.reading import Reading, reading_from, words_in
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, Ints, LayerStates
from unfreeze.encoders.rows import Rows
from unfreeze.encoders.words import read_sentences, splitting, words_of
from unfreeze.errors import InputError
from unfreeze.language.message import say

LONGEST_TEXT = 2048  # words; nothing in the network bounds them, but memory does
STEP_CELLS = 1 << 25  # of a training step, each of which keeps some 50 bytes: 2,048 words of the original size
BATCH_WORDS = 12288  # some 500 sentences: a product with that many rows reads its weights from memory seldom enough


class ElmoEncoder(Encoder):
    """A biLM with three layer states (for two LSTM layers): the token vector twice, then each layer's two directions.

    A piece is a word. `<S>` and `</S>` are set around every sentence inside and are not among the pieces.

    Args:
        name: what the user called it.
        max_length: words of a text that are read.
        reading: how texts become words, and whether states continue from sentence to sentence.
        spelling: how words become ids; ELMo's own if None.
    """

    def __init__(
        self,
        name: str,
        model: ElmoModel,
        max_length: int = LONGEST_TEXT,
        reading: Reading | None = None,
        spelling: Spelling | None = None,
    ) -> None:
        super().__init__()
        self.name, self.model, self.max_length = name, model, max_length
        self.spelling = spelling or Bytes()
        self.reading = reading or Reading()
        self.layers, self.width = model.lm.size.layers + 1, model.width
        self.family, self.reads_pairs, self.batch_pieces = "elmo", False, BATCH_WORDS
        self.step_pieces = max(1, STEP_CELLS // (2 * model.lm.size.layers * model.lm.size.hidden))
        if self.reading.stateful:
            self.ordered = self.reading.batch_size
            broken = say("its states continue from text to text, which training in random order would break")
            self.fixed = say("{broken}; without stateful=true it can be", broken=broken)
        self._states: list[State] | None = None
        self._known: tuple[Rows, Tensor] | None = None  # a table and its vectors, see `begin`
        self.eval()

    @classmethod
    def load(cls, name: str, max_length: int | None, options: Mapping[str, str]) -> ElmoEncoder:
        """Load a published folder, one of ELMoForManyLangs, or one that `save` wrote.

        Args:
            options: fields of `Reading` as text.

        Raises:
            InputError: see `read_options`, `read_weights`, their likes in `many_langs`, and `reading_from`.
        """
        folder, spelling = packaged_folder(name) or Path(name), None
        if many_langs.is_many_langs(folder):
            spelling = many_langs.read_lexicon(folder)
            sizes = many_langs.read_options(folder, spelling)
            weights = many_langs.read_weights(folder, sizes)
        else:
            sizes = read_options(folder)
            weights = read_weights(folder, sizes)
        reading = reading_from({**sizes.reading, **options})
        if max(sizes.lstm.layers, sizes.cnn.highways) > len(weights):
            raise InputError("has options of a larger network than its weights are", where=name)
        with torch.device("meta"):  # without memory: options of a folder that we wrote may have been changed
            check_fit(ElmoModel(sizes.cnn, sizes.lstm), weights, name)
        model = ElmoModel(sizes.cnn, sizes.lstm)
        model.load_state_dict(weights)
        return cls(name, model, max_length or LONGEST_TEXT, reading, spelling)

    def save(self, folder: Path) -> None:
        """See `Encoder.save`: options and dictionaries as published, weights as safetensors."""
        if isinstance(self.spelling, Lexicon):
            many_langs.write_folder(folder, self.model, self.spelling, self.reading.as_text())
        else:
            write_folder(folder, self.model, self.reading.as_text())

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`. Raises `ValueError` for pairs: ELMo reads sentences one by one."""
        if texts_b is not None:
            raise ValueError("ELMo does not read two texts in one input")
        sentences = (words_of(text, self.reading.tokenizer) for text in texts)
        return self._spelt(sentences, tagged=False)

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """See `Encoder.read_words`."""
        return self._spelt(sentences, tagged=True)

    def pieces(self, inputs: Inputs) -> list[str]:
        """See `Encoder.pieces`; of a long word what is read of it."""
        return words_in(inputs, self.spelling)

    def unread(self, inputs: Inputs) -> Unread | None:
        """See `Encoder.unread`: words none of whose characters is known; bytes all are."""
        if inputs.table is None or not isinstance(self.spelling, Lexicon):
            return None
        unknown = self.spelling.unknown(inputs.table.padded())
        return Unread("words", len(inputs.ids), int(unknown[inputs.ids].sum()))

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`."""
        tokens, ends = self._vectors(batch)
        count = len(batch.lengths)
        if not self.reading.stateful:
            states, _ = self.model(tokens, batch.lengths, ends)
        else:
            known = self._states or self.model.lm.zeros(count)
            states, after = self.model(tokens, batch.lengths, ends, [_rows(state, count) for state in known])
            self._states = [_kept(new, old, count) for new, old in zip(after, known, strict=True)]
        return LayerStates(states if all_layers else states[-1:], batch.segment, batch.words, batch.lengths)

    def resumes(self) -> frozenset[int]:
        """See `Encoder.resumes`: every layer, but not where states depend on what was read before."""
        return frozenset() if self.reading.stateful else frozenset(range(self.layers))

    def encode_above(self, layer: int, states: Tensor, batch: Batch) -> LayerStates:
        """See `Encoder.encode_above`."""
        top = self.model.above(layer, states, batch.lengths, self._read(self.spelling.ends()[:0]))
        return LayerStates(top[None], batch.segment, batch.words, batch.lengths)

    def begin(self, inputs: Inputs) -> None:
        """See `Encoder.begin`: frozen, the characters of each distinct word of the inputs are read here, once."""
        self._states, self._known = None, None
        if inputs.table is not None and not self._learns():
            self._known = inputs.table, self._read(inputs.table.padded())

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Character CNN, then each LSTM layer in both directions."""
        return [list(self.model.cnn.parameters()), *(list(layer.parameters()) for layer in self.model.lm.layers)]

    def reinitialise_top(self, count: int) -> None:
        """See `Encoder.reinitialise_top`; both directions of a layer."""
        for layer in list(self.model.lm.layers)[self.layers - 1 - count :] if count else []:
            layer.draw()  # type: ignore[operator]

    def redrawn(self) -> ElmoEncoder:
        """See `Encoder.redrawn`."""
        twin = copy.deepcopy(self)
        twin.model = ElmoModel(self.model.cnn.size, self.model.lm.size).to(self.device).eval()
        with torch.no_grad():
            twin.model.cnn.embedding[0] = 0  # no character has this number
        return twin

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        digest = hashlib.blake2b(digest_size=16)
        self._digest_weights(digest, self.model)
        settings = [self.model.cnn.size, self.model.lm.size, self.reading, self.spelling.lists()]
        digest.update(repr(settings).encode() + splitting(self.reading.tokenizer))
        return digest.hexdigest()

    def _spelt(self, sentences: Iterable[Sequence[str]], *, tagged: bool) -> Inputs:
        inputs, words = read_sentences(sentences, self.max_length, tagged=tagged)
        return replace(inputs, table=Rows.even(self.spelling.table(words)))

    def _vectors(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Token vectors (P, projection) of a batch and those of the sentence's two ends."""
        if batch.table is None:
            raise ValueError("inputs of another encoder: ELMo needs their characters")
        known = self._known  # once: another thread may begin other inputs meanwhile
        if known is not None and known[0] is batch.table and not self._learns():
            vectors = known[1]
            return vectors[:-2][batch.ids], vectors[-2:]
        used, where = torch.unique(batch.ids, return_inverse=True)
        vectors = self._read(batch.table.padded(used.cpu().numpy()))
        return vectors[:-2][where], vectors[-2:]

    def _learns(self) -> bool:
        return any(p.requires_grad for p in self.model.cnn.parameters())

    def __getstate__(self) -> dict[str, Any]:
        """Copies do not take along what was read."""
        return {**self.__dict__, "_states": None, "_known": None}

    def _read(self, table: Ints) -> Tensor:
        """Vectors of a table's words, and of the two ends behind them."""
        words = torch.from_numpy(table).to(self.device, torch.int64)
        ends = torch.from_numpy(self.spelling.ends()).to(self.device, torch.int64)
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
