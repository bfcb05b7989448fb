"""A corpus as ids on disk: streamed there once, then read in any order, as often as training asks.

ids.bin         every id of every sentence, uint16 or uint32
sentences.bin   int64: sentence s is `ids[sentences[s]:sentences[s + 1]]`
documents.bin   int64: document d is the sentences from `documents[d]` to before `documents[d + 1]`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from unfreeze.encoders.protocol import Ints
from unfreeze.errors import InputError

EVERY = 100  # documents of which one is held out
TRAIN, HELD_OUT = "train", "held_out"
AGAIN = "delete the folder of the corpus and start the same command again"
_CHUNK = 1 << 22  # ids that are renumbered at a time
Ids = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Prepared:
    """Sentences of ids, mapped from their files.

    Attributes:
        ids: (T,).
        sentences: (S + 1,) first id of each sentence, and T.
        documents: (D + 1,) first sentence of each document, and S.
    """

    ids: Ids
    sentences: Ints
    documents: Ints


class _Sink:
    """The files of one part, written document by document."""

    def __init__(self, folder: Path, dtype: npt.DTypeLike, open_files: ExitStack) -> None:
        folder.mkdir(parents=True)
        self.dtype, self.tokens, self.sentences = dtype, 0, 0
        names = ("ids", "sentences", "documents")
        files = [open_files.enter_context((folder / f"{name}.bin").open("wb")) for name in names]
        self.ids, self.starts, self.firsts = files

    def add(self, document: Sequence[Sequence[int]]) -> None:
        sizes = np.array([len(sentence) for sentence in document], np.int64)
        _write(self.ids, np.array([i for sentence in document for i in sentence], self.dtype))
        _numbers(self.starts, self.tokens + np.cumsum(sizes) - sizes)
        _numbers(self.firsts, [self.sentences])
        self.tokens += int(sizes.sum())
        self.sentences += len(sizes)

    def close(self) -> None:
        _numbers(self.starts, [self.tokens])
        _numbers(self.firsts, [self.sentences])


def _numbers(file: BinaryIO, values: npt.ArrayLike) -> None:
    _write(file, np.asarray(values, np.int64))


def _write(file: BinaryIO, values: npt.NDArray[Any]) -> None:
    """Write an array, not by `tofile`, which silently loses a few numbers where the disk is full."""
    file.write(values.tobytes())


def write_prepared(
    folder: Path, documents: Iterable[Sequence[Sequence[int]]], dtype: npt.DTypeLike, most: int | None = None
) -> tuple[int, int]:
    """Write documents of sentences of ids to `folder`, one in a hundred of them to the held-out part.

    Args:
        documents: sentences of ids; empty sentences and documents are left out.
        most: stop reading after that many ids to train on; None reads all. Two documents are read in any case.

    Returns:
        Ids to train on, and held out.

    Raises:
        InputError: there are fewer than two documents, so none can be held out.
    """
    with ExitStack() as open_files:
        train, held_out = (_Sink(folder / part, dtype, open_files) for part in (TRAIN, HELD_OUT))
        number = 0
        for document in documents:
            if kept := [sentence for sentence in document if len(sentence)]:
                (held_out if number % EVERY == 1 else train).add(kept)
                number += 1
            if most is not None and train.tokens >= most and held_out.tokens:
                break
        for sink in (train, held_out):
            sink.close()
    if not number:
        raise InputError("the corpus contains no text", where="CORPUS")
    if number < 2:
        raise InputError(
            "the corpus is one document, of which none can be held out; a blank line ends a document", where="CORPUS"
        )
    return train.tokens, held_out.tokens


def open_prepared(folder: Path, dtype: npt.DTypeLike, size: int | None = None) -> Prepared:
    """One part of a prepared corpus.

    Args:
        size: above every id; None does not look.

    Raises:
        InputError: a file is missing or truncated, or does not fit the others.
    """
    ids, sentences, documents = (
        _mapped(folder / f"{name}.bin", kind)
        for name, kind in (("ids", dtype), ("sentences", np.int64), ("documents", np.int64))
    )
    if size is not None and any(int(part.max()) >= size for part in _parts(ids)):
        raise InputError(f"contains ids past the last of {size}; {AGAIN}", where=str(folder / "ids.bin"))
    for name, bounds, end in (("sentences", sentences, len(ids)), ("documents", documents, len(sentences) - 1)):
        rising = all(bool((part[1:] > part[:-1]).all()) for part in _parts(bounds, 1))
        if bounds[0] != 0 or bounds[-1] != end or not rising:
            raise InputError(f"does not fit the files beside it; {AGAIN}", where=str(folder / f"{name}.bin"))
    return Prepared(ids, sentences, documents)


def _mapped(path: Path, dtype: npt.DTypeLike) -> Any:
    try:
        return np.memmap(path, dtype, "r")
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read: {problem}; {AGAIN}", where=str(path)) from None


def _parts(array: Any, more: int = 0) -> Iterator[Any]:
    """An array in parts that fit into memory, each with `more` elements of the next one."""
    for start in range(0, len(array), _CHUNK):
        yield array[start : start + _CHUNK + more]


def renumber(folder: Path, dtype: npt.DTypeLike, numbers: Ids) -> None:
    """Replace every id of both parts by `numbers[id]`."""
    for part in (TRAIN, HELD_OUT):
        ids = np.memmap(folder / part / "ids.bin", dtype, "r+")
        for start in range(0, len(ids), _CHUNK):
            ids[start : start + _CHUNK] = numbers[ids[start : start + _CHUNK]]
        ids.flush()


def counts(folder: Path, dtype: npt.DTypeLike, size: int) -> Ints:
    """(size,) how often each id occurs in both parts."""
    found = np.zeros(size, np.int64)
    for part in (TRAIN, HELD_OUT):
        ids = np.memmap(folder / part / "ids.bin", dtype, "r")
        for start in range(0, len(ids), _CHUNK):
            found += np.bincount(ids[start : start + _CHUNK], minlength=size)
    return found
