"""A third method, all of it in this file, as one that somebody adds: a small head on the top layer, with one penalty.

What it has of its own is its setting; how heads are trained is feature extraction's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from torch import nn

from unfreeze.encoders.protocol import Batch, Encoder, LayerStates
from unfreeze.features.layout import Form
from unfreeze.methods.frozen import as_form, form_for, frozen_head, train_frozen
from unfreeze.methods.frozen_recipes import CRF_TOP, LINEAR_TOP, FrozenRecipe
from unfreeze.methods.method import Method, Shape
from unfreeze.methods.names import Words
from unfreeze.methods.trained import Trained
from unfreeze.methods.trainer import Given, Trainer
from unfreeze.recipe import Head, MethodName, Recipe, Traits
from unfreeze.tasks.kinds import Task
from unfreeze.training.objectives import Objective


@dataclass(frozen=True)
class TopRecipe(Recipe):
    """`shrinkage` is the penalty of its head."""

    method: MethodName = field(default="top-layer", init=False)
    shrinkage: float = 0.0


class TopLayer(Method[TopRecipe]):
    """Feature extraction from the top layer, with one penalty."""

    name = "top-layer"
    words = Words("the top layer", "top", "Read the top of {encoder}", "Read the top layer of {encoder}",
                  ("#2b6e50", "#6cc49c"), "#3d9970", "triangle-up")  # fmt: skip
    recipe = TopRecipe
    trainer = "methods.top_layer:TOP"

    def heads(self, shape: Shape) -> tuple[Head, ...]:
        return ("crf",) if shape == "words" else ("linear",)

    def table(self, task: Task, traits: Traits) -> list[TopRecipe]:
        head, pair = self.heads("words" if task.target.per_word else "text")[0], "separate" if task.pair else "joint"
        return [
            TopRecipe(head, f"top-{number}", pair=pair, shrinkage=10.0**-number, source="nobody")  # type: ignore[arg-type]
            for number in range(1, 10)
        ]

    def problem(self, recipe: TopRecipe, task: Task, traits: Traits) -> str | None:
        return None if recipe.shrinkage >= 0 else f"shrinkage is {recipe.shrinkage}; it must be at least 0"


class TopTrainer(Trainer[TopRecipe]):
    """Trains as feature extraction does."""

    shares_pass = True

    def reads(self, recipe: TopRecipe, task: Task, encoder: Encoder) -> tuple[Form, ...]:
        return (form_for(_frozen(recipe), task),)

    def train(self, recipe: TopRecipe, given: Given, seeds: Sequence[int]) -> list[Trained]:
        (splits,) = given.states.values()
        return train_frozen(_frozen(recipe), given.objective, *splits, seeds=seeds, device=given.encoder.device)

    def head(self, recipe: TopRecipe, objective: Objective, encoder: Encoder) -> nn.Module:
        return frozen_head(_frozen(recipe), objective, encoder.layers, encoder.width)

    def encode(self, encoder: Encoder, recipe: TopRecipe, task: Task, batch: Batch) -> LayerStates:
        return as_form(encoder.encode(batch), form_for(_frozen(recipe), task))


def _frozen(recipe: TopRecipe) -> FrozenRecipe:
    base = LINEAR_TOP if recipe.head == "linear" else CRF_TOP
    return replace(
        base, head=recipe.head, pooling=recipe.pooling, pair=recipe.pair, l2=(recipe.shrinkage,), epochs=recipe.epochs,
        min_steps=0, learning_rate=recipe.learning_rate, batch_size=recipe.batch_size,
    )  # fmt: skip


TOP_LAYER, TOP = TopLayer(), TopTrainer()
