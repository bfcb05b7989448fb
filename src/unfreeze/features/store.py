"""Layer states on disk: whole and unaltered, or not used.

A store is a folder named by its key:

    states.bin   a row after the other, each with the states of all layers (`rows.py`)
    index.npz    which rows each input has, and what they are (`index.py`)
    meta.json    `About`, bytes, seconds, date, and a checksum over all three files

Rows are read with plain reads and not through a memory map: mapped pages count as resident memory, which would then
grow with the file.
"""

from __future__ import annotations

import io
import json
import os
import time
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from torch import Tensor

from unfreeze.disk.json_files import parsed
from unfreeze.disk.typed import typed
from unfreeze.encoders.protocol import Ints, LayerStates
from unfreeze.features.index import index_of, layout_from
from unfreeze.features.layout import Form, Layout
from unfreeze.features.rows import Dtype, from_rows, row_bytes, to_rows
from unfreeze.language.message import say

_CHUNK = 1 << 20


class TornStoreError(Exception):
    """A store that was cut or altered: it is to be deleted and computed again."""


@dataclass(frozen=True)
class About:
    """What a store contains.

    Attributes:
        encoder: its fingerprint.
        precision: of the computation; `dtype` is that of the file.
        note: what the user should know about the store, or None.
    """

    key: str
    encoder: str
    form: Form
    precision: str
    layers: int
    width: int
    dtype: Dtype
    note: str | None

    @property
    def row_bytes(self) -> int:
        """Bytes of one row: the states of all layers."""
        return row_bytes(self.layers, self.width, self.dtype)


@dataclass(frozen=True)
class _Meta:
    """What meta.json has besides `About`, as far as it is read."""

    bytes: int
    seconds: float
    checksum: int


def write_store(folder: Path, about: About, where: Layout, batches: Iterable[tuple[Ints, Tensor]]) -> None:
    """Fill an empty `folder` with a store. Its seconds are those in which `batches` was drawn and written.

    Args:
        batches: stored inputs, and the states (layers, rows of these inputs, width) of theirs; each stored input once.

    Raises:
        NotFiniteError: a state does not fit the dtype.
        OSError: the disk is full or may not be written.
    """
    began = time.perf_counter()
    with (folder / "states.bin").open("wb") as file:
        file.truncate(where.rows * about.row_bytes)
        for stored, states in batches:
            data = to_rows(states, about.dtype).reshape(-1)
            for there, here in spans(where.offsets[stored], where.offsets[stored + 1], about.row_bytes):
                file.seek(there)
                file.write(data[here].data)
    np.savez(folder / "index.npz", **index_of(where))  # type: ignore[arg-type]
    meta: dict[str, Any] = {
        **asdict(about),
        "bytes": where.rows * about.row_bytes,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - began, 4),
    }
    meta["checksum"] = _checksum(folder, meta)
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")


def _checksum(folder: Path, meta: Mapping[str, Any]) -> int:
    """One number over states, index, and everything else in meta.json."""
    buffer, crc = memoryview(bytearray(_CHUNK)), 0
    for name in ("states.bin", "index.npz"):
        with (folder / name).open("rb", buffering=0) as file:
            while count := file.readinto(buffer):
                crc = zlib.crc32(buffer[:count], crc)
    rest = {k: v for k, v in meta.items() if k != "checksum"}
    return zlib.crc32(json.dumps(rest, sort_keys=True).encode(), crc)


def spans(starts: Ints, ends: Ints, row_bytes: int) -> Iterator[tuple[int, slice]]:
    """Where rows lie that are packed in a buffer in this order: (byte in the file, bytes in the buffer).

    Rows that are neighbours in the file as in the buffer make one span.
    """
    if not len(starts):
        return
    heads = np.concatenate([[0], np.flatnonzero(starts[1:] != ends[:-1]) + 1, [len(starts)]])
    here = np.concatenate([[0], np.cumsum(ends - starts)])[heads] * row_bytes
    for there, start, end in zip((starts[heads[:-1]] * row_bytes).tolist(), here, here[1:], strict=False):
        yield there, slice(int(start), int(end))


class StoredFeatures:
    """An open store as `Features`; threads may share it."""

    kind: Literal["stored", "recomputed"] = "stored"

    def __init__(self, about: About, where: Layout, file: io.BufferedReader, *, seconds: float, reused: bool) -> None:
        self.layers, self.width, self.form, self.note = about.layers, about.width, about.form, about.note
        self.bytes, self.seconds, self.reused = where.rows * about.row_bytes, seconds, reused
        self.about = about
        self._where, self._file = where, file
        self._place = Lock()  # the file has one, which moves
        weakref.finalize(self, file.close)
        _OPEN.add(self)

    def read(self, inputs: Sequence[int] | Ints, layers: range | None = None) -> LayerStates:
        """See `Features.read`."""
        starts, counts = self._where.spans(inputs)
        rows = np.empty((int(counts.sum()), self.about.row_bytes), np.uint8)
        data = rows.reshape(-1)
        with self._place:
            for there, here in spans(starts, starts + counts, self.about.row_bytes):
                self._file.seek(there)
                if self._file.readinto(data[here].data) != here.stop - here.start:
                    raise OSError(say("feature store {key} was cut while in use", key=self.about.key))
        return self._where.labelled(from_rows(rows, self.layers, self.width, self.about.dtype, layers), inputs)


_OPEN: weakref.WeakSet[StoredFeatures] = weakref.WeakSet()


def open_keys() -> set[str]:
    """Keys of the stores that this process is using, which must not be evicted."""
    return {features.about.key for features in _OPEN}


def open_store(folder: Path, *, key: str | None = None, check: bool = True) -> StoredFeatures:
    """Open a store and mark it as used now.

    Args:
        key: of the store; None where the folder is named after it, as it is once the store is whole.
        check: read every byte and compare the checksum; False is for a store that this process has just written.

    Raises:
        FileNotFoundError: the store or a file of it is not there.
        TornStoreError: it is not whole, or was altered.
    """
    file = (folder / "states.bin").open("rb")
    try:
        features = _opened(folder, key or folder.name, file, check)
        with suppress(OSError):  # a read-only cache can still be read
            os.utime(folder / "meta.json")
        return features
    except BaseException as error:
        file.close()
        if isinstance(error, OSError) or not isinstance(error, Exception):
            raise
        raise TornStoreError(folder.name) from error  # a torn file can raise nearly anything


def _opened(folder: Path, key: str, file: io.BufferedReader, check: bool) -> StoredFeatures:
    values = parsed((folder / "meta.json").read_bytes(), folder.name)
    about, meta = typed(values, About, folder.name, loose=True), typed(values, _Meta, folder.name, loose=True)
    whole = about.key == key and os.fstat(file.fileno()).st_size == meta.bytes
    if not whole or (check and meta.checksum != _checksum(folder, values)):
        raise TornStoreError(key)
    with np.load(folder / "index.npz", allow_pickle=False) as index:
        where = layout_from(index)
    if where.rows * about.row_bytes != meta.bytes:
        raise TornStoreError(key)
    return StoredFeatures(about, where, file, seconds=meta.seconds, reused=check)
