"""Attention over packed inputs, plugged into transformers' attention interface: no token is computed for padding.

The whole batch runs as one long sequence of P pieces, so every linear layer works on real pieces only; attention alone
looks at where the inputs end and runs once per group of equally long neighbours. It does so for decoders too: whether
a piece sees those after it is the model's own affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

from unfreeze.encoders.attend import Scores, attend
from unfreeze.encoders.packed_masks import PACKED, band, rule_of
from unfreeze.layers.threads import SharedChange, ThreadValue

_lengths: ThreadValue[tuple[int, ...]] = ThreadValue()
_implementation: SharedChange[Any, str] = SharedChange(lambda model, before: model.set_attn_implementation(before))


def equal_length_groups(lengths: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Neighbours of equal length as (first piece, inputs, pieces each)."""
    groups, start = [], 0
    for length, members in groupby(lengths):
        count = len(list(members))
        groups.append((start, count, length))
        start += count * length
    return groups


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    is_causal: bool | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    position_bias: Tensor | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attention inside each input of a packed batch, for encoders and decoders; inside `packed_lengths`.

    What a piece may see is taken from the model: from the rule behind `attention_mask` (`packed_masks`), or, where a
    model makes no masks in transformers' way, from `is_causal`, else the module's `is_causal`, and `sliding_window`.
    So a decoder is causal here as it is alone. Heads may share keys and values (grouped-query attention).

    Args:
        query: (1, heads, P, width of a head).
        key, value: (1, heads that keys and values have, P, width of a head); theirs may be fewer, a value's another.
        sliding_window: a local layer's reach, as transformers counts it (a piece sees those less than so far away).
        softcap: scores are c tanh(score / c) (Gemma 2).
        s_aux: (heads,) a score that belongs to no piece: what goes to it is lost (gpt-oss's sinks).
        position_bias: (1, heads, L, L) added to scores, L at least the length of the longest input (T5).

    Returns:
        (1, P, heads, width of a value), and no attention weights.

    Raises:
        ValueError: the model asks for something that is not done here.
    """
    lengths, (heads, pieces, width) = lengths_here() or (), query.shape[1:]
    if sum(lengths) != pieces:
        raise ValueError(f"packed lengths sum to {sum(lengths)}, the batch has {pieces} pieces")
    _refuse_unknown(attention_mask, kwargs)
    rule = rule_of(attention_mask)
    causal = bool(getattr(module, "is_causal", False)) if is_causal is None else is_causal
    groups = equal_length_groups(lengths)
    # One split, whose gradient is one concatenation; a slice's gradient would be a whole tensor of zeros a group.
    sizes = [count * length for _, count, length in groups]
    split = [torch.split_with_sizes(x[0], sizes, dim=1) for x in (query, key, value)]
    parts = []
    for (first, count, length), *rows in zip(groups, *split, strict=True):
        q, k, v = (x.reshape(len(x), count, length, x.shape[2]).transpose(0, 1) for x in rows)
        if k.shape[1] != heads:
            k, v = (x.repeat_interleave(heads // x.shape[1], 1) for x in (k, v))
        if rule is not None:
            allowed = rule.of(first, length)
        elif sliding_window is not None and length > sliding_window:
            allowed = band(length, sliding_window, causal, query.device)
        else:
            allowed = "causal" if causal else "all"
        bias = None if position_bias is None else position_bias[:, :, :length, :length]
        out = attend(q, k, v, Scores(allowed, scaling or width**-0.5, bias, softcap, s_aux), dropout)
        # from (inputs, heads, length, width)
        parts.append(out.transpose(1, 2).reshape(count * length, heads, value.shape[3]))
    return torch.cat(parts)[None], None


_HARMLESS = frozenset({
    "output_attentions", "output_hidden_states", "return_dict", "use_cache", "position_ids", "cache_position",
    "deterministic", "num_items_in_batch",
})  # fmt: skip


def _refuse_unknown(mask: Tensor | None, kwargs: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a mask of the model's own and for arguments whose meaning is not known here."""
    if mask is not None and rule_of(mask) is None:
        raise ValueError("the model makes a mask of its own")
    unknown = [name for name, value in kwargs.items() if value is not None and name not in _HARMLESS]
    if unknown:
        raise ValueError(f"the model's attention wants {', '.join(unknown)}")


AttentionInterface.register(PACKED, packed_attention)


def packed_lengths(lengths: tuple[int, ...]) -> AbstractContextManager[None]:
    """Inside, this thread computes a packed batch of inputs with `lengths` pieces."""
    return _lengths.set_to(lengths)


def lengths_here() -> tuple[int, ...] | None:
    """Pieces of each input of the packed batch that this thread computes; None where it computes none."""
    return _lengths.get()


@contextmanager
def packed_implementation(model: Any) -> Iterator[None]:
    """Let a transformers model attend by `packed_attention`, also in several threads at a time; restored after.

    A model with attention of its own, which transformers does not exchange, is left as it is.
    """
    if not model._can_set_attn_implementation():
        yield
        return

    def change() -> str:
        before = str(model.config._attn_implementation)
        model.set_attn_implementation(PACKED)
        return before

    with _implementation.made(model, change):
        yield
