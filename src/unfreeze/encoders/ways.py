"""The ways in which a transformer can be run on a batch; each piece gets one row, in the batch's order.

`packed`: all inputs as one long sequence. `padded`: a block as wide as the longest input, behind a mask. `equal
lengths`: inputs of one length together, nothing padded. `one by one`: each input alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from unfreeze.encoders.packed import equal_length_groups
from unfreeze.encoders.protocol import Batch, ranges

Way = Literal["packed", "padded", "equal lengths", "one by one"]
RunBlock = Callable[[Tensor, Tensor, Tensor], Sequence[Tensor]]
"""Ids, types and mask, each (N, L), to the states of each layer, (N, L, width)."""


def padded(run: RunBlock, batch: Batch, pad: int) -> Tensor:
    """(layers, P, width); shorter inputs are filled up with `pad` behind a mask."""
    lengths = torch.tensor(batch.lengths, device=batch.ids.device)
    mask = torch.arange(max(batch.lengths), device=lengths.device)[None] < lengths[:, None]  # (N, L)
    ids = torch.full(mask.shape, pad, device=lengths.device).masked_scatter(mask, batch.ids)
    types = torch.zeros_like(ids).masked_scatter(mask, batch.types)
    return torch.stack([layer[mask] for layer in run(ids, types, mask.long())])


def unpadded(run: RunBlock, batch: Batch, together: bool = True) -> Tensor:
    """(layers, P, width): neighbours of equal length `together`, or each input alone; nothing is padded."""
    groups = equal_length_groups(batch.lengths)
    if not together:
        groups = [(first + i * length, 1, length) for first, count, length in groups for i in range(count)]
    parts = []
    for first, count, length in groups:
        ids, types = (x[first : first + count * length].view(count, length) for x in (batch.ids, batch.types))
        parts.append(torch.stack([layer.flatten(0, 1) for layer in run(ids, types, torch.ones_like(ids))]))
    return torch.cat(parts, 1)


def shortest_first(batch: Batch) -> tuple[Batch, Tensor | None, Tensor | None]:
    """The batch with its inputs from short to long.

    Returns:
        It, the row of `batch` that each of its rows is, and the other way round; None where the order is kept.
    """
    sizes = np.asarray(batch.lengths, dtype=np.int64)
    order = np.argsort(sizes, kind="stable")
    if np.array_equal(order, np.arange(len(order))):
        return batch, None, None
    there = torch.from_numpy(ranges((np.cumsum(sizes) - sizes)[order], sizes[order])).to(batch.ids.device)
    back = torch.empty_like(there)
    back[there] = torch.arange(len(there), device=there.device)
    ids, types, segment, words = (x[there] for x in (batch.ids, batch.types, batch.segment, batch.words))
    return Batch(ids, types, segment, words, tuple(sizes[order].tolist()), batch.table), there, back


def cut(batch: Batch, most: int | None) -> list[tuple[Batch, slice]]:
    """The batch in parts of at most that many pieces (or one longer input), each with its rows."""
    if most is None or sum(batch.lengths) <= most:
        return [(batch, slice(None))]
    ends = np.cumsum(batch.lengths)
    parts, first = [], 0
    while first < len(ends):
        start = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, start + most, "right")))
        rows = slice(start, int(ends[last - 1]))
        ids, types, segment, words = (x[rows] for x in (batch.ids, batch.types, batch.segment, batch.words))
        parts.append((Batch(ids, types, segment, words, batch.lengths[first:last], batch.table), rows))
        first = last
    return parts
