"""Recipes for an encoder that gives one vector per text: linear heads that differ in how they are trained.

With one layer and one row there is nothing to mix or to pool, and nothing for a task model to read. What is left is how
strongly the weights are held back, which depends on the size of the training set, and the steps that lead there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from unfreeze.methods.frozen_recipes import FrozenRecipe

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

_KIROS = "Kiros et al. 2015, section 3: linear models on frozen vectors, pairs as |u-v| and u*v"
_SENTEVAL = "Conneau & Kiela 2018: Adam, batches of 64, L2 chosen on dev"

# SentEval's 1e-5 to 1e-2 are on vectors of length 1 as they are. Ours are standardised: a number in a vector of length
# 1 and width 2400 is about 0.02, so the same hold on the model needs 2,500 times the penalty.
L2 = (2.5e-2, 1e-1, 2.5e-1, 1.0, 2.5, 10.0, 25.0)
_WEAK = (0.0, 1e-4, 1e-3, 3e-3, 1e-2)  # for training sets of many ten thousands
_STRONG = (50.0, 100.0, 200.0, 500.0, 1000.0)  # for a few hundred

_linear = FrozenRecipe(
    "linear", learning_rate=1e-3, epochs=30, min_steps=1500, batch_size=64, patience=6,
    weight_decay=0.0, dropout=0.0, clip=None, l2=L2, source=f"{_KIROS}; {_SENTEVAL}",
)  # fmt: skip


def sentence_vector_recipes(task: Task) -> list[FrozenRecipe]:
    """All recipes, those that most often win first; none for tagging, which needs words."""
    if task.target.per_word:
        return []
    linear = replace(_linear, pair="separate") if task.pair else _linear
    return [
        replace(linear, name="linear"),
        replace(linear, name="linear-weak-l2", l2=_WEAK),
        replace(linear, name="linear-fast", learning_rate=5e-3),
        replace(linear, name="linear-batch-16", batch_size=16),
        replace(linear, name="linear-batch-256", batch_size=256, learning_rate=2e-3),
        replace(linear, name="linear-strong-l2", l2=_STRONG),
        replace(linear, name="linear-slow", learning_rate=3e-4, epochs=60, min_steps=3000),
        replace(linear, name="linear-constant", schedule="constant"),
        replace(linear, name="linear-slow-weak-l2", l2=_WEAK, learning_rate=3e-4, epochs=60, min_steps=3000),
    ]
