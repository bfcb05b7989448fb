"""Linear layers of a transformer that low-rank adapters can be put on, found by their type and name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from torch import nn
from transformers.pytorch_utils import Conv1D

from unfreeze.recipe import Targets

Linears = Mapping[str, nn.Module]
"""Layers by their names in the model, in its order."""
# Projections of an attention to queries and values, alone or in one layer with keys.
_ATTENTION = re.compile(
    r".*att.*\.((query|value|q|v)(_lin|_proj)?|w?qkv(_proj)?|in_proj|c_attn|query_key_value)", re.IGNORECASE
)
# Kinds whose kernels on a GPU read the weights of these layers past their `forward`; peft refuses them.
_FUSED = dict.fromkeys(("mamba", "mamba2", "falcon_mamba", "falcon_h1", "nemotron_h"), ("out_proj", "conv1d"))


def linear_layers(model: Any, groups: Sequence[Sequence[nn.Parameter]] | None = None) -> dict[str, nn.Module]:
    """Linear layers of a transformers model but for poolers; a `Conv1D` of GPT-2 is one as well.

    Convolutions and layers with a product of their own (I-BERT's of quantised weights) are not among them.

    Args:
        groups: only layers whose weights are in one of these; None: all.
    """
    fused = _FUSED.get(getattr(model.config, "model_type", ""), ())
    inside = None if groups is None else {id(p) for group in groups for p in group}
    return {
        name: part
        for name, part in model.named_modules()
        if isinstance(part, nn.Linear | Conv1D)
        and (inside is None or id(part.weight) in inside)
        and "pooler" not in name
        and name.rpartition(".")[2] not in fused
    }


def of_kind(layers: Linears, kind: Targets) -> dict[str, nn.Module]:
    """Those of the layers that are of a kind: projections to queries and values, or all."""
    return {name: part for name, part in layers.items() if kind == "all-linear" or _ATTENTION.fullmatch(name)}


def kinds_of(layers: Linears) -> tuple[Targets, ...]:
    """The kinds of which there are any."""
    return tuple(kind for kind in get_args(Targets) if of_kind(layers, kind))
