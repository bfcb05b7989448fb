"""Frozen means: eval mode, no gradient, whatever is called on a parent; restored on leaving."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import nn

from unfreeze.encoders.fused_linear import fuse_linears
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder

E = TypeVar("E", bound=nn.Module)


@contextmanager
def frozen(encoder: E, precision: Precision = "fp32") -> Iterator[E]:
    """Give the encoder for reading only: eval mode, no gradients, and `.train()` has no effect on it.

    Args:
        encoder: stays bit-identical; with `precision="bf16"` a half-precision copy is given instead. What an encoder
            finds out about itself (`Encoder.settle`) it finds out before.
        precision: of the computation.

    Yields:
        The frozen encoder. On leaving, the mode and `requires_grad` of every part are as they were.
    """
    exact = encoder
    if precision == "bf16":
        encoder = _copy(encoder).to(torch.bfloat16)
        fuse_linears(encoder)
    modes = [(module, module.training, module.__dict__.get("train")) for module in encoder.modules()]
    grads = [(parameter, parameter.requires_grad) for parameter in encoder.parameters()]
    encoder.eval()
    encoder.requires_grad_(False)
    for module, *_ in modes:
        module.train = lambda mode=True, module=module: module  # type: ignore[method-assign, misc]
    try:
        if isinstance(encoder, Encoder) and isinstance(exact, Encoder) and encoder is not exact:
            encoder.quicken(exact)
        yield encoder
    finally:
        for module, mode, train in modes:
            if train is None:
                del module.train
            else:  # frozen from outside already
                module.train = train  # type: ignore[method-assign]
            module.training = mode
        for parameter, wanted in grads:
            parameter.requires_grad_(wanted)


def thawed_copy(encoder: E) -> E:
    """A copy that trains, also of an encoder that is frozen at this moment."""
    made = _copy(encoder)
    for module in made.modules():
        module.__dict__.pop("train", None)
    return made.eval().requires_grad_(True)


def light_copy(encoder: E) -> E:
    """A copy of which nothing learns, also of an encoder that is frozen at this moment: it shares the weights.

    They are parameters of its own over the same memory, so what is set on them, such as `requires_grad`, is not shared.
    """
    shared = {id(p): nn.Parameter(p.detach(), requires_grad=False) for p in encoder.parameters()}
    made = _copy(encoder, shared)
    for module in made.modules():
        module.__dict__.pop("train", None)
    return made.eval()


def _copy(encoder: E, instead: dict[int, nn.Parameter] | None = None) -> E:
    """Args:
    instead: parameters to take in place of copies, by the `id` of the encoder's own.
    """
    if isinstance(encoder, Encoder):
        encoder.settle()
    return copy.deepcopy(encoder, {**(instead or {})})
