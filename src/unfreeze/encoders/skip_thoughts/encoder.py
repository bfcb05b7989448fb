"""Skip-thoughts behind the `Encoder` protocol."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from unfreeze.data.batches import sorted_batches, unsorted
from unfreeze.data.unread import Unread
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.protocol import NO_LIMIT, Batch, Encoder, Inputs, Ints, LayerStates
from unfreeze.encoders.skip_thoughts.published import PARTS, read_published, write_published
from unfreeze.encoders.skip_thoughts.reading import Options, read_sentences, words_of
from unfreeze.encoders.skip_thoughts.vocabulary import Part, Vocabulary
from unfreeze.encoders.words import splitting
from unfreeze.errors import InputError
from unfreeze.language.message import say

MOST_NUMBERS = 1 << 28  # in tables of word vectors that are drawn afresh: a gigabyte
_WORDS = 2048  # read at a time: the gates of published GRUs take 60 MB then


class SkipThoughtsEncoder(Encoder):
    """GRUs over word vectors that stay on disk; one layer state, and a piece is a whole text.

    The state of a text is the last state of each part (`uni`: one direction; `bi`: forward and backward side by side),
    of length 1 each, one part after the other: 2400, 2400 or 4800 numbers in the published model.

    Args:
        name: what the user called it.
        grus: by part, the two-directional one under `bi`.
        options: its `kind` is overruled by the parts that there are.
        max_length: words of a text that are read.
    """

    fixed = say(
        "its word vectors are read from disk as they are, and its states are made to be used so (Kiros et al. 2015)"
    )

    def __init__(
        self,
        name: str,
        grus: Mapping[Part, nn.GRU],
        vocabulary: Vocabulary,
        options: Options | None = None,
        max_length: int = NO_LIMIT,
    ) -> None:
        super().__init__()
        kind = next(kind for kind, parts in PARTS.items() if set(parts) == set(grus))
        self.name, self.vocabulary, self.max_length = name, vocabulary, max_length
        self.options = replace(options or Options(), kind=kind)
        self.parts = nn.ModuleDict({part: grus[part] for part in PARTS[kind]})
        self.layers, self.width = 1, sum(gru.hidden_size * (1 + gru.bidirectional) for gru in self.grus.values())
        self.family, self.reads_pairs = "sentence-vectors", False
        self.wordless = say("it gives one vector a text")
        self.eval()

    @property
    def grus(self) -> dict[Part, nn.GRU]:
        """The GRU of each part, in the order of their states."""
        return cast(dict[Part, nn.GRU], dict(self.parts.items()))

    @classmethod
    def load(cls, name: str, max_length: int | None, options: Mapping[str, str]) -> SkipThoughtsEncoder:
        """Load a published folder, or one that `save` wrote.

        Args:
            options: fields of `Options` as text.

        Raises:
            InputError: see `read_published`.
        """
        grus, vocabulary, read = read_published(packaged_folder(name) or Path(name), options)
        return cls(name, grus, vocabulary, read, max_length or NO_LIMIT)

    def save(self, folder: Path) -> None:
        """See `Encoder.save`: the files as published, see `write_published`."""
        write_published(folder, self.grus, self.vocabulary, self.options)

    def read_texts(self, texts: Sequence[str], texts_b: Sequence[str] | None = None) -> Inputs:
        """See `Encoder.read_texts`. Raises `ValueError` for pairs: texts are read one by one."""
        if texts_b is not None:
            raise ValueError("skip-thoughts does not read two texts in one input")
        words = (words_of(text, self.options.tokenizer) for text in texts)
        return read_sentences(words, self.vocabulary, self.max_length, use_eos=self.options.use_eos)

    def read_words(self, sentences: Sequence[Sequence[str]]) -> Inputs:
        """Raises `InputError`: there are no states per word."""
        raise InputError("gives one vector per text; tagging needs one per word", where=f"encoder {self.name}")

    def pieces(self, inputs: Inputs) -> list[str]:
        """See `Encoder.pieces`: the words of each text that are read, unknown ones as `UNK`."""
        if inputs.table is None:
            raise ValueError("inputs without a table of texts")
        known = self.vocabulary.words
        texts = [" ".join(known[i] for i in np.frombuffer(row, np.int32)) for row in inputs.table.as_bytes()]
        return [texts[i] for i in inputs.ids.tolist()]

    def unread(self, inputs: Inputs) -> Unread:
        """See `Encoder.unread`: words that the dictionary has not."""
        if inputs.table is None:
            raise ValueError("inputs without a table of texts")
        values = inputs.table.values
        words = inputs.table.counts(values != self.vocabulary.end)[inputs.ids].sum()
        unknown = inputs.table.counts(values == self.vocabulary.unknown)[inputs.ids].sum()
        return Unread("words", int(words), int(unknown))

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        """See `Encoder.encode`; in fp32, whatever the GRUs compute in."""
        if batch.table is None:
            raise ValueError("inputs of another encoder: skip-thoughts needs the words of texts")
        asked, where = torch.unique(batch.ids, return_inverse=True)
        texts = asked.cpu().numpy()
        parts = list(sorted_batches(batch.table.lengths()[texts], _WORDS))
        vectors = torch.cat([self._vectors(batch.table.padded(texts[part])) for part in parts])
        back = torch.from_numpy(unsorted(parts, len(texts))).to(where.device)
        return LayerStates(vectors[back[where]][None], batch.segment, batch.words, batch.lengths)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Raises `ValueError`: nothing is to be fine-tuned."""
        raise ValueError(f"{self.name} cannot be fine-tuned: {self.fixed}")

    def reinitialise_top(self, count: int) -> None:
        """Raises `ValueError`: nothing is to be fine-tuned."""
        raise ValueError(f"{self.name} cannot be fine-tuned: {self.fixed}")

    def redrawn(self) -> SkipThoughtsEncoder | None:
        """See `Encoder.redrawn`; None where the tables of word vectors would fill the memory."""
        tables = self.vocabulary.tables
        if sum(table.size for table in tables.values()) > MOST_NUMBERS:
            return None
        twin = copy.deepcopy(self)
        for gru in twin.grus.values():
            gru.reset_parameters()
            with torch.no_grad():
                for name, parameter in gru.named_parameters():
                    if name.startswith("bias_hh"):  # the published files have none
                        parameter.zero_()
        drawn: Any = {part: torch.empty(table.shape).uniform_(-0.1, 0.1).numpy() for part, table in tables.items()}
        twin.vocabulary = Vocabulary(self.vocabulary.words, drawn)
        return twin

    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`: weights, dictionary and options whole; of the tables see `Vocabulary.digest`.

        Two models whose tables differ only in rows between the 4,096 that are looked at have one fingerprint.
        """
        settings = repr(self.options).encode() + splitting(self.options.tokenizer)
        digest = hashlib.blake2b(settings, digest_size=16)
        self._digest_weights(digest, self)
        digest.update(self.vocabulary.digest())
        return digest.hexdigest()

    def sizes(self) -> tuple[int, int]:
        """See `Encoder.sizes`; the tables are counted, whatever is read of them."""
        numbers, size = super().sizes()
        tables = [self.vocabulary.tables[part] for part in self.grus]
        return numbers + sum(table.size for table in tables), size + sum(table.nbytes for table in tables)

    def _vectors(self, texts: Ints) -> Tensor:
        """(N, width) states of texts (N, C), -1 behind the end."""
        used, where = np.unique(np.maximum(texts, 0), return_inverse=True)
        place = torch.from_numpy(where.reshape(len(texts), -1)).to(self.device)
        sizes = torch.from_numpy((texts >= 0).sum(1))
        states = []
        for part, gru in self.grus.items():
            rows = torch.from_numpy(self.vocabulary.tables[part][used].astype(np.float32))
            rows = rows.to(next(gru.parameters()))
            packed = pack_padded_sequence(rows[place], sizes, batch_first=True, enforce_sorted=False)
            last = gru(packed)[1]  # (directions, N, hidden)
            states.append(F.normalize(last.transpose(0, 1).flatten(1).float(), dim=1))
        return torch.cat(states, 1)
