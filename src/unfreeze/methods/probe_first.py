"""A linear probe whose head fine-tuning begins from: LP-FT (Kumar et al. 2022, section 4).

A fresh head sends gradients into the encoder that have nothing to do with what it knows. So the head is trained first,
on the frozen states that the tuned head will read, and then all layers together from there: before the first step the
tuned model predicts what the probe did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from unfreeze.features.layout import Form
from unfreeze.methods.frozen import form_for, train_frozen
from unfreeze.methods.frozen_recipes import CRF_TOP, L2, LINEAR_TOP, PAIR_L2, FrozenRecipe
from unfreeze.methods.inputs import pair_reading
from unfreeze.methods.task_heads import features_of_pairs
from unfreeze.methods.trained import DECISION, Trained
from unfreeze.methods.trainer import Given
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.tasks.kinds import Task


def probe_recipe(recipe: TunedRecipe, task: Task) -> FrozenRecipe:
    """The probe of a recipe: the same head over the same reading of the top layer, trained as frozen heads are."""
    if task.target.per_word:
        return replace(CRF_TOP, head=recipe.head, pooling=recipe.pooling)
    l2 = PAIR_L2 if pair_reading(recipe, task) == "separate" else L2
    reading = {"pooling": recipe.pooling, "normalise": recipe.normalise, "pair": recipe.pair}
    return replace(LINEAR_TOP, l2=l2, **reading)  # type: ignore[arg-type]


def probe_form(recipe: TunedRecipe, task: Task) -> Form:
    """What of the layer states the probe reads."""
    return form_for(probe_recipe(recipe, task), task)


def train_probe(recipe: TunedRecipe, given: Given, seed: int) -> Trained:
    """The probe, trained on the states that the trainer asked for; its penalty is chosen on dev."""
    task = given.objective.task
    splits = given.states[probe_form(recipe, task)]
    (trained,) = train_frozen(
        probe_recipe(recipe, task), given.objective, *splits, seeds=(seed,), device=given.encoder.device,
        progress=given.progress,
    )  # fmt: skip
    return trained


def head_of_probe(weights: Mapping[str, Tensor], recipe: TunedRecipe, task: Task) -> dict[str, Tensor]:
    """The probe's weights as those of the tuned head: the same function of the same states.

    A tagger's are the same. A linear probe standardises what it reads, and the tuned head reads vectors of another
    length: both go into the weights and the bias.
    """
    if task.target.per_word:
        return dict(weights)
    separate = pair_reading(recipe, task) == "separate"
    mean, spread, weight, bias = (
        weights[f"body.members.{name}"].double() for name in ("mean", "spread", "weight", "bias")
    )
    if not separate:
        mean, spread = mean[-1], spread[-1]  # of the top layer
    slope = (weight[0] / spread[:, None]).T  # (outputs, features)
    offset = bias[0] - slope @ mean
    slope = slope / _lengths(slope.shape[1], recipe, task, separate)
    decided = {DECISION: weights[DECISION]} if DECISION in weights else {}
    return {"body.linear.linear.weight": slope.float(), "body.linear.linear.bias": offset.float(), **decided}


def _lengths(features: int, recipe: TunedRecipe, task: Task, separate: bool) -> Tensor:
    """(features,) how many times as large the tuned head's features are: its vectors have the length of a typical one.

    Of a pair's features the product is as large as two such vectors.
    """
    if not separate:
        return torch.full((features,), features**0.5 if recipe.normalise else 1.0, dtype=torch.float64)
    blocks = 4 if features_of_pairs(task) == "full" else 2
    width = features // blocks
    return torch.tensor([*[width**0.5] * (features - width), *[float(width)] * width], dtype=torch.float64)
