"""The recipes of studies: from the budgets' table, the same for all, never made for a result. No torch here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from unfreeze.methods.budgets import recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.method import Method
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Head, MethodName, Pair, Recipe, Traits
from unfreeze.studies.asked import TRIALS, About, Asked
from unfreeze.studies.published import FROZEN, TUNED
from unfreeze.studies.sets import SETS
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.kinds import task as task_called

R = TypeVar("R", bound=Recipe)


def table_recipes(asked: Asked, about: About, task: str, method: Method[R]) -> tuple[R, ...]:
    """All recipes of the budgets' table for a set over an encoder, their minimum steps capped as requested.

    Frozen linear heads keep theirs: the cost of their steps is negligible.
    """
    traits = Traits(about.layers, about.width, about.family, about.reads_pairs, about.causal)
    table = recipes("thorough", method, task_called(SETS[task].task), traits)
    most = asked.min_steps
    if most is None:
        return table
    return tuple(
        r if (r.method, r.head) == _CHEAP else replace(r, min_steps=min(r.min_steps, most)) for r in table
    )  # fmt: skip


def together(asked: Asked, about: About, task: str, method: Method[R]) -> tuple[R, ...]:
    """Those that read pairs in one input where the encoder can, as the paper has BERT read them."""
    pair: Pair = "joint" if about.reads_pairs else "separate"
    found = table_recipes(asked, about, task, method)
    return tuple(r for r in found if r.pair == pair) if task_called(SETS[task].task).pair else found


def with_head(found: tuple[R, ...], head: Head) -> tuple[R, ...]:
    """Those of some recipes that have this head."""
    return tuple(recipe for recipe in found if recipe.head == head)


def paper_head(about: About, task: str, method: MethodName) -> Head:
    """The task model that the paper put on this kind of encoder and task (its section 3)."""
    return _PAPER_HEADS[method](about, task_called(SETS[task].task))


def _frozen_head(about: About, task: Task) -> Head:
    if about.family == "sentence-vectors":
        return "linear"
    return "bilstm-crf" if task.target.per_word else "esim" if task.pair else "bcn"


def _tuned_head(about: About, task: Task) -> Head:
    if about.family == "elmo":
        return "crf" if task.target.per_word else "biattention" if task.pair else "linear"
    return "linear"


_PAPER_HEADS: dict[MethodName, Callable[[About, Task], Head]] = {FROZEN: _frozen_head, TUNED: _tuned_head}
_CHEAP = FEATURE_EXTRACTION.name, "linear"


def paper_recipes(asked: Asked, about: About, task: str, method: Method[R]) -> tuple[R, ...]:
    """Recipes with the paper's task model; as many as the budget lets dev choose from."""
    of_paper = paper_head(about, task, method.name)
    return with_head(together(asked, about, task, method), of_paper)[: TRIALS[asked.budget]]


def first(found: tuple[R, ...], **changes: Any) -> R:
    """The table's first of them, with changes."""
    return replace(found[0], **changes)


def as_long(recipe: TunedRecipe, about: About, examples: int) -> TunedRecipe:
    """The recipe with all layers at once and as many steps as with gradual unfreezing, whose stages come on top.

    Args:
        examples: the number of training examples.
    """
    a_pass = math.ceil(examples / recipe.batch_size)
    epochs = max(recipe.epochs, math.ceil(recipe.min_steps / a_pass)) + about.layers  # a stage for all groups but one
    return replace(recipe, gradual_unfreezing=False, epochs=epochs, min_steps=0)
