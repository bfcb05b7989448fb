"""Attention over packed inputs, plugged into transformers' attention interface: no token is computed for padding.

The whole batch runs as one long sequence of P pieces, so every linear layer works on real pieces only; attention alone
looks at where the inputs end and runs once per group of equally long neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from threading import Lock
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface

from unfreeze.layers.dropout import dropout as drop

PACKED = "unfreeze_packed"
SHORT = 32  # pieces; up to here plain products are quicker than the fused kernel in bf16 on a processor


def equal_length_groups(lengths: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Neighbours of equal length as (first piece, inputs, pieces each)."""
    groups, start = [], 0
    for length, members in groupby(lengths):
        count = len(list(members))
        groups.append((start, count, length))
        start += count * length
    return groups


def _band(length: int, reach: int, device: torch.device) -> Tensor:
    """(length, length) mask of a local attention layer: true where two positions are less than `reach` apart."""
    place = torch.arange(length, device=device)
    return (place[:, None] - place[None, :]).abs() < reach


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout: float, scale: float | None) -> Tensor:
    """Attention of equally long inputs: queries, keys, values and result are (inputs, heads, length, width)."""
    if q.dtype == torch.bfloat16 and q.device.type == "cpu" and q.shape[2] <= SHORT and mask is None and not dropout:
        # The fused kernel costs some microseconds a head, however short the input. Softmax in fp32, as it has it.
        weights = ((q @ k.transpose(2, 3)).float() * (scale or q.shape[3] ** -0.5)).softmax(3)
        return weights.to(v.dtype) @ v
    if dropout and q.device.type == "cpu" and mask is None:  # what the kernel itself does, but with dropout of ours
        weights = ((q @ k.transpose(2, 3)) * (scale or q.shape[3] ** -0.5)).softmax(3)
        return drop(weights, dropout).to(v.dtype) @ v
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout, scale=scale)


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    packed_lengths: tuple[int, ...] = (),
    sliding_window: int | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Bidirectional attention inside each input of a packed batch.

    Args:
        query, key, value: (1, heads, P, width of a head).
        packed_lengths: pieces of each input; sums to P.
        sliding_window: a local layer's reach, as transformers counts it (a piece sees those less than so far away).

    Returns:
        (1, P, heads, width of a head), and no attention weights.
    """
    heads, pieces, width = query.shape[1:]
    if sum(packed_lengths) != pieces:
        raise ValueError(f"packed lengths sum to {sum(packed_lengths)}, the batch has {pieces} pieces")
    groups = equal_length_groups(packed_lengths)
    # One split, whose gradient is one concatenation; a slice's gradient would be a whole tensor of zeros a group.
    sizes = [count * length for _, count, length in groups]
    split = [torch.split_with_sizes(x[0], sizes, dim=1) for x in (query, key, value)]
    parts = []
    for (_, count, length), *rows in zip(groups, *split, strict=True):
        q, k, v = (x.reshape(heads, count, length, width).transpose(0, 1) for x in rows)
        local = sliding_window is not None and length > sliding_window
        mask = _band(length, sliding_window, query.device) if local and sliding_window is not None else None
        out = _attend(q, k, v, mask, dropout, scaling)
        parts.append(out.transpose(1, 2).reshape(count * length, heads, width))  # from (inputs, heads, length, width)
    return torch.cat(parts)[None], None


AttentionInterface.register(PACKED, packed_attention)


@contextmanager
def packed_implementation(model: Any) -> Iterator[None]:
    """Let a transformers model attend by `packed_attention`, also in several threads at a time; restored after."""
    with _switch:
        running, before = _running.get(model, (0, model.config._attn_implementation))
        _running[model] = running + 1, before
        if not running:
            model.set_attn_implementation(PACKED)
    try:
        yield
    finally:
        with _switch:
            running, before = _running.pop(model)
            if running > 1:
                _running[model] = running - 1, before
            else:
                model.set_attn_implementation(before)


_switch = Lock()
_running: dict[Any, tuple[int, str]] = {}  # models at work: threads inside, and their own implementation
