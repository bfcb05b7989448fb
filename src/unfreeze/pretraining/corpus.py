"""Raw text as a stream of documents: plain text, WikiExtractor's files and jsonl, perhaps compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any, cast

import zstandard

from unfreeze.errors import InputError

Document = tuple[str, ...]
"""Its paragraphs, none empty."""

LONGEST_LINE = 1 << 24  # bytes; text has line ends, and a line is in memory as a whole
LONGEST_DOCUMENT = 1000  # paragraphs; a longer one is read as several
_HALVES = re.compile("[\ud800-\udfff]")  # of pairs; JSON can name one by itself, UTF-8 cannot write it
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def corpus_files(paths: Sequence[Path]) -> list[Path]:
    """The files of a corpus: those named, and all below folders that are named, in the order of their names.

    Raises:
        InputError: a path is not there, or a folder has no files.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
            if not inside:
                raise InputError("the folder holds no files", where=str(path))
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise InputError("no such file or folder; check the path", where=str(path))
    return files


def read_documents(files: Iterable[Path]) -> Iterator[Document]:
    """Documents of files one after the other, a line of a file in memory at a time.

    Which format a file has is seen in its first line that is not blank: `<doc ...>` begins WikiExtractor's documents
    (the first line inside, the title, is left out), `{` a line of JSON whose `text` is a document. In plain text a
    line is a paragraph and a blank line ends a document.

    Raises:
        InputError: a file that cannot be read, is torn, binary or not UTF-8 (with its line), or a line of JSON without
            a text.
    """
    for file in files:
        lines = _lines(file)
        with closing(lines):
            first = next(lines, None)
            if first is None:
                continue
            kind = _wiki if first[1].startswith("<doc ") else _jsonl if first[1].startswith("{") else _plain
            for paragraphs in kind(_chained(first, lines), str(file)):
                for start in range(0, len(paragraphs), LONGEST_DOCUMENT):
                    yield tuple(paragraphs[start : start + LONGEST_DOCUMENT])


_Lines = Generator[tuple[int, str], None, None]


def _chained(first: tuple[int, str], rest: _Lines) -> _Lines:
    yield first
    yield from rest


def _plain(lines: _Lines, where: str) -> Iterator[list[str]]:
    paragraphs: list[str] = []
    for _, line in lines:
        if line:
            paragraphs.append(line)
        if (not line or len(paragraphs) >= LONGEST_DOCUMENT) and paragraphs:
            yield paragraphs
            paragraphs = []
    if paragraphs:
        yield paragraphs


def _wiki(lines: _Lines, where: str) -> Iterator[list[str]]:
    paragraphs: list[str] = []
    titled = False
    for _, line in lines:
        if line.startswith("<doc "):
            paragraphs, titled = [], False
        elif line.startswith("</doc"):
            if paragraphs:
                yield paragraphs
            paragraphs = []
        elif line and not titled:
            titled = True
        elif line:
            paragraphs.append(line)
    if paragraphs:
        yield paragraphs


def _jsonl(lines: _Lines, where: str) -> Iterator[list[str]]:
    for number, line in lines:
        if not line:
            continue
        try:
            text = json.loads(line).get("text")
        except (ValueError, AttributeError):
            raise InputError("is no line of JSON with an object", where=f"{where}:{number}") from None
        if not isinstance(text, str):
            raise InputError("has no 'text' that is a string", where=f"{where}:{number}")
        if half := _HALVES.search(text):
            found = f"\\u{ord(half.group()):04x} is half a character; write both halves, or leave it out"
            raise InputError(found, where=f"{where}:{number}")
        if paragraphs := [part for part in (p.strip() for p in text.split("\n")) if part]:
            yield paragraphs


def _lines(file: Path) -> _Lines:
    """Numbered lines, stripped; blank ones before the first that is not are left out."""
    where, begun = str(file), False
    try:
        with _opened(file) as stream:
            number = 0
            while raw := stream.readline(LONGEST_LINE):
                number += 1
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                line = _text(raw, where, number).strip()
                begun = begun or bool(line)
                if begun:
                    yield number, line
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zstandard.ZstdError) as error:
        said = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise InputError(f"cannot be read: {said}", where=where) from None


def _text(raw: bytes, where: str, number: int) -> str:
    if _CONTROL.search(raw):
        raise InputError("holds bytes that no text has; a corpus is plain text, UTF-8", where=f"{where}:{number}")
    if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
        raise InputError(
            f"is a line of more than {LONGEST_LINE:,} bytes; text has line ends", where=f"{where}:{number}"
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{raw[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
        raise InputError(found, where=f"{where}:{number}") from None


class _Zstandard(io.RawIOBase):
    """A .zst file, frame after frame. zstandard's own reader takes a torn file for a whole one."""

    def __init__(self, file: Path) -> None:
        self._file, self._frame, self._left = file.open("rb"), zstandard.ZstdDecompressor().decompressobj(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            packed = self._frame.unused_data if self._frame.eof else b""
            packed = packed or self._file.read(1 << 16)
            if not packed:
                if not self._frame.eof:
                    raise EOFError("the file ends inside a frame")
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._left = self._frame.decompress(packed)
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _opened(file: Path) -> IO[bytes]:
    suffix = file.suffix.lower()
    if suffix == ".zst":
        return io.BufferedReader(_Zstandard(file))
    known: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}
    return cast(IO[bytes], known[suffix](file) if suffix in known else file.open("rb"))
