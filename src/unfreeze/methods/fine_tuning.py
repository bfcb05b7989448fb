"""Fine-tuning as plans, judging and reports know it; `tuned.py` is how it trains. No torch here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from unfreeze.language.message import say, template
from unfreeze.methods.bounds import Bounds
from unfreeze.methods.families import FAMILIES
from unfreeze.methods.method import Method, Shape
from unfreeze.methods.names import Words
from unfreeze.methods.suited_recipes import suited
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.methods.work import Past, states_work, tuned_run
from unfreeze.recipe import Head, Traits

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

_BOUNDS = Bounds(
    {"reinit_top": 0, "unfreeze_top": 1}, {"layer_decay": (0, 1)}, ("layer_decay", "head_rate")
)  # fmt: skip
_HEADS: dict[Shape, tuple[Head, ...]] = {
    "text": ("linear",),
    "pair": ("linear", "biattention"),
    "words": ("linear", "crf", "bilstm-crf"),
}


class FineTuning(Method[TunedRecipe]):
    """The encoder's weights learn together with a small head on its top layer."""

    name = TunedRecipe.method
    words = Words(
        say("fine-tuning"),
        say("tuned"),
        template("Fine-tune {encoder}"),
        template("Fine-tune {encoder}"),
        ("#a65300", "#f0a257"),
        "#d9730d",
        "diamond",
    )
    recipe = TunedRecipe
    trainer = "unfreeze.methods.tuned:TUNED"
    default = True

    def heads(self, shape: Shape) -> tuple[Head, ...]:
        """See `Method.heads`."""
        return _HEADS[shape]

    def unfit(self, traits: Traits) -> str | None:
        """See `Method.unfit`."""
        if traits.fixed is not None:
            return say("cannot be fine-tuned: {fixed}", fixed=traits.fixed)
        known = FAMILIES[traits.family].tuned is not None
        return None if known else say("cannot be fine-tuned: no recipes are known for encoders of its kind")

    def table(self, task: Task, traits: Traits) -> list[TunedRecipe]:
        """See `Method.table`."""
        tuned = FAMILIES[traits.family].tuned
        return [] if tuned is None else suited(tuned(task, traits), traits)

    def problem(self, recipe: TunedRecipe, task: Task, traits: Traits) -> str | None:
        """See `Method.problem`."""
        if recipe.reinit_top >= traits.layers:
            return say(
                "reinit_top is {reinit_top}; the encoder has {layers} layers above the embeddings",
                reinit_top=recipe.reinit_top,
                layers=traits.layers - 1,
            )
        if recipe.head_first is not None and recipe.head not in ("linear", "crf"):
            return say(
                "head_first is {head_first}; a probe has a linear head, or crf for words, not {head}",
                head_first=recipe.head_first,
                head=recipe.head,
            )
        if recipe.head_first is not None and recipe.reinit_top:
            return say("head_first and reinit_top exclude each other: a probe reads the layers that would start afresh")
        return _BOUNDS.problem(recipe)

    def limited(self, recipe: TunedRecipe, top: int) -> TunedRecipe:
        """See `Method.limited`."""
        return replace(recipe, unfreeze_top=top)

    def estimate(self, recipe: TunedRecipe, task: Task, past: Past) -> tuple[int, dict[str, int]]:
        """See `Method.estimate`."""
        frozen = recipe.freezes_layers
        states = {"tokens": states_work(past.layers, (past.train, past.dev))} if frozen else {}
        moving = recipe.gradual_unfreezing, recipe.unfreeze_top
        work = tuned_run(past.layers, 0, *moving, past.epochs, past.readings, past.train, past.dev, stored=frozen)
        return work, states


FINE_TUNING = FineTuning()
