"""Dropout whose randomness can come from a generator of one's own, and variational dropout."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfreeze.layers.threads import ThreadValue

_generator: ThreadValue[torch.Generator] = ThreadValue()


def dropout_from(generator: torch.Generator) -> AbstractContextManager[None]:
    """Let all dropout of this module draw from `generator`, in this thread, so that other threads do not matter."""
    return _generator.set_to(generator)


def dropout(x: Tensor, p: float, training: bool = True) -> Tensor:
    """Ordinary dropout, from the generator of `dropout_from` or else from torch's own."""
    generator = _generator.get()
    if not training or p == 0:
        return x
    if generator is None:
        return F.dropout(x, p)
    return x * _kept(x, p, generator) * (1 / (1 - p))


def _kept(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """1 with probability 1 - p to 1 in 65,536, else 0, like `x`: four decisions from each random number.

    Decided in place and in the type of `x`: a comparison that makes a mask, and a product with one, take five times
    as long on a processor.
    """
    numbers = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=generator.device)
    parts = numbers.random_(-(1 << 63), None, generator=generator).view(torch.int16)
    return parts[: x.numel()].ge_(round(p * (1 << 16)) - (1 << 15)).view(x.shape).to(x.dtype)


class Dropout(nn.Dropout):
    """`nn.Dropout` that draws from the generator of `dropout_from`, if there is one."""

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same."""
        return dropout(input, self.p, self.training)


def swap_dropout(module: nn.Module) -> None:
    """Turn every plain `nn.Dropout` inside `module` into `Dropout`."""
    for part in module.modules():
        if type(part) is nn.Dropout and not part.inplace:
            part.__class__ = Dropout


class VariationalDropout(nn.Module):
    """Dropout with one mask per input and dimension, the same at every position (Gal & Ghahramani 2016).

    Args:
        p: share of the dimensions that is dropped.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, states: Tensor) -> Tensor:
        """(N, L, width) to the same; does nothing in eval mode."""
        if not self.training or self.p == 0:
            return states
        return states * dropout(states.new_ones(len(states), 1, states.shape[-1]), self.p)
