"""An encoder that somebody adds, all of it in this file: a word is the mean of vectors that a hash draws for parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.encoders.options import as_text, options_from, saved_options
from unfreeze.encoders.protocol import NO_LIMIT, Batch, Encoder, Inputs, LayerStates
from unfreeze.encoders.rows import Rows
from unfreeze.encoders.words import Tokenizer, read_sentences, splitting, words_of
from unfreeze.errors import InputError

OPTIONS = "hashed_ngrams.json"
SPACE = 1 << 20


@dataclass(frozen=True)
class _Options:
    width: int = 64
    ngram: int = 3
    tokenizer: Tokenizer = "treebank"


def is_published(path: Path) -> bool:
    """Whether a folder is one that `save` wrote."""
    return (path / OPTIONS).is_file()


class HashedNgrams(Encoder):
    """One layer state: the mean of the vectors of a word's n-grams."""

    _place: Tensor

    def __init__(self, name: str, options: _Options, max_length: int = NO_LIMIT) -> None:
        super().__init__()
        self.name, self.options, self.max_length = name, options, max_length
        self.layers, self.width = 1, options.width
        self.family, self.reads_pairs = "word-vectors", False
        self.fixed = "a hash knows nothing that could be tuned"
        self.register_buffer("_place", torch.zeros(0), persistent=False)
        self.eval()

    @classmethod
    def load(cls, name: str, max_length: int | None, options: Mapping[str, str]) -> HashedNgrams:
        """Load a folder. Raises `InputError` for an option or a value that it cannot have."""
        found = options_from(_Options, {**saved_options(Path(name) / OPTIONS), **options})
        if min(found.width, found.ngram) < 1:
            raise InputError("width and ngram must be at least 1", where=name)
        return cls(name, found, max_length or NO_LIMIT)

    def save(self, folder: Path) -> None:
        """See `Encoder.save`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / OPTIONS).write_text(json.dumps(as_text(self.options)), encoding="utf-8")

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`. Raises `ValueError` for pairs."""
        if texts_b is not None:
            raise ValueError("hashed n-grams do not read two texts in one input")
        return self._read((words_of(text, self.options.tokenizer) for text in texts), tagged=False)

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """See `Encoder.read_words`."""
        return self._read(sentences, tagged=True)

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`."""
        assert batch.table is not None
        rows = np.unique(batch.ids.cpu().numpy(), return_inverse=True)
        vectors = np.stack([self._vector(row[row >= 0]) for row in batch.table.padded(rows[0])])
        states = torch.from_numpy(vectors[rows[1]]).to(self.device)
        return LayerStates(states[None], batch.segment, batch.words, batch.lengths)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """None: there are no parameters."""
        return []

    def reinitialise_top(self, count: int) -> None:
        """Raises `ValueError` for any layer."""
        if count:
            raise ValueError("hashed n-grams have no layers above the embeddings")

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        about = f"hashed 1 {self.options}".encode() + splitting(self.options.tokenizer)
        return hashlib.blake2b(about, digest_size=16).hexdigest()

    def pieces(self, inputs: Inputs) -> list[str]:
        """See `Encoder.pieces`."""
        return [f"word {row}" for row in inputs.ids.tolist()]

    @property
    def device(self) -> torch.device:
        """Where states are given."""
        return self._place.device

    def _read(self, sentences: Iterable[Sequence[str]], *, tagged: bool) -> Inputs:
        inputs, words = read_sentences(sentences, self.max_length, tagged=tagged)
        return replace(inputs, table=Rows.of(np.array(self._hashes(word), np.int32).tobytes() for word in words))

    def _hashes(self, word: str) -> list[int]:
        framed, n = f"<{word}>", self.options.ngram
        grams = {framed[i : i + n] for i in range(max(1, len(framed) - n + 1))}
        return [int.from_bytes(hashlib.blake2b(g.encode(), digest_size=4).digest()) % SPACE for g in sorted(grams)]

    def _vector(self, hashes: np.ndarray) -> np.ndarray:
        drawn = [np.random.default_rng(int(h)).standard_normal(self.width) for h in hashes]
        return np.asarray(np.mean(drawn, 0), np.float32)
