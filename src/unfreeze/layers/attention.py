"""Dot-product attention with masks, as BCN and ESIM align texts; padding gets no weight and never makes a NaN."""

from __future__ import annotations

import torch
from torch import Tensor

from unfreeze.layers.full_precision import full_precision, no_autocast


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last dimension where `mask` (bool, broadcastable) is true, zero elsewhere; float32.

    A row without any true position is all zeros.
    """
    scores = full_precision(scores)
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
    return weights.masked_fill(~mask, 0.0)


def attend(queries: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """For every query its mixture of values, by the softmax of their dot products.

    Args:
        queries: (N, L, width).
        values: (N, M, width), keys at the same time.
        mask: (N, M) bool, true on real values.

    Returns:
        (N, L, width) in float32.
    """
    with no_autocast(queries):
        queries, values = full_precision(queries), full_precision(values)
        return masked_softmax(queries @ values.mT, mask[:, None]) @ values


def align(a: Tensor, b: Tensor, mask_a: Tensor, mask_b: Tensor) -> tuple[Tensor, Tensor]:
    """Soft alignment of two texts (Chen et al. 2017, equations 11 to 13).

    Args:
        a, b: (N, L, width) and (N, M, width).
        mask_a, mask_b: (N, L) and (N, M) bool.

    Returns:
        What of b belongs to each row of a, (N, L, width), and what of a to each row of b, (N, M, width); float32.
    """
    return attend(a, b, mask_b), attend(b, a, mask_a)
