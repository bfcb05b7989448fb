"""How many recipes of each method a budget tries, the same number for all: the first ones of the methods' tables."""

from __future__ import annotations

from typing import TypeVar

from unfreeze.methods.method import Method
from unfreeze.recipe import Budget, Recipe, Traits
from unfreeze.tasks.kinds import Task

R = TypeVar("R", bound=Recipe)
RECIPES: dict[Budget, int] = {"quick": 3, "standard": 6, "thorough": 9}
SEEDS: dict[Budget, int] = {"quick": 3, "standard": 5, "thorough": 10}
FOLD_SEEDS = 2
"""Seeds in each of several folds, whatever the budget: their luck is averaged over folds."""


def recipes(budget: Budget, method: Method[R], task: Task, traits: Traits) -> tuple[R, ...]:
    """The recipes that a budget tries for a method; none where the encoder cannot be put to use so.

    Args:
        traits: of the encoder.
    """
    return tuple(method.table(task, traits)[: RECIPES[budget]])
