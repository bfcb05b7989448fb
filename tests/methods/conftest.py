"""Twelve made-up examples of every task kind, and one call that trains any recipe on them with a tiny encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from families import WORDS, make_encoder

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.features.layout import Form
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.methods.trained import Trained, gold_labels, settled
from unfreeze.methods.trainer import Given, trainer_of
from unfreeze.recipe import Recipe
from unfreeze.tasks.kinds import TASKS
from unfreeze.training.objectives import Objective, objective_for

TAGS = ("O", "B-LOC", "B-PER", "I-LOC", "I-PER")
SPACES = {
    "classification": LabelSpace(("bad", "good")),
    "pair-classification": LabelSpace(("different", "other", "same")),
    "multilabel-classification": LabelSpace(("one", "three", "two")),
    "regression": LabelSpace(low=0.0, high=5.0),
    "pair-regression": LabelSpace(low=0.0, high=5.0),
    "tagging": LabelSpace(TAGS, "BIO"),
}
NAMED = {"anna": "B-PER", "bob": "B-PER", "paris": "B-LOC", "rome": "B-LOC"}


def label(kind: str, i: int, words: Sequence[str]) -> Label:
    if kind == "tagging":
        return tuple(NAMED.get(word, "O") for word in words)
    if kind.startswith("multilabel"):
        return tuple(name for place, name in enumerate(SPACES[kind].names) if (i >> place) % 2)
    return float(i % 6) if kind.endswith("regression") else SPACES[kind].names[i % len(SPACES[kind].names)]


def made_up(kind: str, count: int = 12) -> tuple[Example, ...]:
    """Texts of 1 to 7 words; the fourth is longer than the encoder takes, and its second text is empty."""
    rows = []
    for i in range(count):
        words = tuple(WORDS[(5 * i + 3 * k) % len(WORDS)] for k in range(60 if i == 3 else 1 + 4 * i % 7))
        second = None
        if TASKS[kind].pair:
            second = "" if i == 3 else " ".join(WORDS[(7 * i + k) % len(WORDS)] for k in range(1 + i % 5))
        told = words if kind == "tagging" else None
        rows.append(Example(f"train:{i}", " ".join(words), second, told, label(kind, i, words)))
    return tuple(rows)


@dataclass(frozen=True)
class Trainer:
    """Trains recipes for one task kind, with dev the training examples turned round.

    Attributes:
        encoder: in eval mode, not frozen.
        cap: bytes of the feature store; 0 recomputes the states at each reading, without rounding.
        precision: of training; states are computed in fp32.
    """

    kind: str
    encoder: TransformerEncoder
    folder: Path
    cap: int = 0
    precision: Precision = "fp32"

    @property
    def train(self) -> tuple[Example, ...]:
        return made_up(self.kind)

    @property
    def dev(self) -> tuple[Example, ...]:
        return self.train[::-1]

    @property
    def objective(self) -> Objective:
        return objective_for(TASKS[self.kind], SPACES[self.kind], self.train)

    def features(
        self, reader: TransformerEncoder, recipe: Recipe, examples: Sequence[Example], form: Form | None = None
    ) -> SplitFeatures:
        """States of examples as a recipe reads them."""
        objective, cache = self.objective, (self.folder, self.cap)
        inputs = read_inputs(reader, objective.task, pair_reading(recipe, objective.task), examples)
        form = form or trainer_of(recipe).reads(recipe, objective.task, reader)[0]
        return split_features(reader, inputs, form, objective, examples, cache=cache, precision="fp32")

    def states(self, reader: TransformerEncoder, recipe: Recipe) -> dict[Form, tuple[SplitFeatures, SplitFeatures]]:
        """States of train and dev in all forms that a recipe reads."""
        forms = trainer_of(recipe).reads(recipe, self.objective.task, self.encoder)
        splits = self.train, self.dev
        return {form: tuple(self.features(reader, recipe, split, form) for split in splits) for form in forms}  # type: ignore[misc]

    def __call__(self, recipe: Recipe, *seeds: int) -> list[Trained]:
        """Train as the runner does."""
        with frozen(self.encoder) as reader:
            states = self.states(reader, recipe)
            given = Given(self.encoder, self.objective, self.train, self.dev, self.precision, states)
            runs = trainer_of(recipe).train(recipe, given, seeds)
        return [settled(run, self.objective, gold_labels(self.dev)) for run in runs]


@pytest.fixture
def trainer(tmp_path: Path) -> Callable[..., Trainer]:
    """`trainer(kind, cap=0, encoder=None)`."""

    def make(kind: str, cap: int = 0, encoder: TransformerEncoder | None = None) -> Trainer:
        return Trainer(kind, encoder or make_encoder(limit=24), tmp_path / "cache", cap)

    return make
