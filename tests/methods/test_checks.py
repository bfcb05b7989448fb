"""A person's own recipes: what cannot be run is reported before anything is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unfreeze.errors import InputError
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.table import method_named
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Recipe, Traits
from unfreeze.tasks.kinds import TASKS

TRAITS = Traits(7, 384)
FROZEN, TUNED = FrozenRecipe("linear", "mine"), TunedRecipe("linear", "mine")
OTHER = TunedRecipe("linear", "yours")
BAD: list[tuple[dict[str, Any], str]] = [
    ({"epochs": 0}, "epochs is 0; it must be a number of at least 1"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"hidden": 0}, "hidden is 0"),
    ({"patience": 0}, "patience is 0"),
    ({"min_steps": -1}, "min_steps is -1"),
    ({"weight_decay": -0.1}, "weight_decay is -0.1"),
    ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be above 0"),
    ({"learning_rate": float("nan")}, "learning_rate is nan"),
    ({"learning_rate": float("inf")}, "learning_rate is inf"),
    ({"clip": 0.0}, "clip is 0.0; it must be above 0"),
    ({"dropout": 1.5}, "dropout is 1.5; it must be from 0 to 1"),
    ({"warmup": -0.5}, "warmup is -0.5"),
    ({"warmup": 1.5}, "warmup is 1.5; it must be from 0 to 1"),
    ({"dropout": -0.5}, "dropout is -0.5; it must be from 0 to 1"),
    ({"unfreeze_top": 0}, "unfreeze_top is 0; it must be a number of at least 1"),
    ({"reinit_top": -1}, "reinit_top is -1; it must be a number of at least 0"),
    ({"layer_decay": 1.5}, "layer_decay is 1.5"),
    ({"head_rate": -1.0}, "head_rate is -1.0; it must be above 0"),
    ({"layer_decay": 0.0}, "layer_decay is 0.0"),
    ({"l2": ()}, "l2 is []"),
    ({"l2": (0.1, -0.1)}, "l2 is [0.1, -0.1]"),
    ({"layers": ()}, "layers is []"),
    ({"layers": (7,)}, "layers is [7]; it must list one or more of 0 to 6"),
    ({"layers": (0, -8)}, "layers is [0, -8]"),
    ({"reinit_top": 7}, "reinit_top is 7; the encoder has 6 layers"),
]


def changed(change: dict[str, Any]) -> Recipe:
    """A recipe of the method that has these settings."""
    return replace(FROZEN if change.keys() <= vars(FROZEN).keys() else TUNED, **change)


@pytest.mark.parametrize(("change", "told"), BAD)
def test_numbers_out_of_bounds_are_told_with_recipe_and_setting(change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as raised:
        check_recipes([OTHER, changed(change)], TASKS["classification"], TRAITS)
    assert str(raised.value).startswith(f"recipes[1] mine: {told}")


@pytest.mark.parametrize(
    "change",
    [
        {"layers": (-7,)},
        {"layers": (6, 0)},
        {"reinit_top": 6},
        {"dropout": 0.0},
        {"clip": None},
        {"patience": None},
        {"epochs": 1},
        {"batch_size": 1},
        {"hidden": 1},
        {"patience": 1},
        {"min_steps": 0},
        {"weight_decay": 0.0},
        {"dropout": 1.0},
        {"warmup": 0.0},
        {"warmup": 1.0},
        {"layer_decay": 1.0},
        {"reinit_top": 0},
        {"unfreeze_top": 1},
        {"l2": (0.0,)},
    ],
)
def test_numbers_on_the_bounds_pass(change: dict[str, Any]) -> None:
    check_recipes([changed(change)], TASKS["classification"], TRAITS)


@pytest.mark.parametrize(
    ("method", "head", "kinds"),
    [
        ("feature-extraction", "linear", set(TASKS)),
        ("feature-extraction", "bcn", {"classification", "regression", "multilabel-classification"}),
        ("feature-extraction", "esim", {"pair-classification", "pair-regression"}),
        ("feature-extraction", "crf", {"tagging"}),
        ("feature-extraction", "bilstm-crf", {"tagging"}),
        ("fine-tuning", "linear", set(TASKS)),
        ("fine-tuning", "crf", {"tagging"}),
        ("fine-tuning", "bilstm-crf", {"tagging"}),
        ("fine-tuning", "bcn", set()),
        ("fine-tuning", "esim", set()),
    ],
)
def test_heads_fit_some_kinds_and_no_others(method: Any, head: Any, kinds: set[str]) -> None:
    recipe = method_named(method).recipe(head)
    for kind, task in TASKS.items():
        if kind in kinds:
            check_recipes([recipe], task, TRAITS)
        else:
            with pytest.raises(InputError, match=f"head '{head}' does not fit; {kind} by {method} takes "):
                check_recipes([recipe], task, TRAITS)
