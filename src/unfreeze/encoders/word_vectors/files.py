"""From a file or a folder to a `VectorTable`, and back. No torch here.

A file is read by its ending: `.npy` is the rows of an array, memory-mapped, with a vocabulary beside it; `.bin` is
word2vec's binary format; everything else is text. In a folder the first of these is taken that there is one of:
`*.npy` with a vocabulary, `*.vec`, `*.bin`, `glove*.txt`.

A vocabulary has a word for each row, in order: `NAME.vocab` or `NAME.txt` beside `NAME.npy`, else `vocabulary.txt`,
`vocab.txt`, `words.txt` (one word per line), or the folder's one `.parquet` (its first column of strings).
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unfreeze.disk.arrays import save_array
from unfreeze.encoders.word_vectors.table import VectorTable
from unfreeze.encoders.word_vectors.text import read_text
from unfreeze.errors import InputError
from unfreeze.language.message import say

VECTORS, VOCABULARY, OPTIONS = "vectors.npy", "vocabulary.txt", "word_vectors.json"
VOCABULARIES = (VOCABULARY, "vocab.txt", "words.txt")
_FASTTEXT = (793_712_314).to_bytes(4, "little")  # what fastText's own models begin with


def is_published(path: Path) -> bool:
    """Whether a path is a file, or a folder with files of word vectors and without a transformer."""
    return path.is_file() or (path.is_dir() and _in_folder(path) != [])


def read_vectors(path: Path) -> VectorTable:
    """The table of a file or folder.

    Raises:
        InputError: nothing that can be read, or several files; a missing vocabulary, or what `read_text` and
            `VectorTable` raise.
    """
    files = _in_folder(path) if path.is_dir() else [path]
    if not files:
        raise InputError(
            say(
                "contains no word vectors; expected {vectors} with {vocabulary}, or a .vec",
                vectors=VECTORS,
                vocabulary=VOCABULARY,
            ),
            where=str(path),
        )
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise InputError(
            say("contains {files} files of vectors; give one of them: {names}", files=len(files), names=names),
            where=str(path),
        )
    file = files[0]
    if file.suffix == ".npy":
        return _read_array(file)
    return _read_binary(file) if file.suffix == ".bin" else read_text(file)


def write_vectors(folder: Path, table: VectorTable, options: Mapping[str, str]) -> None:
    """Write a folder that `read_vectors` gives the same table back from; rows of a mapped file are streamed."""
    folder.mkdir(parents=True, exist_ok=True)
    save_array(folder / VECTORS, table.vectors)
    (folder / VOCABULARY).write_bytes("".join(f"{word}\n" for word in table.words).encode())
    (folder / OPTIONS).write_text(json.dumps(dict(options)) + "\n", encoding="utf-8")


def array_shape(folder: Path) -> tuple[int, int]:
    """Rows and width of a folder's array, its numbers unread."""
    files = _in_folder(folder)
    if len(files) != 1 or files[0].suffix != ".npy":
        raise InputError("contains no .npy with a vocabulary", where=str(folder))
    rows, width = _mapped(files[0]).shape
    return rows, width


def _in_folder(folder: Path) -> list[Path]:
    """The file with the vectors, or all that may be; none where the folder is a transformer's."""
    if (folder / "config.json").exists():
        return []
    arrays = [path for path in sorted(folder.glob("*.npy")) if _vocabulary_of(path)]
    kinds = [arrays, *(sorted(folder.glob(name)) for name in ("*.vec", "*.bin", "glove*.txt"))]
    return next((found for found in kinds if len(found) == 1), [file for found in kinds for file in found])


def _vocabulary_of(array: Path) -> Path | None:
    own = [array.with_suffix(end) for end in (".vocab", ".txt")]
    tables = sorted(array.parent.glob("*.parquet"))
    named = [*own, *(array.with_name(name) for name in VOCABULARIES), *(tables if len(tables) == 1 else ())]
    return next((path for path in named if path.exists()), None)


def _mapped(path: Path) -> np.ndarray[Any, Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("it is an archive of arrays")
    except Exception as error:  # numpy reads the header as Python, and a torn one raises nearly anything
        problem = " ".join(str(error).split()) or type(error).__name__
        raise InputError(say("cannot be read as an array: {problem}", problem=problem), where=str(path)) from None
    return array


def _read_array(path: Path) -> VectorTable:
    file = _vocabulary_of(path)
    if file is None:
        names = ", ".join((f"{path.stem}.vocab", f"{path.stem}.txt", *VOCABULARIES))
        raise InputError(
            say("has no vocabulary beside it; looked for {names} and one .parquet", names=names), where=str(path)
        )
    words = _words_of_table(file) if file.suffix == ".parquet" else _words_of_lines(file)
    return VectorTable(words, _mapped(path), str(path))


def _words_of_lines(path: Path) -> list[str]:
    """Words of a file with one per line; only `\\n` and `\\r\\n` end a line, whatever else a word may contain."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise InputError(say("cannot be read: {value}", value=error.strerror or error), where=str(path)) from None
    if lines[-1] == b"":
        lines.pop()
    if lines and all(line.endswith(b"\r") for line in lines):
        lines = [line[:-1] for line in lines]
    words = []
    for number, line in enumerate(lines, start=1):
        try:
            words.append(line.decode())
        except UnicodeDecodeError:
            raise InputError(
                say("has a word that is not UTF-8: {line!r}", line=line), where=f"{path}:{number}"
            ) from None
    return words


def _words_of_table(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except Exception as error:  # as with arrays
        raise InputError(say("cannot be read: {error}", error=error), where=str(path)) from None
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            return [word or "" for word in column.to_pylist()]
    raise InputError("has no column of strings, which the vocabulary should be", where=str(path))


def _read_binary(path: Path) -> VectorTable:
    """word2vec's binary format: a line `N d`, then N times a word, a space and d float32, least byte first."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _from_bytes(data, path)
    except (OSError, ValueError) as error:
        raise InputError(say("cannot be read: {error}", error=error), where=str(path)) from None


def _from_bytes(data: mmap.mmap, path: Path) -> VectorTable:
    if data[:4] == _FASTTEXT:
        raise InputError("is a model of fastText's own; give its .vec, which has the vectors of words", where=str(path))
    header = data[: max(0, data.find(b"\n"))][:100].split()
    if len(header) != 2 or not all(part.isdigit() for part in header):
        raise InputError("does not begin with a line `words dimensions`; is it word2vec's?", where=str(path))
    count, width = int(header[0]), int(header[1])
    at = data.find(b"\n") + 1
    if count * (4 * width + 1) > len(data) - at:
        raise InputError(
            say("ends before the {count:,} words of its first line; is it whole?", count=count), where=str(path)
        )
    vectors = np.empty((count, width), "<f4")
    words = []
    for row in range(count):
        space = data.find(b" ", at)
        start = space + 1
        if space < 0 or start + 4 * width > len(data):
            raise InputError(
                say("ends inside word {row:,} of {count:,}; is it whole?", row=row + 1, count=count), where=str(path)
            )
        try:
            words.append(data[at:space].lstrip(b"\n").decode())
        except UnicodeDecodeError:
            raise InputError(say("word {row:,} is not UTF-8", row=row + 1), where=str(path)) from None
        at = start + 4 * width
        vectors[row] = np.frombuffer(data[start:at], "<f4")
    if not np.isfinite(vectors).all():
        raise InputError("has numbers that are not finite", where=str(path))
    return VectorTable(words, vectors.astype(np.float32, copy=False), str(path))
