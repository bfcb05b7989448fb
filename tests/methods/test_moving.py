"""Runs whose encoder computes in every step: what they read is counted, and dev is read with its own states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from families import make_encoder

from unfreeze.methods.inputs import read_inputs
from unfreeze.methods.tuned import fine_tune
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.methods.work import Read, tuned_run
from unfreeze.recipe import Head

MakeTrainer = Callable[..., Any]
TUNED = TunedRecipe("linear", epochs=2, batch_size=5, learning_rate=1e-3, dropout=0.0)


def rows_read(kind: str, head: Head, train: Any, pieces: int) -> int:
    """What a head reads of the training examples: words, pieces of both texts, or a vector for each text."""
    if kind == "tagging":
        return sum(len(example.words) for example in train.train)
    return pieces if head == "biattention" else len(train.train)


@pytest.mark.parametrize(
    ("kind", "head"),
    [("classification", "linear"), ("pair-classification", "biattention"), ("tagging", "linear"), ("tagging", "crf")],
)
def test_the_work_is_that_of_the_pieces_and_rows_that_were_read(kind: str, head: Head, trainer: MakeTrainer) -> None:
    train = trainer(kind)
    (got,) = train(replace(TUNED, head=head), 0)
    inputs = read_inputs(train.encoder, train.objective.task, "joint", train.train)
    pieces = int(inputs.offsets[-1])
    read = Read(pieces, rows_read(kind, head, train, pieces))
    of_head = sum(tensor.numel() for name, tensor in got.weights.items() if name.startswith("head."))
    if kind == "tagging":  # its buffers do not learn
        of_head = 16 * 5 + 5 + (5 * 5 + 5 + 5 if head == "crf" else 0)
    layers = train.encoder.piece_work()
    assert got.work == tuned_run(layers, of_head, False, None, 2, 2, read, read, stored=False)


def test_dev_is_read_with_its_own_states(trainer: MakeTrainer) -> None:
    """Layers that stay frozen come from a store, of train in training and of dev in reading dev."""
    calm = make_encoder(limit=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    calm.settle()
    recipe = replace(TUNED, unfreeze_top=1, epochs=8, learning_rate=1e-2)
    computed, stored = (trainer("regression", cap, calm)(recipe, 0)[0] for cap in (0, 10**8))
    assert stored.dev.labels == pytest.approx(computed.dev.labels, abs=0.05)
    assert max(stored.dev.labels) - min(stored.dev.labels) > 0.5, "otherwise any state would do"


def test_a_run_needs_no_watcher(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    given = train.encoder, replace(TUNED, epochs=1), train.objective, train.train, train.dev
    steps: list[tuple[int, int]] = []
    watched = fine_tune(
        *given, seed=0, precision="fp32", progress=lambda step, total, best: steps.append((step, total))
    )
    assert steps[-1] == (3, 3)  # twelve examples by five
    assert fine_tune(*given, seed=0, precision="fp32").fit.curve[0].loss == watched.fit.curve[0].loss
