"""A safetensors file that is filled part by part, so that its tensors need not fit in memory."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from unfreeze.disk.files import new_file, writing

Kind = Literal["F32", "I64"]
_KINDS: dict[Kind, np.dtype[np.generic]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}
_ALIGNED = 8  # bytes that a header is a multiple of, as the format's own writer has it


@dataclass(frozen=True)
class Room:
    """The place of a tensor that is to come."""

    kind: Kind
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """That it takes."""
        return math.prod(self.shape) * _KINDS[self.kind].itemsize


class TensorFile:
    """An open file with room for every tensor; what is never written is zero."""

    def __init__(self, file: io.BufferedRandom, rooms: Mapping[str, Room], starts: Mapping[str, int]) -> None:
        self._file, self._rooms, self._starts = file, rooms, starts

    def write(self, name: str, first: int, values: npt.NDArray[np.generic]) -> None:
        """Write numbers into the tensor `name`, from its number `first` (counted as if it were flat) on."""
        kind = _KINDS[self._rooms[name].kind]
        self._file.seek(self._starts[name] + first * kind.itemsize)
        self._file.write(np.ascontiguousarray(values, kind).reshape(-1).data)

    def flush(self) -> None:
        """Have all that was written on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())


@dataclass(frozen=True)
class _Plan:
    """What the file begins with, where its tensors begin, and how many bytes it has."""

    header: bytes
    starts: Mapping[str, int]
    bytes: int

    @staticmethod
    def of(rooms: Mapping[str, Room], metadata: Mapping[str, str]) -> _Plan:
        # The widest numbers first, so that each tensor begins where its numbers may begin.
        order = sorted(rooms, key=lambda name: -_KINDS[rooms[name].kind].itemsize)
        ends = np.cumsum([rooms[name].bytes for name in order]).tolist()
        header: dict[str, object] = {"__metadata__": dict(metadata)}
        for name, end in zip(order, ends, strict=True):
            room = rooms[name]
            header[name] = {"dtype": room.kind, "shape": room.shape, "data_offsets": [end - room.bytes, end]}
        told = json.dumps(header, ensure_ascii=False).encode(errors="replace")
        told += b" " * (-len(told) % _ALIGNED)
        begin = 8 + len(told)
        starts = {name: begin + end - rooms[name].bytes for name, end in zip(order, ends, strict=True)}
        return _Plan(len(told).to_bytes(8, "little") + told, starts, begin + (ends[-1] if ends else 0))


@contextmanager
def new_tensors(path: Path, rooms: Mapping[str, Room], metadata: Mapping[str, str]) -> Iterator[TensorFile]:
    """A safetensors file to fill that becomes `path` when the block ends well, and vanishes when it does not.

    Raises:
        InputError: the disk is full or may not be written.
    """
    plan = _Plan.of(rooms, metadata)
    with new_file(path) as temporary, _filled(temporary, "w+b", plan) as file:
        yield TensorFile(file, rooms, plan.starts)


@contextmanager
def kept_tensors(path: Path, rooms: Mapping[str, Room], metadata: Mapping[str, str]) -> Iterator[TensorFile]:
    """The same at `path` itself, where it stays however the block ends; a file that exists is filled further.

    Raises:
        InputError: it cannot be opened there.
    """
    plan = _Plan.of(rooms, metadata)
    with ExitStack() as stack:
        with writing(path):  # not what the block does, which may fail for other reasons than the disk
            file = stack.enter_context(_filled(path, "r+b" if path.exists() else "w+b", plan))
        yield TensorFile(file, rooms, plan.starts)


@contextmanager
def _filled(path: Path, mode: Literal["w+b", "r+b"], plan: _Plan) -> Iterator[io.BufferedRandom]:
    """The open file, with its header and as long as it will be."""
    with path.open(mode) as file:
        file.write(plan.header)
        file.truncate(plan.bytes)
        yield file
