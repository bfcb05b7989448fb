"""Recipes of the eight combinations differ in the tricks alone, and take as many steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Recipe
from unfreeze.studies.desk import Desk
from unfreeze.studies.recipes import paper_head
from unfreeze.studies.tricks import COMBINATIONS, TASKS, combined


@pytest.mark.parametrize("role", ["ELMo", "BERT"])
@pytest.mark.parametrize("task", [*TASKS, "mrpc"])
def test_combinations_differ_in_the_tricks_alone(
    role: str, task: str, make_desk: Callable[..., Desk], encoders: dict[str, str]
) -> None:
    desk = make_desk(encoders=(encoders[role],))
    (one,) = desk.encoders()
    others, epochs = set[Recipe](), set[int]()
    for which in COMBINATIONS:
        recipe = combined(desk, one, task, which)[0]
        assert isinstance(recipe, TunedRecipe)
        tricks = recipe.schedule == "slanted-triangular", recipe.layer_decay < 1, recipe.gradual_unfreezing
        assert tricks == which
        epochs.add(recipe.epochs + which[2] * one.layers)  # gradual unfreezing puts its stages on top
        others.add(
            replace(recipe, schedule="constant", layer_decay=1.0, gradual_unfreezing=False, epochs=1, min_steps=0,
                    name="")
        )  # fmt: skip
    assert len(epochs) == len(others) == 1
    assert others.pop().head == paper_head(one, task, "fine-tuning")
