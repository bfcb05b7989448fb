"""States that are infinite or no numbers are refused, wherever an encoder is used as it is."""

from __future__ import annotations

import torch
from torch import Tensor

from unfreeze.encoders.protocol import LayerStates
from unfreeze.errors import InputError


def all_finite(numbers: Tensor) -> bool:
    """Whether every number of a tensor is finite.

    The extremes tell as much as torch.isfinite on each number (NaN goes before all), in a tenth of the time.
    """
    return not numbers.numel() or bool(torch.isfinite(torch.stack(numbers.aminmax())).all())


def finite_states(states: LayerStates, name: str) -> LayerStates:
    """The states themselves. Raises `InputError` where some are no finite numbers; `name` is the encoder's."""
    if not all_finite(states.states):
        raise InputError("gives states that are infinite or no numbers", where=f"encoder {name}")
    return states
