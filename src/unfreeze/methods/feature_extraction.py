"""Feature extraction as plans, judging and reports know it; `frozen.py` is how it trains. No torch here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from unfreeze.language.message import say, template
from unfreeze.methods.families import FAMILIES
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.method import Method, Shape
from unfreeze.methods.names import Words
from unfreeze.methods.suited_recipes import suited
from unfreeze.methods.work import Past, Read, frozen_run, states_work
from unfreeze.recipe import Head, Traits

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

_HEADS: dict[Shape, tuple[Head, ...]] = {
    "text": ("linear", "bcn"),
    "pair": ("linear", "esim"),
    "words": ("linear", "crf", "bilstm-crf"),
}


class FeatureExtraction(Method[FrozenRecipe]):
    """The encoder stays as it is, a head learns from its layer states."""

    name = FrozenRecipe.method
    words = Words(
        say("feature extraction"),
        say("frozen"),
        template("Keep {encoder} frozen"),
        template("Keep {encoder} frozen and train on its features"),
        ("#1d62b0", "#79b3f2"),
        "#2f7ed8",
        "circle",
    )
    recipe = FrozenRecipe
    trainer = "unfreeze.methods.frozen:FROZEN"
    default = True

    def heads(self, shape: Shape) -> tuple[Head, ...]:
        """See `Method.heads`."""
        return _HEADS[shape]

    def table(self, task: Task, traits: Traits) -> list[FrozenRecipe]:
        """See `Method.table`."""
        table = FAMILIES[traits.family].frozen(task, traits)
        return suited(table, traits, lambda recipe: recipe.pair != "separate" and recipe.layers == (-1,))

    def problem(self, recipe: FrozenRecipe, task: Task, traits: Traits) -> str | None:
        """See `Method.problem`."""
        if not recipe.l2 or not all(0 <= penalty < math.inf for penalty in recipe.l2):
            return say("l2 is {l2}; it must list one penalty or more, none below 0", l2=list(recipe.l2))
        if isinstance(recipe.layers, str):
            return None
        count = traits.layers
        if not recipe.layers or not all(-count <= layer < count for layer in recipe.layers):
            listed = say("it must list one or more of 0 to {count}, or -1 for the top one", count=count - 1)
            return say("layers is {layers}; {listed}", layers=list(recipe.layers), listed=listed)
        return None

    def head_work(self, recipe: FrozenRecipe, task: Task, trained_parameters: int) -> int:
        """See `Method.head_work`: a linear head reads one vector per text, which is little."""
        return 0 if in_members(recipe, task) else trained_parameters

    def estimate(self, recipe: FrozenRecipe, task: Task, past: Past) -> tuple[int, dict[str, int]]:
        """See `Method.estimate`."""
        pooled = in_members(recipe, task)
        name = f"{recipe.pair} {recipe.pooling if pooled else 'rows'}"
        states = {name: states_work(past.layers, (past.train, past.dev))}
        train, dev = (Read(0, size) for size in past.sizes) if pooled else (past.train, past.dev)
        penalties = len(recipe.l2) if pooled else 1
        return frozen_run(past.parameters, penalties, past.epochs, past.readings, train, dev), states


def in_members(recipe: FrozenRecipe, task: Task) -> bool:
    """Whether the head is one of many linear models, seeds and penalties, that train side by side."""
    return recipe.head == "linear" and not task.target.per_word


FEATURE_EXTRACTION = FeatureExtraction()
