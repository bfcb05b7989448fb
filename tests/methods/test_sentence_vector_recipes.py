"""Recipes over one vector a text: nine that differ in what they train, all linear; other heads are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unfreeze.errors import InputError
from unfreeze.methods.budgets import RECIPES, recipes
from unfreeze.methods.checks import check_recipes
from unfreeze.plan import Budget, Head, Reads, Recipe
from unfreeze.tasks.kinds import TASKS, Task

VECTORS = Reads("sentence-vectors", pairs=False)
READ = [task for task in TASKS.values() if task.target != "tags"]
# What a linear head on one row of one layer does not look at.
IDLE = {"name": "", "source": "", "layers": "mix", "pooling": "mean", "dropout": 0.0, "hidden": 0, "weight_decay": 0.0}


@pytest.mark.parametrize("task", READ, ids=lambda task: task.kind)
@pytest.mark.parametrize("budget", RECIPES)
def test_every_recipe_trains_something_else(budget: Budget, task: Task) -> None:
    table = recipes(budget, "feature-extraction", task, 4800, VECTORS)
    assert len(table) == RECIPES[budget]
    check_recipes(table, task, layers=1, reads=VECTORS)
    assert len({replace(recipe, **IDLE) for recipe in table}) == len(table)  # type: ignore[arg-type]
    assert len({recipe.name for recipe in table}) == len(table)
    assert all(recipe.source and recipe.head == "linear" for recipe in table)
    assert {recipe.pair for recipe in table} == {"separate" if task.pair else "joint"}


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.kind)
def test_nothing_to_fine_tune_and_nothing_for_tagging(task: Task) -> None:
    assert recipes("thorough", "fine-tuning", task, 4800, VECTORS) == ()
    if task.target == "tags":
        assert recipes("thorough", "feature-extraction", task, 4800, VECTORS) == ()
        with pytest.raises(InputError, match="one vector a text; tagging needs one a word"):
            check_recipes((), task, layers=1, reads=VECTORS)


@pytest.mark.parametrize(("kind", "head"), [("classification", "bcn"), ("pair-regression", "esim")])
def test_heads_that_read_words_are_refused(kind: str, head: Head) -> None:
    mine = Recipe("feature-extraction", head, "mine", pair="separate")
    with pytest.raises(InputError) as raised:
        check_recipes([mine], TASKS[kind], layers=1, reads=VECTORS)
    told = f"head '{head}' does not fit; {kind} by feature-extraction over one vector a text takes linear"
    assert str(raised.value) == f"recipes[0] mine: {told}"
