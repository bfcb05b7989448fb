"""Which numbers a setting may be: its ends are allowed, None is off, and what is not a number is refused."""

from __future__ import annotations

from typing import Any

import pytest

from unfreeze.methods.bounds import Bounds
from unfreeze.methods.tuned_recipes import TunedRecipe

BOUNDS = Bounds({"epochs": 1, "weight_decay": 0}, {"warmup": (0, 1)}, ("clip", "learning_rate"))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"epochs": 1},
        {"weight_decay": 0.0},
        {"warmup": 0.0},
        {"warmup": 1.0},
        {"clip": None},
        {"clip": 1e-9},
        {"dropout": -5.0},  # has no bounds here
    ],
)
def test_what_is_allowed(settings: dict[str, Any]) -> None:
    assert BOUNDS.problem(TunedRecipe("linear", **settings)) is None


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"epochs": 0}, "epochs is 0; it must be a number of at least 1"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1; it must be a number of at least 0"),
        ({"weight_decay": float("inf")}, "weight_decay is inf; it must be a number of at least 0"),
        ({"warmup": -0.1}, "warmup is -0.1; it must be from 0 to 1"),
        ({"warmup": 1.1}, "warmup is 1.1; it must be from 0 to 1"),
        ({"warmup": float("nan")}, "warmup is nan; it must be a number of at least 0"),
        ({"clip": 0.0}, "clip is 0.0; it must be above 0"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0; it must be above 0"),
        ({"learning_rate": -1.0, "epochs": 0}, "epochs is 0; it must be a number of at least 1"),
    ],
)
def test_the_first_that_is_not(settings: dict[str, Any], problem: str) -> None:
    assert BOUNDS.problem(TunedRecipe("linear", **settings)) == problem
