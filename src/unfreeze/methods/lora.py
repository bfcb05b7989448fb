"""LoRA as plans, judging and reports know it; `low_rank.py` is how it trains. No torch here."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from unfreeze.language.message import say, template
from unfreeze.methods.bounds import Bounds
from unfreeze.methods.lora_recipes import LoraRecipe, lora_recipes
from unfreeze.methods.method import Method, Shape
from unfreeze.methods.names import Words
from unfreeze.methods.suited_recipes import suited
from unfreeze.recipe import Head, Traits

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

_BOUNDS = Bounds(
    {"rank": 1, "unfreeze_top": 1}, {"adapter_dropout": (0, 1)}, ("alpha", "head_rate")
)  # fmt: skip
_HEADS: dict[Shape, tuple[Head, ...]] = {
    "text": ("linear",),
    "pair": ("linear", "biattention"),
    "words": ("linear", "crf", "bilstm-crf"),
}


class Lora(Method[LoraRecipe]):
    """Low-rank adapters beside the encoder's frozen weights learn, together with a small head on its top layer."""

    name = "lora"
    words = Words(
        say("LoRA"),
        say("LoRA"),
        template("Put adapters on {encoder}"),
        template("Train low-rank adapters on {encoder}"),
        ("#00704f", "#4cc9a0"),
        "#009e73",
        "square",
    )
    recipe = LoraRecipe
    trainer = "unfreeze.methods.low_rank:LORA"

    def heads(self, shape: Shape) -> tuple[Head, ...]:
        """See `Method.heads`."""
        return _HEADS[shape]

    def unfit(self, traits: Traits) -> str | None:
        """See `Method.unfit`: also where peft is not installed, which makes the adapters."""
        if traits.fixed is not None:
            return say("cannot have adapters: {fixed}", fixed=traits.fixed)
        if not traits.adaptable:
            return say("cannot have adapters: it has no linear layers that they could be put on")
        if find_spec("peft") is None:
            return say("cannot have adapters: peft is not installed (pip install 'unfreeze[lora]')")
        return None

    def table(self, task: Task, traits: Traits) -> list[LoraRecipe]:
        """See `Method.table`."""
        if not traits.adaptable:
            return []
        small = traits.width <= 512
        if not task.pair or traits.pairs:
            return suited(lora_recipes(task, small, traits.adaptable), traits)
        single = lora_recipes(replace(task, pair=False), small, traits.adaptable)
        apart = [replace(r, name=r.name.replace("mean", "separate"), pair="separate") for r in single]
        return suited(apart, traits)

    def problem(self, recipe: LoraRecipe, task: Task, traits: Traits) -> str | None:
        """See `Method.problem`."""
        if recipe.rank > traits.width:
            return say(
                "rank is {rank}; it must be at most {width}, the width of the encoder",
                rank=recipe.rank,
                width=traits.width,
            )
        if recipe.targets not in traits.adaptable:
            allowed = ", ".join(traits.adaptable) or "none"
            return say(
                "targets is {targets}; this encoder has layers of these kinds for adapters: {allowed}",
                targets=recipe.targets,
                allowed=allowed,
            )
        return _BOUNDS.problem(recipe)

    def limited(self, recipe: LoraRecipe, top: int) -> LoraRecipe:
        """See `Method.limited`."""
        return replace(recipe, unfreeze_top=top)


LORA = Lora()
