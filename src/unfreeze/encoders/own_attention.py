"""Kinds whose attention is their own, which transformers does not let others exchange: taught to run packed.

A part of such a model becomes one of a class that runs packed where this thread computes a packed batch
(`packed_lengths`), and as before elsewhere. Weights and names stay; copies are of the same class.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.encoders.attend import Scores, attend
from unfreeze.encoders.disentangled import ConvolutionInEachInput, Disentangled, DisentangledEncoder
from unfreeze.encoders.packed import equal_length_groups, lengths_here
from unfreeze.language.message import say


class _MPNetAttention:
    """Stands before transformers' `MPNetSelfAttention`."""

    def forward(
        self: Any,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        position_bias: Tensor | None = None,
        output_attentions: bool = False,
        **kwargs: Any,
    ) -> tuple[Tensor, ...]:
        """(1, P, width) of a packed batch to the same; anything else as before.

        Args:
            position_bias: (1, heads, L, L), L at least the length of the longest input.
        """
        lengths = lengths_here()
        if lengths is None:
            own: tuple[Tensor, ...] = super().forward(  # type: ignore[misc]
                hidden_states, attention_mask, position_bias, output_attentions, **kwargs
            )
            return own
        heads, width = self.num_attention_heads, self.attention_head_size
        query, key, value = (project(hidden_states[0]) for project in (self.q, self.k, self.v))
        dropout = self.dropout.p if self.training else 0.0
        parts = []
        for first, count, length in equal_length_groups(lengths):
            rows = slice(first, first + count * length)
            q, k, v = (x[rows].view(count, length, heads, width).transpose(1, 2) for x in (query, key, value))
            bias = None if position_bias is None else position_bias[:, :, :length, :length]
            out = attend(q, k, v, Scores("all", width**-0.5, bias), dropout)
            parts.append(out.transpose(1, 2).reshape(count * length, -1))
        return (self.o(torch.cat(parts)[None]),)


class _MPNetEncoder:
    """Stands before transformers' `MPNetEncoder`: distances as far as the longest input, not as the batch."""

    def compute_position_bias(self: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """(1, heads, L, L)."""
        lengths = lengths_here()
        bias: Tensor = super().compute_position_bias(x[:, : max(lengths)] if lengths else x, *args, **kwargs)  # type: ignore[misc]
        return bias


class _T5Attention:
    """Stands before the attention of T5 and its kin, for the same."""

    def compute_bias(self: Any, query_length: int, key_length: int, *args: Any, **kwargs: Any) -> Tensor:
        """(1, heads, L, L)."""
        lengths = lengths_here()
        if lengths:
            query_length = key_length = max(lengths)
        bias: Tensor = super().compute_bias(query_length, key_length, *args, **kwargs)  # type: ignore[misc]
        return bias


_KINDS: dict[str, dict[str, type]] = {
    "deberta_v2": {
        "DisentangledSelfAttention": Disentangled,
        "DebertaV2Encoder": DisentangledEncoder,
        "ConvLayer": ConvolutionInEachInput,
    },
    "mpnet": {"MPNetSelfAttention": _MPNetAttention, "MPNetEncoder": _MPNetEncoder},
    "t5": {"T5Attention": _T5Attention},
    "mt5": {"MT5Attention": _T5Attention},
    "umt5": {"UMT5Attention": _T5Attention},
}


def teach_packing(model: nn.Module) -> None:
    """Give the parts of a transformers model that are known here the class that can run packed."""
    for part in model.modules():
        before = _KINDS.get(type(part).__module__.rpartition(".modeling_")[2], {}).get(type(part).__name__)
        if before is not None and type(part).__module__.startswith("transformers."):
            own = type(part)
            if own not in _made:
                _made[own] = type(f"Packing{own.__name__}", (before, own), {"__module__": __name__})
            part.__class__ = _made[own]


_made: dict[type, type] = {}  # class of transformers' to ours


def attend_fully(model: Any, longest: int) -> str | None:
    """Let BigBird attend to all pieces, whatever the length.

    On its own it is sparse in long texts until a short one comes, and then never again: states would depend on what was
    read before.

    Returns:
        A line that says so, where inputs up to `longest` pieces would be long.
    """
    if getattr(model.config, "attention_type", None) != "block_sparse" or not hasattr(model, "set_attention_type"):
        return None
    model.set_attention_type("original_full")
    short = (5 + 2 * model.config.num_random_blocks) * model.config.block_size
    return (
        say("Texts of more than {short:,} pieces are read with full attention, not sparse.", short=short)
        if longest > short
        else None
    )
