"""Words and their vectors: a table that is looked up, perhaps memory-mapped, and never changed. No torch here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.errors import InputError
from unfreeze.language.message import say

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float32]

HASHED_WHOLE = 512 << 20  # bytes of a table; past it only `SAMPLED` rows go into its digest
SAMPLED = 65_536
_CHUNK = 65_536  # rows read at a time


class VectorTable:
    """Words in the order of their rows. A copy, deep or not, is the table itself: nothing in it can change.

    Args:
        words: one for each row; of equal words the first counts.
        vectors: (V, d) floats, such as a memory-mapped file; its rows are read as float32 when they are asked for.

    Raises:
        InputError: no word, no dimension, another number of words than rows, no floats, a word with a line break.
            Vectors with numbers that are not finite are reported when they are read: a mapped file is not read before.
    """

    def __init__(self, words: Sequence[str], vectors: npt.NDArray[Any], where: str = "") -> None:
        if vectors.ndim != 2 or vectors.dtype.kind != "f":
            found = say("an array of shape {shape} and type {dtype}", shape=vectors.shape, dtype=vectors.dtype)
            raise InputError(
                say("contains {found}; rows of floats are expected, one per word", found=found), where=where
            )
        if not vectors.size:
            raise InputError("contains no word vectors", where=where)
        if len(words) != len(vectors):
            raise InputError(
                say(
                    "has {vectors:,} rows, but its vocabulary has {words:,} words",
                    vectors=len(vectors),
                    words=len(words),
                ),
                where=where,
            )
        self.words, self.vectors, self.where = tuple(words), vectors, where
        self._rows: dict[str, int] = {}
        for row, word in enumerate(self.words):
            self._rows.setdefault(word, row)
        broken = next((word for word in self._rows if "\n" in word), None)
        if broken is not None:
            raise InputError(say("has a word with a line break, {broken!r}", broken=broken), where=where)

    @property
    def width(self) -> int:
        """d, numbers of a vector."""
        return int(self.vectors.shape[1])

    def row(self, word: str) -> int:
        """The row of a word as it is written, else of its lower-cased form; V if the table has neither."""
        found = self._rows.get(word)
        return self._rows.get(word.lower(), len(self.words)) if found is None else found

    def rows(self, rows: Ints) -> Floats:
        """(n,) rows to (n, d) vectors; row V, of words that are not in the table, is all zeros.

        Raises:
            InputError: a number is not finite.
        """
        found = np.zeros((len(rows), self.width), np.float32)
        known = rows < len(self.words)
        with np.errstate(over="ignore"):
            found[known] = self.vectors[rows[known]]
        if not np.isfinite(found).all():
            word = self.words[rows[np.argmin(np.isfinite(found).all(1))]]
            raise InputError(say("has numbers that are not finite, at the word {word!r}", word=word), where=self.where)
        return found

    @cached_property
    def digest(self) -> str:
        """Digest of words, shape and vectors, whatever file they come from.

        Of tables above half a gigabyte (`HASHED_WHOLE`) 65,536 rows are read, evenly spread, the last one among them.
        """
        digest = hashlib.blake2b(repr(self.vectors.shape).encode(), digest_size=16)
        digest.update("\n".join(self.words).encode("utf-8", "surrogatepass"))
        count = len(self.vectors)
        if self.vectors.nbytes <= HASHED_WHOLE:
            asked = np.arange(count)
        else:
            asked = np.unique(np.linspace(0, count - 1, SAMPLED).round().astype(np.int64))
        for start in range(0, len(asked), _CHUNK):
            digest.update(np.ascontiguousarray(self.rows(asked[start : start + _CHUNK])).data)
        return digest.hexdigest()

    def __deepcopy__(self, memo: object) -> VectorTable:
        return self
