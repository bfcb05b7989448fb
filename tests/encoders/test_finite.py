"""States that are not finite are refused."""

from __future__ import annotations

import pytest
import torch

from unfreeze.encoders.finite import all_finite, finite_states
from unfreeze.encoders.protocol import LayerStates
from unfreeze.errors import InputError


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_one_number_is_enough(value: float) -> None:
    numbers = torch.zeros(2, 3, 4)
    assert all_finite(numbers)
    zeros = torch.zeros(3, dtype=torch.long)
    states = LayerStates(numbers, zeros, zeros, (3,))
    assert finite_states(states, "x") is states
    numbers[1, 2, 0] = value
    assert not all_finite(numbers)
    with pytest.raises(InputError, match="encoder x: gives states that are infinite or NaN"):
        finite_states(states, "x")


def test_no_numbers_are_finite() -> None:
    assert all_finite(torch.zeros(3, 0, 4))
