"""Recipes over one vector a text: nine that differ in what they train, all linear; other heads are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unfreeze.errors import InputError
from unfreeze.methods.budgets import RECIPES, recipes
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.recipe import Budget, Head, Traits
from unfreeze.tasks.kinds import TASKS, Task

VECTORS = Traits(1, 4800, "sentence-vectors", pairs=False)
READ = [task for task in TASKS.values() if not task.target.per_word]
# What a linear head on one row of one layer does not look at.
IDLE = {"name": "", "source": "", "layers": "mix", "pooling": "mean", "dropout": 0.0, "hidden": 0, "weight_decay": 0.0}


@pytest.mark.parametrize("task", READ, ids=lambda task: task.kind)
@pytest.mark.parametrize("budget", RECIPES)
def test_every_recipe_trains_something_else(budget: Budget, task: Task) -> None:
    table = recipes(budget, FEATURE_EXTRACTION, task, VECTORS)
    assert len(table) == RECIPES[budget]
    check_recipes(table, task, VECTORS)
    assert len({replace(recipe, **IDLE) for recipe in table}) == len(table)  # type: ignore[arg-type]
    assert len({recipe.name for recipe in table}) == len(table)
    assert all(recipe.source and recipe.head == "linear" for recipe in table)
    assert {recipe.pair for recipe in table} == {"separate" if task.pair else "joint"}


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.kind)
def test_nothing_to_fine_tune_and_nothing_for_tagging(task: Task) -> None:
    assert recipes("thorough", FINE_TUNING, task, VECTORS) == ()
    if task.target.per_word:
        assert recipes("thorough", FEATURE_EXTRACTION, task, VECTORS) == ()
        with pytest.raises(InputError, match="one vector per text; tagging needs one per word"):
            check_recipes((), task, VECTORS)


@pytest.mark.parametrize(("kind", "head"), [("classification", "bcn"), ("pair-regression", "esim")])
def test_heads_that_read_words_are_refused(kind: str, head: Head) -> None:
    mine = FrozenRecipe(head, "mine", pair="separate")
    with pytest.raises(InputError) as raised:
        check_recipes([mine], TASKS[kind], VECTORS)
    told = f"head '{head}' does not fit; {kind} by feature-extraction over one vector a text takes linear"
    assert str(raised.value) == f"recipes[0] mine: {told}"
