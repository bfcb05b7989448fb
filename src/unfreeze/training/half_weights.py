"""Weights of linear layers in bf16 for the time of a step: copied once, not at every use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from unfreeze.encoders.precision import Precision


@contextmanager
def half_weights(model: nn.Module, precision: Precision) -> Iterator[None]:
    """Inside, every plain linear layer computes with a bf16 copy of its weight and bias, where `precision` is bf16.

    Under autocast that is exactly the same arithmetic, but autocast would make such a copy at each use (its cache,
    which several threads share, lasts for one forward pass). Gradients arrive at the fp32 parameters. Threads may
    share the block.
    """
    layers = [part for part in model.modules() if type(part) is nn.Linear] if precision == "bf16" else []
    own = [(layer, name, p) for layer in layers for name, p in layer.named_parameters(recurse=False)]
    try:
        for layer, name, parameter in own:
            layer._parameters[name] = parameter.bfloat16()  # type: ignore[assignment]
        yield
    finally:
        for layer, name, parameter in own:
            layer._parameters[name] = parameter
