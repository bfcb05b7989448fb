"""Attention inside each input of a packed batch, from queries, keys and values that lie side by side.

Short inputs are filled up to a multiple of 16 rows, so that a batch has few kinds of them, and attend by plain
products: torch's softmax over rows shorter than its vectors takes up to ten times as long, and its fused kernel costs
some microseconds a head, however short the input. Rows that fill up have no weight, so nothing becomes different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.encoders.protocol import ranges

STEP = 16  # rows
SHORT = {torch.float32: 16, torch.bfloat16: 128}
"""Rows up to which products are quicker, on a processor."""


@dataclass(frozen=True)
class Block:
    """Neighbours in a packed batch that attend side by side, each in `length` rows.

    Attributes:
        first, pieces: where they are in the batch.
        filled: (count * length,) the piece that stands in each row: an input's own, its last one again and again;
            None where all have `length` pieces.
        places: (pieces,) the row of each piece.
        mask: (count, 1, length) minus infinity for rows that fill up, else 0.
    """

    first: int
    pieces: int
    count: int
    length: int
    filled: Tensor | None = None
    places: Tensor | None = None
    mask: Tensor | None = None


def blocks_of(lengths: Sequence[int], dtype: torch.dtype) -> list[Block]:
    """Blocks of inputs with `lengths` pieces; short ones that are nearly as long as their neighbours share one."""
    short, blocks, first = SHORT.get(dtype, 0), [], 0
    for rows, members in groupby(lengths, lambda n: -(-n // STEP) * STEP if n <= short else n):
        own = np.array(list(members))
        blocks.append(_block(first, own, rows, dtype))
        first += int(own.sum())
    return blocks


def _block(first: int, lengths: np.ndarray[tuple[int], np.dtype[np.int64]], rows: int, dtype: torch.dtype) -> Block:
    pieces, count = int(lengths.sum()), len(lengths)
    if pieces == count * rows:
        return Block(first, pieces, count, rows)
    place, starts = np.arange(rows), np.cumsum(lengths) - lengths
    filled = starts[:, None] + np.minimum(place, lengths[:, None] - 1)
    places = ranges(np.arange(count) * rows, lengths)
    mask = torch.zeros(count, 1, rows, dtype=dtype)
    mask.masked_fill_(torch.from_numpy(place >= lengths[:, None])[:, None], float("-inf"))
    return Block(first, pieces, count, rows, torch.from_numpy(filled.ravel()), torch.from_numpy(places), mask)


def attend_inside(sides: Tensor, blocks: Sequence[Block], heads: int, scale: float) -> Tensor:
    """(P, 3 width) of queries, keys and values to (P, width); every piece sees all of its own input."""
    parts = []
    for block in blocks:
        rows = sides[block.first : block.first + block.pieces]
        if block.filled is not None:
            rows = rows.index_select(0, block.filled)
        every = rows.view(block.count, block.length, 3, heads, -1).permute(2, 0, 3, 1, 4)  # (3, N, heads, L, width)
        if block.length > SHORT.get(sides.dtype, 0):
            query, key, value = every.unbind(0)
            seen = F.scaled_dot_product_attention(query, key, value, scale=scale)
        else:
            seen = _by_products(every, block.mask, scale)
        seen = seen.transpose(1, 2).reshape(block.count * block.length, -1)
        parts.append(seen if block.places is None else seen.index_select(0, block.places))
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _by_products(every: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """(3, N, heads, L, width) to (N, heads, L, width); softmax in fp32, as the fused kernel has it."""
    _, count, heads, length, width = every.shape
    q, k, v = every.contiguous().view(3, count * heads, length, width).unbind(0)
    none = q.new_zeros(1, 1, 1) if mask is None else mask.repeat_interleave(heads, 0)
    scores = torch.baddbmm(none, q, k.transpose(1, 2), alpha=scale)
    weights = scores.softmax(2, torch.float32).to(v.dtype)
    return torch.bmm(weights, v).view(count, heads, length, width)
