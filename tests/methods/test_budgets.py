"""The budgets' table: fair in number, whole in its sources, and fit for every task kind."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from unfreeze.methods.budgets import RECIPES, SEEDS, recipes
from unfreeze.methods.checks import check_recipes, heads_for
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.method import Method
from unfreeze.methods.table import METHODS
from unfreeze.plan import plain, recipe_from
from unfreeze.recipe import Recipe, Traits
from unfreeze.tasks.kinds import TASKS, Task

WIDTHS = (128, 384, 512, 768, 1024)
EACH = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
EVERY = [*product(RECIPES, TASKS.values(), WIDTHS)]


@pytest.mark.parametrize(("budget", "task", "width"), EVERY)
def test_all_methods_get_the_same_number(budget: str, task: Task, width: int) -> None:
    counts = {method.name: len(recipes(budget, method, task, Traits(7, width))) for method in METHODS}
    assert set(counts.values()) == {RECIPES[budget]}


@EACH
@pytest.mark.parametrize(("budget", "task", "width"), EVERY)
def test_recipes_can_be_run_told_apart_and_traced(method: Method[Any], budget: str, task: Task, width: int) -> None:
    table = recipes(budget, method, task, Traits(7, width))
    check_recipes(table, task, Traits(7, width))
    names = [recipe.name for recipe in table]
    assert all(names)
    assert len(set(names)) == len(names)
    assert len({_settings(recipe) for recipe in table}) == len(table), "two recipes that are the same waste a trial"
    for recipe in table:
        assert recipe.method == method.name
        assert recipe.source
        assert recipe.head in heads_for(method.name, task, Traits(7, width))
        assert recipe_from(plain(recipe)) == recipe


def test_numbers_are_those_that_the_documents_promise() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs" / "fairness.md").read_text(encoding="utf-8").split())
    counts = [len(recipes(budget, FINE_TUNING, TASKS["classification"], Traits(7, 384))) for budget in RECIPES]
    assert "{} (`quick`), {} (`standard`) or {} (`thorough`)".format(*counts) in page
    seeds = [SEEDS[budget] for budget in RECIPES]
    assert "is trained with every seed: {}, {} or {} of them".format(*seeds) in page


def _settings(recipe: Recipe) -> str:
    return str({k: v for k, v in plain(recipe).items() if k not in ("name", "source")})


@EACH
@pytest.mark.parametrize("task", TASKS.values())
def test_a_larger_budget_begins_with_the_smaller_one(method: Method[Any], task: Task) -> None:
    """So that raising the budget repeats no finished run."""
    quick, standard, thorough = (
        recipes(budget, method, task, Traits(7, 384)) for budget in ("quick", "standard", "thorough")
    )
    assert standard[: len(quick)] == quick
    assert thorough[: len(standard)] == standard
    assert SEEDS["quick"] <= SEEDS["standard"] <= SEEDS["thorough"]


@pytest.mark.parametrize("task", TASKS.values())
def test_small_encoders_are_tuned_at_higher_rates(task: Task) -> None:
    small, large = (recipes("thorough", FINE_TUNING, task, Traits(7, width)) for width in (512, 768))
    for low, high in zip(large, small, strict=True):
        assert low.learning_rate < high.learning_rate
    assert max(recipe.learning_rate for recipe in large) <= 5e-5, "Devlin et al. 2019, appendix A.3"
    assert all("Turc et al. 2019" in recipe.source for recipe in small)
    assert not any("Turc et al. 2019" in recipe.source for recipe in large)
    assert all("Devlin et al. 2019" in recipe.source for recipe in (*small, *large))


@pytest.mark.parametrize("task", [task for task in TASKS.values() if task.pair])
@EACH
def test_pairs_are_tried_jointly_and_separately(task: Task, method: Method[Any]) -> None:
    assert {recipe.pair for recipe in recipes("quick", method, task, Traits(7, 384))} == {"joint", "separate"}
