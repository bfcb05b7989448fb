"""Raw text as a stream of documents: plain text, WikiExtractor's files and jsonl, perhaps compressed."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from unfreeze.data.compressed import opened
from unfreeze.errors import InputError

Document = tuple[str, ...]
"""Its paragraphs, none empty."""

LONGEST_LINE = 1 << 24  # bytes; text has line ends, and a line is in memory as a whole
LONGEST_DOCUMENT = 1000  # paragraphs; a longer one is read as several
_HALVES = re.compile("[\ud800-\udfff]")  # of pairs; JSON can name one alone, UTF-8 cannot write it
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
                raise InputError("the folder contains no files", where=str(path))
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
            raise InputError("is not a line of JSON with an object", where=f"{where}:{number}") from None
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
    with opened(file) as stream:
        number = 0
        while raw := stream.readline(LONGEST_LINE):
            number += 1
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            line = _text(raw, where, number).strip()
            begun = begun or bool(line)
            if begun:
                yield number, line


def _text(raw: bytes, where: str, number: int) -> str:
    if _CONTROL.search(raw):
        raise InputError("contains bytes that text does not; a corpus is plain text, UTF-8", where=f"{where}:{number}")
    if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
        raise InputError(
            f"is a line of more than {LONGEST_LINE:,} bytes; text has line ends", where=f"{where}:{number}"
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{raw[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
        raise InputError(found, where=f"{where}:{number}") from None
