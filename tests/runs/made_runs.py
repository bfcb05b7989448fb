"""Recipes of a second each, and what their runs leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.lora_recipes import LoraRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import RunRecord
from unfreeze.runs.bench import Workbench, read_weights
from unfreeze.runs.jobs import Job, Work, job
from unfreeze.runs.runner import Asked, Flow

FROZEN = FrozenRecipe("linear", "mix", learning_rate=5e-2, epochs=3, batch_size=4, l2=(0.0, 1.0))
BCN = FrozenRecipe("bcn", "bcn", learning_rate=1e-2, epochs=2, batch_size=4, hidden=6, dropout=0.3)
TUNED = TunedRecipe("linear", "tuned", learning_rate=1e-3, epochs=2, batch_size=5)
LORA = LoraRecipe("linear", "lora", learning_rate=1e-2, epochs=2, batch_size=5, rank=2, adapter_dropout=0.2)
STAGES = replace(TUNED, name="stages", gradual_unfreezing=True, epochs=1)


def wanted(works: Sequence[Work]) -> Flow[list[RunRecord]]:
    records = yield Asked(works)
    return [record for of_work in records for record in of_work]


def jobs_of(recipes: Sequence[Recipe], seeds: Sequence[int] = (0, 1)) -> list[Job]:
    return [job("q", recipe, seed) for recipe in recipes for seed in seeds]


def outcome(one: Workbench, run: Job, record: RunRecord) -> tuple[Any, ...]:
    """All that a run left but what was measured with a clock, to the bit."""
    curve = [(p.epoch, p.step, p.train_loss, p.dev, p.learning_rate) for p in record.curve]
    weights = {name: tensor.numpy().tobytes() for name, tensor in read_weights(one, run).items()}
    return record.dev, curve, record.best_epoch, record.work, record.layer_weights, record.chosen, weights
