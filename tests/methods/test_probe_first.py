"""A linear probe first, then fine-tuning from its head: before the first step both are the same function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from unfreeze.encoders.freezing import frozen
from unfreeze.errors import InputError
from unfreeze.methods import probe_first
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.model import restore
from unfreeze.methods.probe_first import head_of_probe, probe_form, train_probe
from unfreeze.methods.trained import Trained, gold_labels, settled
from unfreeze.methods.trainer import Given
from unfreeze.methods.tuned import TUNED, TunedModel
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Traits
from unfreeze.tasks.kinds import TASKS
from unfreeze.training.objectives import Decoded

FIRST = TunedRecipe("linear", head_first="probe", epochs=2, batch_size=4, learning_rate=1e-3, dropout=0.0)
MakeTrainer = Callable[..., Any]
CASES: list[tuple[str, TunedRecipe]] = [
    *(("classification", replace(FIRST, pooling=pooling)) for pooling in ("mean", "max", "cls", "last")),
    ("classification", replace(FIRST, normalise=True)),
    ("multilabel-classification", FIRST),
    ("regression", FIRST),
    *((f"pair-{kind}", replace(FIRST, pair=pair)) for kind in ("classification", "regression")
      for pair in ("joint", "separate")),
    *(("tagging", replace(FIRST, head=head)) for head in ("linear", "crf")),
]  # fmt: skip


def called(part: str | TunedRecipe) -> str:
    return part if isinstance(part, str) else "-".join((*part.details[:3], part.pair))


EACH = pytest.mark.parametrize(("kind", "recipe"), CASES, ids=called)


@pytest.fixture(autouse=True)
def short_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LINEAR_TOP", "CRF_TOP"):
        usual = getattr(probe_first, name)
        monkeypatch.setattr(probe_first, name, replace(usual, min_steps=0, epochs=8, learning_rate=0.05, batch_size=4))


def probe_of(train: Any, recipe: TunedRecipe, seed: int = 3) -> Trained:
    with frozen(train.encoder) as reader:
        states = train.states(reader, recipe)
        return train_probe(recipe, Given(train.encoder, train.objective, train.train, train.dev, "fp32", states), seed)


def same(one: Decoded, other: Decoded) -> None:
    if isinstance(one.labels[0], float):
        assert one.labels == pytest.approx(other.labels, abs=1e-4)
    else:
        assert one.labels == other.labels
    assert one.confidence == pytest.approx(other.confidence, abs=1e-5)


@EACH
def test_before_the_first_step_it_predicts_what_the_probe_did(
    kind: str, recipe: TunedRecipe, trainer: MakeTrainer
) -> None:
    train = trainer(kind)
    probe = probe_of(train, recipe)
    head = head_of_probe(probe.weights, recipe, train.objective.task)
    begun = restore(train.encoder, recipe, train.objective, [head])
    assert begun.encoder is train.encoder
    same(begun.predict(train.dev)[0], probe.dev)
    assert len(set(probe.dev.labels)) > 1, "a constant would be the same however it is read"


@EACH
def test_a_run_that_cannot_move_stays_where_the_probe_was(kind: str, recipe: TunedRecipe, trainer: MakeTrainer) -> None:
    train = trainer(kind)
    (got,) = train(replace(recipe, learning_rate=1e-12, epochs=1), 3)
    same(got.dev, settled(probe_of(train, recipe), train.objective, gold_labels(train.dev)).dev)


def test_all_layers_learn_after_the_probe(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(FIRST, 3)
    fresh = TunedModel(train.encoder, FIRST, train.objective).state_dict()
    head = head_of_probe(probe_of(train, FIRST).weights, FIRST, train.objective.task)
    moved = [name for name, tensor in got.weights.items() if name in fresh and not torch.equal(tensor, fresh[name])]
    assert any(name.startswith("encoder.") for name in moved)
    assert (got.weights["head.body.linear.linear.weight"] - head["body.linear.linear.weight"]).abs().max() > 0


def test_probe_and_tuning_both_count(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (whole,), (tuned,), probe = train(FIRST, 3), train(replace(FIRST, head_first=None), 3), probe_of(train, FIRST)
    assert len(whole.fit.curve) == len(tuned.fit.curve)
    assert probe.work > 0
    assert whole.work == tuned.work + probe.work
    assert whole.chosen == probe.chosen
    assert whole.chosen["l2"] in (0.0, 1e-3, 3e-3, 1e-2, 3e-2)
    assert whole.fit.seconds > whole.fit.curve[-1].seconds


def test_one_seed_gives_the_same_again(trainer: MakeTrainer) -> None:
    train = trainer("tagging")
    recipe = replace(FIRST, head="crf", dropout=0.2)
    first, again, other = (train(recipe, seed)[0] for seed in (1, 1, 2))
    assert all(torch.equal(tensor, again.weights[name]) for name, tensor in first.weights.items())
    assert [e.loss for e in first.fit.curve] == [e.loss for e in again.fit.curve] != [e.loss for e in other.fit.curve]


def test_layers_that_stay_frozen_for_a_while_are_read_beside_the_probes(trainer: MakeTrainer) -> None:
    train = trainer("pair-classification", 10**8)
    task = train.objective.task
    gradual = replace(FIRST, gradual_unfreezing=True, pair="separate", pooling="max")
    train.encoder.settle()
    assert TUNED.reads(FIRST, task, train.encoder) == (probe_form(FIRST, task),) == ("mean",)
    assert TUNED.reads(gradual, task, train.encoder) == ("max", "tokens")
    (got,) = train(gradual, 0)  # from a store of half precision
    (again,) = trainer("pair-classification", 0, train.encoder)(gradual, 0)
    assert got.fit.curve[0].loss == pytest.approx(again.fit.curve[0].loss, abs=5e-3)


@pytest.mark.parametrize(
    ("kind", "changes", "problem"),
    [
        (
            "tagging",
            {"head": "bilstm-crf"},
            "head_first is probe; a probe has a linear head, or crf for words",
        ),
        ("pair-classification", {"head": "biattention"}, "head_first is probe; a probe has a linear head"),
        ("classification", {"reinit_top": 1}, "head_first and reinit_top exclude each other"),
    ],
)
def test_what_a_probe_cannot_begin_is_refused(kind: str, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        check_recipes([replace(FIRST, **changes)], TASKS[kind], Traits(4, 32))
    check_recipes([replace(FIRST, **{**changes, "head_first": None})], TASKS[kind], Traits(4, 32))
