"""Inputs of one length cut from running text, in another order at every pass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from unfreeze.encoders.protocol import Ints
from unfreeze.pretraining.prepared import Prepared


@dataclass(frozen=True)
class Chunks:
    """Running text in pieces of `size` ids.

    Every pass cuts at other places and has an order of its own; both depend only on the seed and the pass.
    """

    text: Prepared
    size: int
    seed: int

    @property
    def count(self) -> int:
        """Chunks of a pass. Raises `ValueError` where the text is shorter than one."""
        tokens = len(self.text.ids)
        if tokens < self.size:
            raise ValueError(f"{tokens} ids do not make a chunk of {self.size}")
        return max(1, (tokens - self.size + 1) // self.size)  # with room to begin elsewhere at the next pass

    def starts(self, first: int, count: int) -> Ints:
        """Where the chunks number `first` to `first + count` begin, counted over all passes."""
        numbers = np.arange(first, first + count)
        return np.array([self._order(int(n) // self.count)[int(n) % self.count] for n in numbers], np.int64)

    def rows(self, starts: Ints) -> Ints:
        """(N, size) int64 ids of the chunks that begin there."""
        rows: Ints = self.text.ids[starts[:, None] + np.arange(self.size)].astype(np.int64)
        return rows

    def _order(self, number: int) -> Ints:
        return _order(len(self.text.ids), self.size, self.count, self.seed, number)


@lru_cache(maxsize=4)
def _order(tokens: int, size: int, count: int, seed: int, number: int) -> Ints:
    rng = np.random.default_rng((seed, number))
    shift = int(rng.integers(tokens - size * count + 1))
    return shift + size * rng.permutation(count).astype(np.int64)
