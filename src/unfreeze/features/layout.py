"""Which rows of layer states a set of inputs needs: known before anything is computed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unfreeze.encoders.protocol import Inputs, Ints, LayerStates, ranges
from unfreeze.recipe import CacheDtype

Form = Literal["tokens", "words", "mean", "max", "cls", "last"]
FORMS: tuple[Form, ...] = get_args(Form)
_VERSION = 2  # of the store and of what is in it; part of every key
_PIECES = 1 << 20  # pieces looked at at a time


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

    def spans(self, inputs: Sequence[int] | Ints) -> tuple[Ints, Ints]:
        """First row and number of rows of each of these inputs."""
        stored = self.stored[np.asarray(inputs, dtype=np.int64)]
        return self.offsets[stored], self.offsets[stored + 1] - self.offsets[stored]

    def labelled(self, states: Tensor, inputs: Sequence[int] | Ints) -> LayerStates:
        """`states` (layers, rows of these inputs, width) with segment, words and rows per input as `lengths`."""
        starts, counts = self.spans(inputs)
        rows = ranges(starts, counts)
        segment, words = (torch.from_numpy(column[rows].astype(np.int64)) for column in (self.segment, self.words))
        return LayerStates(states, segment, words, tuple(counts.tolist()))


def layout(inputs: Inputs, form: Form, shared: bool = True) -> Layout:
    """Where the rows of `inputs` lie in a store of this form.

    Args:
        shared: identical inputs have identical states, which are stored once.
    """
    every = np.arange(len(inputs.offsets) - 1, dtype=np.int64)
    first, stored = _distinct(inputs) if shared else (every, every)
    lengths = inputs.lengths()[first]
    if form in ("tokens", "words"):
        pieces = ranges(inputs.offsets[first], lengths)
        kept = np.ones(len(pieces), np.bool_) if form == "tokens" else inputs.words[pieces] >= 0
        counts = np.bincount(np.repeat(np.arange(len(first)), lengths)[kept], minlength=len(first))
        segment, words = inputs.segment[pieces[kept]], inputs.words[pieces[kept]]
    else:
        counts = np.ones(len(first), np.int64)
        segment, words = np.full(len(first), -1, np.int8), np.full(len(first), -1, np.int32)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Layout(first, stored, offsets, segment.astype(np.int8), words.astype(np.int32))


def _distinct(inputs: Inputs) -> tuple[Ints, Ints]:
    """`first` and `stored` of a layout: inputs are grouped by a hash, and every group is then compared piece by piece.

    Two different inputs rarely have the same hash; if they do, all are grouped again by another hash.
    """
    columns = _columns(inputs)
    for seed in count():
        hashes = _hashes(columns, inputs.offsets, seed)
        _, earliest, group = np.unique(hashes, return_index=True, return_inverse=True)
        order = np.argsort(earliest)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        first, stored = earliest[order], rank[group]
        if _alike(columns, inputs.offsets, first[stored]):
            break
    return first.astype(np.int64), stored.astype(np.int64)


def _hashes(columns: tuple[Ints, ...], offsets: Ints, seed: int) -> npt.NDArray[np.uint64]:
    """(N,) a number for each input: the sum of its values times random numbers, one a place and column, modulo 2^64."""
    lengths, found = np.diff(offsets), np.empty(len(offsets) - 1, np.uint64)
    random = np.random.default_rng(seed)
    shape = len(columns), int(lengths.max(initial=0)) + 1
    factors = random.integers(1 << 64, size=shape, dtype=np.uint64) | np.uint64(1)
    for part in _parts(offsets):
        start, end, sizes = offsets[part.start], offsets[part.stop], lengths[part]
        place = ranges(np.zeros_like(sizes), sizes)
        total = np.zeros(end - start + 1, np.uint64)
        for column, factor in zip(columns, factors, strict=True):
            total[1:] += column[start:end].astype(np.int64).view(np.uint64) * factor[place]
        np.cumsum(total, out=total)
        found[part] = total[offsets[part.start + 1 : part.stop + 1] - start] - total[offsets[part] - start]
        found[part] += sizes.view(np.uint64) * factors[0, -1]
    return found


def _alike(columns: tuple[Ints, ...], offsets: Ints, others: Ints) -> bool:
    """Whether each input is the same, piece by piece, as the one of `others` (N,) in its place."""
    lengths = np.diff(offsets)
    if not np.array_equal(lengths, lengths[others]):
        return False
    for part in _parts(offsets):
        own = np.arange(part.start, part.stop)
        own = own[others[part] != own]
        here, there = (ranges(offsets[some], lengths[own]) for some in (own, others[own]))
        if not all(np.array_equal(column[here], column[there]) for column in columns):
            return False
    return True


def _parts(offsets: Ints) -> Iterator[slice]:
    """All inputs in runs of bounded size, so that what is computed for each piece takes little memory."""
    start, inputs = 0, len(offsets) - 1
    while start < inputs:
        end = max(start + 1, int(np.searchsorted(offsets, offsets[start] + _PIECES, "right")) - 1)
        yield slice(start, end)
        start = end


def _columns(inputs: Inputs) -> tuple[Ints, ...]:
    """What decides an input's states and rows, in the dtypes that `Inputs` promises, so that bytes can be compared."""
    kinds = ((inputs.ids, np.int32), (inputs.types, np.int8), (inputs.segment, np.int8), (inputs.words, np.int32))
    return tuple(np.ascontiguousarray(column, dtype=kind) for column, kind in kinds)


def store_key(fingerprint: str, inputs: Inputs, form: Form, precision: str, dtype: CacheDtype = "float16") -> str:
    """32 hex digits that name a store: a digest of everything that decides its states, and of nothing else.

    Args:
        dtype: as it was asked for; a store that was to be float16 may be float32.
    """
    decides = [_VERSION, fingerprint, form, precision]
    if dtype != "float16":  # keys of float16 are older than the choice
        decides.append(dtype)
    digest = hashlib.blake2b(json.dumps(decides).encode(), digest_size=16)
    for column in (np.ascontiguousarray(inputs.offsets, dtype=np.int64), *_columns(inputs)):
        digest.update(column.data)
    if inputs.table is not None:
        for column in (inputs.table.ends, inputs.table.values):
            digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()
