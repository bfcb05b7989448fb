"""Word vectors as text, a word and its numbers a line: GloVe (no header), word2vec and fastText (header `N d`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from unfreeze.data.tables import is_number
from unfreeze.encoders.word_vectors.table import Floats, VectorTable
from unfreeze.errors import InputError
from unfreeze.language.message import say

_BLOCK = 16 << 20  # bytes read at a time
_BOM = b"\xef\xbb\xbf"


def read_text(path: Path) -> VectorTable:
    """Read a text file of word vectors; a word may contain spaces, as some of GloVe's do, and empty lines do not count.

    Raises:
        InputError: with the line: another number of numbers than before, not a number, not UTF-8; a header that
            promises another number of words; an empty file, or one that cannot be read.
    """
    try:
        lines, header, width = _opening(path)
        most = path.stat().st_size // (2 * width or 1) + 1  # words, of which each number takes two bytes or more
        vectors = np.empty((min(lines, most), width), np.float32)
        words: list[str] = []
        for first, block in _blocks(path):
            kept = [(first + i, line.rstrip()) for i, line in enumerate(block)]
            kept = [(number, line) for number, line in kept if line and not (header and number == 1)]
            part = _parsed(kept, width, path)
            words += _decoded(kept, part[0], path)
            vectors[len(words) - len(kept) : len(words)] = part[1]
    except OSError as error:
        raise InputError(say("cannot be read: {value}", value=error.strerror or error), where=str(path)) from None
    if header and header[0] != len(words):
        problem = say(
            "promises {header:,} words in its first line and contains {words:,}; is it complete?",
            header=header[0],
            words=len(words),
        )
        raise InputError(problem, where=str(path))
    return VectorTable(words, vectors[: len(words)], str(path))


def _opening(path: Path) -> tuple[int, tuple[int, int] | None, int]:
    """Lines of the file (at most), its header if it has one, and numbers a line."""
    with path.open("rb") as file:
        first = file.readline().removeprefix(_BOM).split()
        lines = 1 + sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b"")) + 1
    if len(first) == 2 and all(part.isdigit() for part in first):
        header = (int(first[0]), int(first[1]))
        if header[1] < 1:
            raise InputError("promises 0 numbers a word", where=f"{path}:1")
        if header[1] > path.stat().st_size:
            raise InputError(
                say("promises {header:,} numbers a word, more than it has bytes", header=header[1]), where=f"{path}:1"
            )
        return lines, header, header[1]
    if len(first) < 2:
        raise InputError(
            "is not a line of word vectors: a word and its numbers, or `words dimensions`", where=f"{path}:1"
        )
    return lines, None, len(first) - 1


def _blocks(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Number of the first line, and whole lines, some megabytes at a time."""
    number, rest = 1, b""
    with path.open("rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            *lines, rest = (rest + block).split(b"\n")
            if number == 1 and lines:
                lines[0] = lines[0].removeprefix(_BOM)
            yield number, lines
            number += len(lines)
    if rest:
        yield number, [rest.removeprefix(_BOM) if number == 1 else rest]


def _parsed(lines: Sequence[tuple[int, bytes]], width: int, path: Path) -> tuple[list[bytes], Floats]:
    """Words and vectors of a block: all numbers at once; line by line if that does not come out even."""
    words, numbers, even = [], [], True
    for _, line in lines:
        word, _, rest = line.partition(b" ")
        words.append(word)
        numbers.append(rest)
        even = even and rest.count(b" ") == width - 1
    if even:
        flat = _all_numbers(b" ".join(numbers))
        if flat is not None and len(flat) == len(lines) * width and np.isfinite(flat).all():
            return words, flat.reshape(-1, width)
    split = [_split(line, width, f"{path}:{number}") for number, line in lines]
    return [word for word, _ in split], np.array([row for _, row in split], np.float32).reshape(-1, width)


def _all_numbers(text: bytes) -> Floats | None:
    """Numbers separated by single spaces; None where one cannot be read. pyarrow takes a third of numpy's time."""
    import pyarrow as pa
    import pyarrow.csv

    lines = pa.BufferReader(text.replace(b" ", b"\n"))
    try:
        column = pyarrow.csv.read_csv(
            lines,
            read_options=pyarrow.csv.ReadOptions(column_names=["number"], use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(column_types={"number": pa.float32()}),
        )["number"]
    except pa.ArrowInvalid:
        return None
    numbers: Floats = column.to_numpy()  # an empty or missing number becomes NaN
    return numbers


def _split(line: bytes, width: int, where: str) -> tuple[bytes, Floats]:
    """A line's word, which may contain spaces, and its numbers."""
    word, *numbers = line.rsplit(maxsplit=width)
    more = [part for part in word.split()[1:] if is_number(part)]
    if len(numbers) != width or more:
        found = len(numbers) + len(more)
        raise InputError(
            say("has {found} numbers after its word, where {width} are expected", found=found, width=width), where=where
        )
    bad = next((number for number in numbers if not is_number(number)), None)
    if bad is not None:
        raise InputError(say("{decode!r} is not a number", decode=bad.decode(errors="replace")), where=where)
    with np.errstate(over="ignore"):
        row = np.array([float(number) for number in numbers], np.float32)
    if not np.isfinite(row).all():
        raise InputError("has a number that is not finite", where=where)
    return word, row


def _decoded(lines: Sequence[tuple[int, bytes]], words: Sequence[bytes], path: Path) -> list[str]:
    try:
        return [word.decode() for word in words]
    except UnicodeDecodeError:
        for (number, _), word in zip(lines, words, strict=True):
            try:
                word.decode()
            except UnicodeDecodeError:
                raise InputError(
                    say("has a word that is not UTF-8: {word!r}", word=word), where=f"{path}:{number}"
                ) from None
        raise
