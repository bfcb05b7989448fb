"""Rows of numbers of different lengths, one after another: what there is of them, whatever the longest is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Rows:
    """V rows of numbers that are not below 0.

    Attributes:
        values: (R,) int32, all rows one after another.
        ends: (V,) int64, where in them each row ends.
    """

    values: Ints
    ends: Ints

    @classmethod
    def even(cls, rows: Ints) -> Rows:
        """Rows that are all of one length, (V, C)."""
        count, width = rows.shape
        return cls(np.ascontiguousarray(rows, np.int32).reshape(-1), np.arange(1, count + 1, dtype=np.int64) * width)

    @classmethod
    def of(cls, rows: Iterable[bytes]) -> Rows:
        """Rows that are given as the bytes of their int32 numbers."""
        parts = list(rows)
        ends = np.cumsum([len(part) // 4 for part in parts], dtype=np.int64)
        return cls(np.frombuffer(b"".join(parts), np.int32), ends)

    def __len__(self) -> int:
        return len(self.ends)

    def lengths(self) -> Ints:
        """(V,) numbers of each row."""
        return np.diff(self.ends, prepend=0)

    def counts(self, marked: npt.NDArray[np.bool_]) -> Ints:
        """(V,) how many numbers of each row are marked; `marked` is (R,)."""
        sums = np.concatenate([[0], np.cumsum(marked)])
        return np.diff(sums[self.ends], prepend=0)

    def padded(self, which: Ints | None = None) -> Ints:
        """(n, longest of them) the rows `which`, all if None; -1 behind a row's end."""
        asked = np.arange(len(self)) if which is None else np.asarray(which)
        counts = self.lengths()[asked]
        place = np.arange(int(counts.max(initial=0)))
        inside = place < counts[:, None]
        out = np.full(inside.shape, -1, np.int32)
        out[inside] = self.values[((self.ends[asked] - counts)[:, None] + place)[inside]]
        return out

    def as_bytes(self) -> list[bytes]:
        """The rows as `of` takes them."""
        everything, ends = self.values.tobytes(), (4 * self.ends).tolist()
        return [everything[a:b] for a, b in pairwise([0, *ends])]
