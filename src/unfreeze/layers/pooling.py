"""Pieces to one vector per input, straight from packed rows: no padding is made and none can leak in."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.layers.full_precision import full_precision
from unfreeze.layers.ragged import Lengths, sizes_of

How = Literal["mean", "max", "cls", "last"]


def pool(states: Tensor, lengths: Lengths, how: How) -> Tensor:
    """One vector per input.

    Args:
        states: (P, width) or (layers, P, width), packed.
        lengths: (N,) rows of each input, at least 1 each; sums to P.
        how: `mean` or `max` over an input's rows, `cls`: its first row, or `last`: its last one.

    Returns:
        (N, width) or (layers, N, width), in float32; differentiable. Equal maxima: the first row gets the gradient.

    Raises:
        ValueError: an input is empty, or the lengths do not sum to P.
    """
    layers, (rows, width) = states.shape[:-2], states.shape[-2:]
    sizes = sizes_of(rows, lengths, states.device)
    if int(sizes.min()) < 1:
        raise ValueError(f"input {int(sizes.argmin())} is empty; every input needs at least one row")
    first = sizes.cumsum(0) - sizes
    if how == "cls" or how == "last":
        return full_precision(states.index_select(-2, first if how == "cls" else first + sizes - 1))
    every = torch.arange(rows, device=states.device)
    # Bags of neighbouring rows are segments; on a CPU this kernel is several times faster than index_add or scatter.
    # One layer at a time: memory for all of them in float32 would be requested from the system at every call.
    bags = [F.embedding_bag(every, full_precision(layer), first, mode=how) for layer in states.reshape(-1, rows, width)]
    return torch.stack(bags).view(*layers, len(sizes), width)
