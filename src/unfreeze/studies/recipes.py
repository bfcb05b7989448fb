"""The recipes of studies: from the budgets' table, the same for all, never made for a result. No torch here."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from unfreeze.methods.budgets import recipes
from unfreeze.plan import Head, Method, Pair, Reads, Recipe
from unfreeze.studies.asked import TRIALS, About, Asked
from unfreeze.studies.sets import SETS
from unfreeze.tasks.kinds import task as task_called


def table_recipes(asked: Asked, about: About, task: str, method: Method) -> tuple[Recipe, ...]:
    """All that the budgets' table has for a set over an encoder, with no more least steps than are asked for.

    Frozen linear heads keep theirs: their steps cost next to nothing.
    """
    reads = Reads(about.family, about.reads_pairs, about.causal)
    found = recipes("thorough", method, task_called(SETS[task].task), about.width, reads)
    most = asked.min_steps
    if most is None:
        return found
    return tuple(
        r if (r.method, r.head) == ("feature-extraction", "linear") else replace(r, min_steps=min(r.min_steps, most))
        for r in found
    )


def together(asked: Asked, about: About, task: str, method: Method) -> tuple[Recipe, ...]:
    """Those that read pairs in one input where the encoder can, as the paper has BERT read them."""
    pair: Pair = "joint" if about.reads_pairs else "separate"
    found = table_recipes(asked, about, task, method)
    return tuple(r for r in found if r.pair == pair) if task_called(SETS[task].task).pair else found


def with_head(found: tuple[Recipe, ...], head: Head) -> tuple[Recipe, ...]:
    """Of some recipes those with this head."""
    return tuple(recipe for recipe in found if recipe.head == head)


def paper_head(about: About, task: str, method: Method) -> Head:
    """The task model that the paper put on this kind of encoder and task (its section 3)."""
    kind = task_called(SETS[task].task)
    if method == "feature-extraction":
        if about.family == "sentence-vectors":
            return "linear"
        return "bilstm-crf" if kind.target == "tags" else "esim" if kind.pair else "bcn"
    if about.family == "elmo":
        return "crf" if kind.target == "tags" else "biattention" if kind.pair else "linear"
    return "linear"


def paper_recipes(asked: Asked, about: About, task: str, method: Method) -> tuple[Recipe, ...]:
    """Recipes with the paper's task model; as many as the budget lets dev choose from."""
    return with_head(together(asked, about, task, method), paper_head(about, task, method))[: TRIALS[asked.budget]]


def first(found: tuple[Recipe, ...], **changes: Any) -> Recipe:
    """The table's first of them, with changes."""
    return replace(found[0], **changes)


def as_long(recipe: Recipe, about: About, examples: int) -> Recipe:
    """The recipe with all layers at once and as many steps as with gradual unfreezing, whose stages come on top.

    Args:
        examples: that are trained on.
    """
    a_pass = math.ceil(examples / recipe.batch_size)
    epochs = max(recipe.epochs, math.ceil(recipe.min_steps / a_pass)) + about.layers  # a stage for all groups but one
    return replace(recipe, gradual_unfreezing=False, epochs=epochs, min_steps=0)
