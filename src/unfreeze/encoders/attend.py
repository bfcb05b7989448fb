"""Softmax attention of equally long inputs, by the fused kernel, or by plain products where these are quicker."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.encoders.packed_masks import Allowed
from unfreeze.layers.dropout import dropout as drop

SHORT = 32  # pieces; up to here plain products are quicker than the fused kernel in bf16 on a processor
TRAINED = 512  # the same where gradients are computed, which by the kernel take 5 to 13 times as long as by products


@dataclass(frozen=True)
class Scores:
    """How scores come from queries and keys, beyond their product.

    Attributes:
        allowed: what a piece sees.
        scale: of the products.
        bias: (inputs or 1, heads, L, L) added to them.
        softcap: scores are c tanh(score / c).
        sinks: (heads,) a score that belongs to no piece.
    """

    allowed: Allowed
    scale: float
    bias: Tensor | None = None
    softcap: float | None = None
    sinks: Tensor | None = None


def attend(q: Tensor, k: Tensor, v: Tensor, scores: Scores, dropout: float) -> Tensor:
    """Queries, keys, values and result are (inputs, heads, L, width); dropout on a processor is `layers.dropout`'s."""
    on_processor, plain = q.device.type == "cpu", scores.allowed == "all" if isinstance(scores.allowed, str) else False
    simple = plain and scores.bias is None and scores.softcap is None and scores.sinks is None and not dropout
    if simple and on_processor and q.dtype == torch.bfloat16:
        if torch.is_grad_enabled() and q.requires_grad and q.shape[2] <= TRAINED:
            return _in_bf16(q, k, v, scores.scale)
        if q.shape[2] <= SHORT:  # the fused kernel costs some microseconds a head, however short the input
            return _by_products(q, k, v, scores, dropout)
    if scores.softcap is not None or scores.sinks is not None or (on_processor and dropout):
        return _by_products(q, k, v, scores, dropout)
    mask = _added(scores, q) if scores.bias is not None else None
    if mask is None and not isinstance(scores.allowed, str):
        mask = scores.allowed
    causal = mask is None and not plain
    return F.scaled_dot_product_attention(q, k, v, mask, dropout, causal, scale=scores.scale)


def _in_bf16(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """Softmax attention whose softmax rounds what it gives to bf16, so that half as much is kept for its gradient."""
    with torch.autocast(q.device.type, enabled=False):
        return (q * scale @ k.transpose(2, 3)).softmax(3) @ v


def _by_products(q: Tensor, k: Tensor, v: Tensor, scores: Scores, dropout: float) -> Tensor:
    """What the kernel itself does, softmax in fp32 as it has it, with all that it cannot do."""
    found = q @ k.transpose(2, 3)
    found = (found if dropout else found.float()) * scores.scale
    if scores.softcap is not None:
        found = (found / scores.softcap).tanh() * scores.softcap
    added = _added(scores, found)
    if added is not None:
        found = found + added
    if scores.sinks is None:
        weights = found.softmax(3)
    else:
        none = scores.sinks.view(1, -1, 1, 1).expand(*found.shape[:3], 1)
        weights = torch.cat([found, none.to(found.dtype)], 3).softmax(3)[..., :-1]
    return drop(weights, dropout).to(v.dtype) @ v


def _added(scores: Scores, like: Tensor) -> Tensor | None:
    """The bias, minus infinity where a piece sees nothing; None where there is neither."""
    allowed = scores.allowed
    if isinstance(allowed, str):
        if allowed == "all":
            return None if scores.bias is None else scores.bias.to(like.dtype)
        allowed = torch.ones(like.shape[2], like.shape[2], dtype=torch.bool, device=like.device).tril()
    bias = like.new_zeros(1, 1, *allowed.shape) if scores.bias is None else scores.bias.to(like.dtype)
    return bias.masked_fill(~allowed, float("-inf"))
