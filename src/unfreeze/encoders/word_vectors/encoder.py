"""Static word vectors behind the `Encoder` protocol: what an encoder knows without looking at the context."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.data.unread import Unread
from unfreeze.encoders.options import options_from, saved_options
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.protocol import NO_LIMIT, Batch, Encoder, Inputs, LayerStates
from unfreeze.encoders.word_vectors.files import OPTIONS, read_vectors, write_vectors
from unfreeze.encoders.word_vectors.table import VectorTable
from unfreeze.encoders.words import Tokenizer, read_sentences, splitting, words_of
from unfreeze.language.message import say

UNKNOWN = "[unknown]"


@dataclass(frozen=True)
class _Options:
    tokenizer: Tokenizer = "treebank"


class WordVectors(Encoder):
    """One layer state: each word's vector, the same in every context.

    A piece is a word, its id its row in the table. A word is looked up as it is written, then lower-cased; one that the
    table has in neither form is all zeros. The table is not a parameter: it is never copied, moved or rounded, and rows
    are gathered on the CPU.

    Args:
        name: what the user called it.
        max_length: words of a text that are read.
        tokenizer: how texts become words; see `words_of`.
    """

    _place: Tensor

    def __init__(
        self, name: str, table: VectorTable, max_length: int = NO_LIMIT, tokenizer: Tokenizer = "treebank"
    ) -> None:
        super().__init__()
        self.name, self.table, self.max_length, self.tokenizer = name, table, max_length, tokenizer
        self.layers, self.width = 1, table.width
        self.family, self.reads_pairs = "word-vectors", False
        self.fixed = say("a static table knows no context, so there is nothing contextual to tune")
        self.register_buffer("_place", torch.zeros(0), persistent=False)
        self.eval()

    @classmethod
    def load(cls, name: str, max_length: int | None, options: Mapping[str, str]) -> WordVectors:
        """Load a file, a folder or a packaged table.

        Args:
            options: `tokenizer`, one of `treebank` and `whitespace`.

        Raises:
            InputError: see `read_vectors`; an unknown option, or a value that it cannot have.
        """
        path = packaged_folder(name) or Path(name)
        tokenizer = options_from(_Options, {**saved_options(path / OPTIONS), **options}).tokenizer
        return cls(name, read_vectors(path), max_length or NO_LIMIT, tokenizer)

    def save(self, folder: Path) -> None:
        """See `Encoder.save`; the vectors as `.npy`, which is memory-mapped when it is loaded."""
        write_vectors(folder, self.table, {"tokenizer": self.tokenizer})

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`. Raises `ValueError` for pairs: words are looked up one by one."""
        if texts_b is not None:
            raise ValueError("word vectors do not read two texts in one input")
        return self._read((words_of(text, self.tokenizer) for text in texts), tagged=False)

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """See `Encoder.read_words`."""
        return self._read(sentences, tagged=True)

    def pieces(self, inputs: Inputs) -> list[str]:
        """See `Encoder.pieces`; words as the table has them, `[unknown]` where it has none."""
        names = (*self.table.words, UNKNOWN)
        return [names[row] for row in inputs.ids.tolist()]

    def unread(self, inputs: Inputs) -> Unread:
        """See `Encoder.unread`: words that the table has not."""
        return Unread("words", len(inputs.ids), int((inputs.ids == len(self.table.words)).sum()))

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`; float32 in every precision, since nothing is computed."""
        states = torch.from_numpy(self.table.rows(batch.ids.cpu().numpy())).to(self.device)
        return LayerStates(states[None], batch.segment, batch.words, batch.lengths)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """None: there are no parameters."""
        return []

    def reinitialise_top(self, count: int) -> None:
        """Raises `ValueError` for any layer: there is none above the embeddings."""
        if count:
            raise ValueError("word vectors have no layers above the embeddings")

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`, and `VectorTable.digest` on large tables."""
        settings = f"{self.table.digest} {self.tokenizer}".encode() + splitting(self.tokenizer)
        return hashlib.blake2b(settings, digest_size=16).hexdigest()

    def sizes(self) -> tuple[int, int]:
        """See `Encoder.sizes`; of the table."""
        return self.table.vectors.size, self.table.vectors.nbytes

    @property
    def device(self) -> torch.device:
        """Where states are given; the table stays where it is."""
        return self._place.device

    def _read(self, sentences: Iterable[Sequence[str]], *, tagged: bool) -> Inputs:
        """Words numbered as they come, then by their rows; each distinct word is looked up once."""
        inputs, words = read_sentences(sentences, self.max_length, tagged=tagged)
        rows = np.array([self.table.row(word) for word in words], dtype=np.int32)
        return replace(inputs, ids=rows[inputs.ids])
