"""Which pieces of an input are to be predicted, and what stands in their place (Devlin et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.encoders.protocol import Ints

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Masker:
    """How pieces are chosen and masked.

    Attributes:
        share: of the pieces (or words) that are chosen.
        mask: id of the masking piece.
        others: ids from which exchanged pieces are drawn; no special ones, which may mean something to the model.
        exchange: of the chosen, 10 % become another piece and 10 % stay; else all are masked.
        continues: (V,) whether a piece continues the word of the one before it, to choose whole words; else None.
    """

    share: float
    mask: int
    others: Ints
    exchange: bool
    continues: Flags | None = None

    def choose(self, ids: Ints, ordinary: Flags, rng: np.random.Generator) -> Flags:
        """(N, L) of ids (N, L): which pieces are to be predicted, each with probability `share`, only ordinary ones."""
        place = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
        if self.continues is not None:  # all pieces of a word share the first one's lot
            first = ~(self.continues[ids] & ordinary & np.pad(ordinary, ((0, 0), (1, 0)))[:, :-1])
            place = np.maximum.accumulate(np.where(first, place, 0), axis=1)
        drawn = rng.random(ids.shape, np.float32)
        return ordinary & (np.take_along_axis(drawn, place, 1) < self.share)

    def masked(self, ids: Ints, chosen: Flags, rng: np.random.Generator) -> Ints:
        """`ids` with something else where it was chosen."""
        out = ids.copy()
        lot = rng.random(int(chosen.sum()))
        kept = ids[chosen]
        other = rng.choice(self.others, len(kept))
        if self.exchange:
            out[chosen] = np.where(lot < 0.8, self.mask, np.where(lot < 0.9, other, kept))
        else:
            out[chosen] = self.mask
        return out


def continuations(tokenizer: Any) -> Flags:
    """(V,) whether a piece continues a word, by how the tokenizer marks it: `##` inside, or `Ġ` or `▁` before."""
    names = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    for mark in ("Ġ", "▁"):
        if sum(name.startswith(mark) for name in names) > len(names) // 10:
            return np.array([not name.startswith(mark) for name in names])
    return np.array([name.startswith("##") for name in names])
