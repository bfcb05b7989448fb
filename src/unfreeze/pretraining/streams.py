"""Running text of words for a language model of both directions: many streams, each continued from step to step."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from unfreeze.encoders.protocol import Ints
from unfreeze.pretraining.prepared import Prepared

STEPS_A_BLOCK = 50


@dataclass(frozen=True)
class Streams:
    """Sentences in their frames `<S> ... </S>`, one after another, cut into blocks that are read in random order.

    A stream reads a block from its beginning to its end, some words per step. The backward direction reads the same
    sentences in the same order, each of them, frame and all, from its end.

    Args:
        rows: streams.
        length: words of each stream per step.
        begin: id of `<S>`; `</S>` is the next.
    """

    text: Prepared
    rows: int
    length: int
    begin: int
    seed: int
    frames: Ints = field(init=False, repr=False)

    def __post_init__(self) -> None:
        sentences = np.asarray(self.text.sentences)
        object.__setattr__(self, "frames", sentences + 2 * np.arange(len(sentences)))

    @property
    def size(self) -> int:
        """Words, ends of sentences among them."""
        return int(self.frames[-1])

    @property
    def block(self) -> int:
        """Words of a block."""
        return self.length * STEPS_A_BLOCK

    def fresh(self, step: int) -> bool:
        """Whether a step begins new blocks, which do not continue what was read before."""
        return step % STEPS_A_BLOCK == 0

    def read(self, step: int) -> Ints:
        """(2, rows, length + 1) ids of a step, forward and backward; the last column is the next step's first."""
        number = step // STEPS_A_BLOCK * self.rows + np.arange(self.rows)
        blocks = max(1, self.size // self.block)
        starts = np.array([_order(self.seed, int(n) // blocks, blocks, self.block)[int(n) % blocks] for n in number])
        places = starts[:, None] + step % STEPS_A_BLOCK * self.length + np.arange(self.length + 1)
        return self._framed(places % self.size)

    def first(self, step: int) -> Ints:
        """As `read`, from the beginning of the text and in its order: stream r has the r-th part of it."""
        starts = self.size // self.rows * np.arange(self.rows)
        return self._framed((starts[:, None] + step * self.length + np.arange(self.length + 1)) % self.size)

    def _framed(self, places: Ints) -> Ints:
        sentence = np.searchsorted(self.frames, places, "right") - 1
        start, end = self.frames[sentence], self.frames[sentence + 1]
        return np.stack([self._ids(places, sentence), self._ids(start + end - 1 - places, sentence)])

    def _ids(self, places: Ints, sentence: Ints) -> Ints:
        inside = places - self.frames[sentence] - 1
        last = self.frames[sentence + 1] - self.frames[sentence] - 2
        words = self.text.ids[np.clip(self.text.sentences[sentence] + inside, 0, len(self.text.ids) - 1)]
        ids = np.where(inside < 0, self.begin, np.where(inside == last, self.begin + 1, words.astype(np.int64)))
        return ids.astype(np.int64)


@lru_cache(maxsize=4)
def _order(seed: int, turn: int, blocks: int, size: int) -> Ints:
    """(blocks,) where the blocks of a pass begin, in the order in which they are read."""
    rng = np.random.default_rng((seed, 3, turn))
    return int(rng.integers(size)) + size * rng.permutation(blocks).astype(np.int64)
