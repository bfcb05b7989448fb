"""Frozen layer states for a set of inputs: computed once into a store, or each time where a store has no room."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.data.batches import ordered_batches, sorted_batches
from unfreeze.encoders.finite import finite_states
from unfreeze.encoders.protocol import Encoder, Inputs, Ints, LayerStates, ranges
from unfreeze.encoders.threads import map_in_threads
from unfreeze.errors import InputError
from unfreeze.features.cache import discard, new_store, room_for
from unfreeze.features.index import predicted_bytes
from unfreeze.features.layout import Form, Layout, layout, store_key
from unfreeze.features.rows import Dtype, NotFiniteError
from unfreeze.features.store import About, StoredFeatures, TornStoreError, open_keys, open_store, write_store
from unfreeze.language.message import say
from unfreeze.layers.pooling import pool
from unfreeze.recipe import CacheDtype

Progress = Callable[[int, int], None]
_BATCHES_PER_TRIM = 4  # the next batch has to fetch its pages again; at every fourth that cost is lost in the noise


class Features(Protocol):
    """Frozen layer states of a set of inputs, wherever they come from.

    Attributes:
        layers, width, form: of the states.
        bytes: size of the states on disk; 0 when they are recomputed.
        seconds: spent in the encoder. For a store, those spent when it was made; recomputed features keep counting.
        reused: the store existed before.
        note: what the user should know, such as why the states are recomputed; or None.
    """

    kind: Literal["stored", "recomputed"]
    layers: int
    width: int
    form: Form
    bytes: int
    seconds: float
    reused: bool
    note: str | None

    def read(self, inputs: Sequence[int] | Ints, layers: range | None = None) -> LayerStates:
        """States of the inputs with these indices, in this order: float32 on the CPU.

        Form `tokens` has a row for each piece, `words` for each piece with `Inputs.words >= 0`, the others one per
        input (segment and words are -1 there); `lengths` are rows per input. Of all layers, or of a range of them.
        """
        ...


def extract(
    encoder: Encoder,
    inputs: Inputs,
    form: Form,
    *,
    folder: Path,
    cap_bytes: int,
    precision: str,
    dtype: CacheDtype = "float16",
    where: Layout | None = None,
    fingerprint: str | None = None,
    progress: Progress | None = None,
    token_budget: int | None = None,
) -> Features:
    """Layer states of `inputs`, from a store in `folder` that is made first if necessary.

    Where a store would pass the cap or the disk cannot take it, the states are recomputed at each reading, for which
    the encoder must still be frozen. States that do not fit float16 are stored as float32.

    Args:
        encoder: frozen: every part in eval mode, no parameter with a gradient.
        folder: see `cache_folder`.
        cap_bytes: at most that many bytes for all stores in `folder` together.
        precision: of the encoder's computation; part of the store's key.
        dtype: of the store, part of its key too.
        where: the layout of `inputs` in this form, if it is known already.
        fingerprint: of the encoder as it was loaded, whose copy in `precision` this one is; None hashes this one.
        progress: called with pieces done and pieces in all.
        token_budget: at most that many pieces are encoded at a time, unless a single input is longer; None takes the
            encoder's own.

    Raises:
        RuntimeError: the encoder is not frozen.
        InputError: the encoder gives states that are not finite, or states of an ordered one cannot be stored.
    """
    require_frozen(encoder)
    token_budget = token_budget or encoder.batch_pieces
    fingerprint = fingerprint or encoder.fingerprint()
    key = store_key(fingerprint, inputs, form, precision, dtype)
    if stored := _reopened(folder / key):
        return stored
    where = where or layout(inputs, form, encoder.ordered is None)
    note: str | None = None
    kinds: tuple[Dtype, ...] = ("float16", "float32") if dtype == "float16" else ("int8",)
    for kind in kinds:
        about = About(key, fingerprint, form, precision, encoder.layers, encoder.width, kind, note)
        batches = encoded(encoder, inputs, where.first, form, token_budget, progress)
        try:
            needed = predicted_bytes(where, encoder.layers, encoder.width, kind)
            full = room_for(folder, needed, cap_bytes, open_keys())
            if full is None:
                return _stored(folder / key, about, where, batches)
            note = full
            break
        except NotFiniteError:
            note = say("some states are too large for float16, so they are stored as float32")
        except OSError as error:
            note = say("states cannot be stored in {folder}: {value}", folder=folder, value=error.strerror or error)
            break
    else:
        raise InputError("gives states that are infinite or NaN", where=f"encoder {encoder.name}")
    if encoder.ordered is not None:
        problem = say(
            "{note}; stateful reading needs a store, since single texts cannot be read again; raise --cache-gb",
            note=note,
        )
        raise InputError(problem, where=f"encoder {encoder.name}")
    return RecomputedFeatures(
        encoder, inputs, where, form, token_budget, say("{note}; they are recomputed at each reading", note=note)
    )


def _reopened(path: Path) -> StoredFeatures | None:
    if not path.exists():
        return None
    try:
        return open_store(path)
    except (TornStoreError, FileNotFoundError):
        discard(path)
    except OSError:  # perhaps whole, for others
        pass
    return None


def _stored(path: Path, about: About, where: Layout, batches: Iterator[tuple[Ints, Tensor]]) -> StoredFeatures:
    with new_store(path) as unfinished:
        write_store(unfinished, about, where, batches)
        # Opened before it has its name, since from then on another process may throw it away. Where an open file
        # forbids renaming its folder, it also forbids throwing it away.
        ours = None if os.name == "nt" else open_store(unfinished, key=path.name, check=False)
    try:
        return open_store(path, check=False)
    except (OSError, TornStoreError):
        if ours is None:
            raise
        return ours


class RecomputedFeatures:
    """Features that store nothing: each reading runs the encoder. For states that no disk has room for."""

    kind: Literal["stored", "recomputed"] = "recomputed"

    def __init__(
        self, encoder: Encoder, inputs: Inputs, where: Layout, form: Form, token_budget: int, note: str | None
    ) -> None:
        self.layers, self.width, self.form, self.note = encoder.layers, encoder.width, form, note
        self.bytes, self.seconds, self.reused = 0, 0.0, False
        self._encoder, self._inputs, self._where, self._budget = encoder, inputs, where, token_budget

    def read(self, inputs: Sequence[int] | Ints, layers: range | None = None) -> LayerStates:
        """See `Features.read`. Raises `RuntimeError` when the encoder is no longer frozen."""
        require_frozen(self._encoder)
        began = time.perf_counter()
        asked = np.asarray(inputs, dtype=np.int64)
        _, counts = self._where.spans(asked)
        starts = np.cumsum(counts) - counts
        kept = range(self.layers) if layers is None else layers
        states = torch.empty((len(kept), int(counts.sum()), self.width))
        for batch, part in _batches(self._encoder, self._inputs, asked, self.form, self._budget):
            rows = torch.from_numpy(ranges(starts[batch], counts[batch]))
            states[:, rows] = part[kept.start : kept.stop].to("cpu", torch.float32)
        self.seconds += time.perf_counter() - began
        return self._where.labelled(states, asked)


def encoded(
    encoder: Encoder, inputs: Inputs, asked: Ints, form: Form, token_budget: int, progress: Progress | None = None
) -> Iterator[tuple[Ints, Tensor]]:
    """Encode the inputs `asked` for, all or nearly all of them, batch by batch: what they share is computed first.

    Yields:
        Places in `asked`, and the states (layers, rows of these inputs in this order, width) of their rows, in the
        encoder's dtype and on its device.
    """
    with torch.inference_mode():
        encoder.begin(inputs)
    yield from _batches(encoder, inputs, asked, form, token_budget, progress)


def _batches(
    encoder: Encoder, inputs: Inputs, asked: Ints, form: Form, token_budget: int, progress: Progress | None = None
) -> Iterator[tuple[Ints, Tensor]]:
    """As `encoded`, for any few inputs: nothing beyond them is computed."""
    device = encoder.device
    lengths, done = inputs.lengths()[asked], 0
    total = int(lengths.sum())

    def compute(batch: Ints) -> tuple[Ints, Tensor]:
        with torch.inference_mode():
            states = encoder.encode(inputs.batch(asked[batch], device))
            return batch, _rows(finite_states(states, encoder.name), form)

    for number, (batch, states) in enumerate(_computed(encoder, inputs, asked, token_budget, compute, device), start=1):
        yield batch, states
        del states
        if number % _BATCHES_PER_TRIM == 0:
            _trim_memory()
        done += int(lengths[batch].sum())
        if progress:
            progress(done, total)


def _computed(
    encoder: Encoder,
    inputs: Inputs,
    asked: Ints,
    token_budget: int,
    compute: Callable[[Ints], tuple[Ints, Tensor]],
    device: torch.device,
) -> Iterator[tuple[Ints, Tensor]]:
    if encoder.ordered is None:
        # Backwards: if the longest are too much for the memory, that shows at once.
        yield from map_in_threads(compute, reversed([*sorted_batches(inputs.lengths()[asked], token_budget)]), device)
        return
    if not np.array_equal(asked, np.arange(len(inputs.truncated))):
        raise ValueError("an ordered encoder reads all inputs, in their order")
    for examples in ordered_batches(np.diff(inputs.examples), encoder.ordered):
        yield compute(np.arange(inputs.examples[examples[0]], inputs.examples[examples[-1] + 1]))


def _trim_memory() -> None:
    """Give freed memory back to the system.

    No two batches have the same size, so glibc's heap falls into pieces that do not fit the next one, and resident
    memory would creep up with the number of batches (benchmarks/memory_growth.py).
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def _rows(states: LayerStates, form: Form) -> Tensor:
    if form == "tokens":
        return states.states
    if form == "words":
        return states.states[:, states.words >= 0]
    return pool(states.states, states.lengths, form)


def require_frozen(encoder: Encoder) -> None:
    """Raise `RuntimeError` if any part of the encoder is in training mode (dropout), or a parameter takes gradients."""
    module = cast(nn.Module, encoder)
    for name, part in module.named_modules():
        if part.training:
            raise RuntimeError(f"'{name or encoder.name}' is in training mode: its states would have dropout in them")
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            raise RuntimeError(f"'{name}' takes gradients: the encoder is not frozen")
