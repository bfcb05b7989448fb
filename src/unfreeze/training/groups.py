"""Layer groups to optimiser groups: discriminative rates, no decay on biases and norms, freezing from below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from unfreeze.layers.vectors import Vectors
from unfreeze.training.settings import FitSettings


def optimiser_for(groups: Sequence[Sequence[nn.Parameter]], settings: FitSettings) -> torch.optim.AdamW:
    """AdamW over layer groups given bottom to top (the head last).

    Each optimiser group carries `peak`, its rate at the schedule's top: `layer_decay` to the power of its depth below
    the head (`head_rate` for the head itself), and `depth`, 0 for the head. Vectors (biases, norms, mixing weights) get
    no weight decay.
    """
    made: list[dict[str, Any]] = []
    for depth, group in enumerate(reversed(groups)):
        peak = settings.learning_rate * (settings.layer_decay**depth if depth else settings.head_rate)
        for decay, members in (
            (settings.weight_decay, [p for p in group if not _is_vector(p)]),
            (0.0, [p for p in group if _is_vector(p)]),
        ):
            if members:
                made.append({"params": members, "weight_decay": decay, "lr": peak, "peak": peak, "depth": depth})
    return torch.optim.AdamW(made, fused=True)


def _is_vector(parameter: nn.Parameter) -> bool:
    return parameter.ndim <= 1 or isinstance(parameter, Vectors)


def set_rate(optimiser: torch.optim.Optimizer, factor: float) -> None:
    """Set every group's rate to `factor` of its peak."""
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * factor


def unfreeze_top(groups: Sequence[Sequence[nn.Parameter]], count: int) -> None:
    """Let only the top `count` groups get gradients."""
    for depth, group in enumerate(reversed(groups)):
        for parameter in group:
            parameter.requires_grad_(depth < count)
            if depth >= count:
                parameter.grad = None
