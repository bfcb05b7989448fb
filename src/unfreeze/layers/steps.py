"""The order in which a recurrence reads packed inputs: longest input first, step by step, both directions at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Steps:
    """How R packed rows of N inputs are laid out by step.

    At step t the first `active[t]` inputs, longest first, have a row each; rows of a step lie side by side, and steps
    follow each other. The forward direction reads an input's row t there, the backward one its row `length - 1 - t`.

    Attributes:
        order: (N,) inputs, longest first (equal ones as they come).
        active: inputs at each step, falling.
        rows: (2, R) packed row that each place of the step order reads, forward and backward.
        places: (2, R) the other way round: where in the step order a packed row is.
    """

    order: Tensor
    active: tuple[int, ...]
    rows: Tensor
    places: Tensor


def steps_of(lengths: Sequence[int], device: torch.device | None = None) -> Steps:
    """The step order of packed inputs with these lengths (none 0)."""
    sizes = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    falling = sizes[order]
    starts = (np.cumsum(sizes) - sizes)[order]
    active = np.searchsorted(-falling, -np.arange(falling[0] if len(falling) else 0), side="left")
    step = np.repeat(np.arange(len(active)), active)
    which = np.arange(len(step)) - np.repeat(np.cumsum(active) - active, active)
    rows = np.stack([starts[which] + step, starts[which] + falling[which] - 1 - step])
    places = np.empty_like(rows)
    for direction in (0, 1):
        places[direction, rows[direction]] = np.arange(rows.shape[1])
    tensors = (torch.from_numpy(x).to(device) for x in (order, rows, places))
    there, read, back = tensors
    return Steps(there, tuple(int(n) for n in active), read, back)
