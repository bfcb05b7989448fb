"""Files as their bytes, unpacked on the way where they are compressed, in bounded memory and to a bounded size."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import zstandard

from unfreeze.errors import InputError
from unfreeze.language.message import say

SUFFIXES = (".gz", ".xz", ".bz2", ".zst")
MOST_TIMES = 200
"""A file may unpack to that many times its size; text takes 3 to 10 times the room, logs that repeat perhaps 100."""
ALWAYS = 1 << 26
"""Bytes that any file may unpack to."""
_SLICE = 1 << 8  # packed bytes taken at a time: a block of 4 bytes may unpack to 128 KiB


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """A stream of a file's bytes; `.gz`, `.xz`, `.bz2` and `.zst` are unpacked.

    Raises:
        InputError: inside the block too: it cannot be read, is torn, or unpacks to more than it may (`MOST_TIMES`).
    """
    try:
        with (
            io.BufferedReader(_Bounded(file), 1 << 16) if file.suffix.lower() in SUFFIXES else file.open("rb") as stream
        ):
            yield stream
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zstandard.ZstdError) as error:
        said = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise InputError(say("cannot be read: {said}", said=said), where=str(file)) from None


class _Bounded(io.RawIOBase):
    """The unpacked bytes of a file, no more than it may have."""

    def __init__(self, file: Path) -> None:
        known: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}
        self._where, self._read = str(file), 0
        self._most = max(ALWAYS, MOST_TIMES * file.stat().st_size)
        self._stream = known.get(file.suffix.lower(), _Zstandard)(file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._stream.readinto(buffer)
        self._read += count
        if self._read > self._most:
            found = say(
                "unpacks to more than {most_times} times its size; if it is meant to, unpack it and give the result",
                most_times=MOST_TIMES,
            )
            raise InputError(found, where=self._where)
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Zstandard(io.RawIOBase):
    """A .zst file, frame after frame. zstandard's own reader takes a torn file for a whole one."""

    def __init__(self, file: Path) -> None:
        self._file, self._frame = file.open("rb"), zstandard.ZstdDecompressor().decompressobj()
        self._packed, self._left = memoryview(b""), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            if self._frame.eof:
                self._packed = memoryview(self._frame.unused_data + bytes(self._packed))
            self._packed = self._packed or memoryview(self._file.read(1 << 16))
            if not self._packed:
                if not self._frame.eof:
                    raise EOFError(say("the file ends inside a frame"))
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            taken, self._packed = self._packed[:_SLICE], self._packed[_SLICE:]
            self._left = memoryview(self._frame.decompress(taken))
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
