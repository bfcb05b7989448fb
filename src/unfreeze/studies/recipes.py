"""The recipes of studies: from the budgets' table, the same for all, never made for a result. No torch here."""

from __future__ import annotations

import math
from dataclasses import replace

from unfreeze.experiment.budgets import recipes
from unfreeze.plan import Head, Method, Pair, Recipe
from unfreeze.studies.asked import TRIALS, About, Asked
from unfreeze.studies.sets import SETS
from unfreeze.tasks import task as task_called


def table_recipes(about: About, task: str, method: Method) -> tuple[Recipe, ...]:
    """All that the budgets' table has for a set over an encoder."""
    return recipes("thorough", method, task_called(SETS[task].task), about.width, about.family)


def with_head(about: About, task: str, method: Method, head: Head, pair: Pair | None = None) -> tuple[Recipe, ...]:
    """Those with this head, and this way to read pairs, in the order of the table."""
    return tuple(
        recipe for recipe in table_recipes(about, task, method)
        if recipe.head == head and (pair is None or not task_called(SETS[task].task).pair or recipe.pair == pair)
    )  # fmt: skip


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


def read_together(about: About) -> Pair:
    """How an encoder is to read pairs: in one input where it can, as the paper has BERT read them."""
    return "joint" if about.reads_pairs else "separate"


def paper_recipes(asked: Asked, about: About, task: str, method: Method) -> tuple[Recipe, ...]:
    """Recipes with the paper's task model; as many as the budget lets dev choose from."""
    found = with_head(about, task, method, paper_head(about, task, method), read_together(about))
    return found[: TRIALS[asked.budget]]


def first(found: tuple[Recipe, ...], **changes: object) -> tuple[Recipe]:
    """The table's first of them, with changes."""
    return (replace(found[0], **changes),)  # type: ignore[arg-type]


def as_long(recipe: Recipe, about: About, examples: int) -> Recipe:
    """The recipe with all layers at once and as many steps as with gradual unfreezing, whose stages come on top.

    Args:
        examples: that are trained on.
    """
    a_pass = math.ceil(examples / recipe.batch_size)
    epochs = max(recipe.epochs, math.ceil(recipe.min_steps / a_pass)) + about.layers  # a stage for all groups but one
    return replace(recipe, gradual_unfreezing=False, epochs=epochs, min_steps=0)
