"""Which rows of layer states a set of inputs needs: known before anything is computed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from unfreeze.encoders.protocol import Inputs, Ints, LayerStates

Form = Literal["tokens", "words", "mean", "max", "cls"]
FORMS: tuple[Form, ...] = get_args(Form)
_VERSION = 1  # of the store's format; part of every key


@dataclass(frozen=True)
class Layout:
    """Which rows each input has in a store. Identical inputs (all columns alike) share their rows.

    Attributes:
        first: (S,) int64: the input that a stored input is computed from, ascending.
        stored: (N,) int64: the stored input of each input.
        offsets: (S + 1,) int64: stored input s has the rows `offsets[s]:offsets[s + 1]`.
        segment, words: (R,) of each row, as in `Inputs`; -1 in the pooled forms.
    """

    first: Ints
    stored: Ints
    offsets: Ints
    segment: Ints
    words: Ints

    @property
    def rows(self) -> int:
        """R, all rows of the store."""
        return int(self.offsets[-1])

    @property
    def nbytes(self) -> int:
        """Bytes of the index."""
        return sum(getattr(self, f.name).nbytes for f in fields(self))

    def spans(self, inputs: Sequence[int] | Ints) -> tuple[Ints, Ints]:
        """First row and number of rows of each of these inputs."""
        stored = self.stored[np.asarray(inputs, dtype=np.int64)]
        return self.offsets[stored], self.offsets[stored + 1] - self.offsets[stored]

    def labelled(self, states: Tensor, inputs: Sequence[int] | Ints) -> LayerStates:
        """`states` (layers, rows of these inputs, width) with segment, words and rows per input as `lengths`."""
        starts, counts = self.spans(inputs)
        rows = ragged(starts, counts)
        segment, words = (torch.from_numpy(column[rows].astype(np.int64)) for column in (self.segment, self.words))
        return LayerStates(states, segment, words, tuple(counts.tolist()))


def ragged(starts: Ints, counts: Ints) -> Ints:
    """(sum of counts,) int64: `starts[i], starts[i] + 1, ...` (`counts[i]` of them), for each i in turn."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) + np.repeat(starts - ends + counts, counts)


def layout(inputs: Inputs, form: Form, shared: bool = True) -> Layout:
    """Where the rows of `inputs` lie in a store of this form.

    Args:
        shared: identical inputs have identical states, which are stored once.
    """
    every = np.arange(len(inputs.offsets) - 1, dtype=np.int64)
    first, stored = _distinct(inputs) if shared else (every, every)
    lengths = inputs.lengths()[first]
    if form in ("tokens", "words"):
        pieces = ragged(inputs.offsets[first], lengths)
        kept = np.ones(len(pieces), np.bool_) if form == "tokens" else inputs.words[pieces] >= 0
        counts = np.bincount(np.repeat(np.arange(len(first)), lengths)[kept], minlength=len(first))
        segment, words = inputs.segment[pieces[kept]], inputs.words[pieces[kept]]
    else:
        counts = np.ones(len(first), np.int64)
        segment, words = np.full(len(first), -1, np.int8), np.full(len(first), -1, np.int32)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Layout(first, stored, offsets, segment.astype(np.int8), words.astype(np.int32))


def _distinct(inputs: Inputs) -> tuple[Ints, Ints]:
    columns = _columns(inputs)
    seen: dict[bytes, int] = {}
    first: list[int] = []
    stored = np.empty(len(inputs.offsets) - 1, np.int64)
    bounds = inputs.offsets.tolist()
    for i, (start, end) in enumerate(pairwise(bounds)):
        digest = hashlib.blake2b(b"".join(column[start:end].tobytes() for column in columns), digest_size=16).digest()
        stored[i] = seen.setdefault(digest, len(first))
        if stored[i] == len(first):
            first.append(i)
    return np.asarray(first, np.int64), stored


def _columns(inputs: Inputs) -> tuple[Ints, ...]:
    """What decides an input's states and rows, in the dtypes that `Inputs` promises, so that bytes can be compared."""
    kinds = ((inputs.ids, np.int32), (inputs.types, np.int8), (inputs.segment, np.int8), (inputs.words, np.int32))
    return tuple(np.ascontiguousarray(column, dtype=kind) for column, kind in kinds)


def predicted_bytes(inputs: Inputs, layers: int, width: int, form: Form, shared: bool = True) -> int:
    """Exact bytes of the states that a store of `inputs` will hold in float16; its index adds some bytes a row."""
    return layout(inputs, form, shared).rows * layers * width * 2


def store_key(fingerprint: str, inputs: Inputs, form: Form, precision: str) -> str:
    """32 hex digits that name a store: a digest of everything that decides its states, and of nothing else."""
    digest = hashlib.blake2b(json.dumps([_VERSION, fingerprint, form, precision]).encode(), digest_size=16)
    for column in (np.ascontiguousarray(inputs.offsets, dtype=np.int64), *_columns(inputs)):
        digest.update(column.data)
    if inputs.table is not None:
        for column in (inputs.table.ends, inputs.table.values):
            digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()
