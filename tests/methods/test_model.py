"""Every head, pair reading and pooling: trains, predicts well-formed labels, and comes back from its weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from unfreeze.encoders.protocol import NO_LIMIT
from unfreeze.errors import InputError
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.lora_recipes import LoraRecipe
from unfreeze.methods.model import AdaptedModel, restore
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Recipe
from unfreeze.tasks.schemes import fault
from unfreeze.training.objectives import Decoded

FROZEN = FrozenRecipe("linear", epochs=1, batch_size=4, hidden=5, l2=(0.0, 0.1))
TUNED = TunedRecipe("linear", epochs=1, batch_size=4, hidden=5, learning_rate=1e-3)
LORA = LoraRecipe("linear", epochs=1, batch_size=4, hidden=5, learning_rate=1e-2, rank=2)
MakeTrainer = Callable[..., "object"]

PAIRS = ("pair-classification", "pair-regression")
CASES: list[tuple[str, Recipe]] = [
    *((kind, replace(base, pooling=pooling)) for kind in ("classification", "regression")
      for base in (FROZEN, TUNED) for pooling in ("mean", "max", "cls", "last")),
    *(("pair-classification", replace(base, pooling=pooling, pair=pair)) for base in (FROZEN, TUNED)
      for pooling in ("mean", "max", "cls", "last") for pair in ("joint", "separate")),
    *(("pair-regression", replace(base, pair=pair)) for base in (FROZEN, TUNED) for pair in ("joint", "separate")),
    *((kind, replace(FROZEN, head="esim", pair=pair)) for kind in PAIRS for pair in ("joint", "separate")),
    *((kind, replace(FROZEN, head="bcn", layers=layers)) for kind in ("classification", "regression")
      for layers in ("mix", "mean")),
    *(("classification", replace(FROZEN, layers=layers)) for layers in ("mean", (-1,), (0, 2))),
    *(("classification", replace(base, normalise=True)) for base in (replace(FROZEN, layers=(-1,)), TUNED)),
    *(("tagging", replace(FROZEN, head=head, layers=layers)) for head in ("linear", "crf", "bilstm-crf")
      for layers in ("mix", (-1,))),
    *(("tagging", replace(TUNED, head=head)) for head in ("linear", "crf", "bilstm-crf")),
    *((kind, replace(LORA, head=head)) for kind, head in
      (("classification", "linear"), ("pair-regression", "linear"), ("tagging", "crf"))),
    ("classification", replace(LORA, targets="attention", rank_stabilised=True, unfreeze_top=1)),
    ("classification", replace(TUNED, reinit_top=1, gradual_unfreezing=True, epochs=2, schedule="slanted-triangular")),
]  # fmt: skip


def called(case: tuple[str, Recipe]) -> str:
    kind, recipe = case
    told = (recipe.method, recipe.head, recipe.pair, recipe.pooling, recipe.normalise, recipe.epochs)
    return "-".join(map(str, (kind, *told, *getattr(recipe, "layers", ()))))


def same(one: Decoded, other: Decoded) -> None:
    if one.labels and isinstance(one.labels[0], float):
        assert one.labels == pytest.approx(other.labels, abs=1e-4)
    else:
        assert one.labels == other.labels
    assert one.confidence == pytest.approx(other.confidence, abs=1e-5)


def assert_well_formed(train: object, decoded: Decoded) -> None:
    labels, space = train.objective.labels, decoded.labels
    assert len(space) == len(train.dev)
    if train.kind == "tagging":
        for example, tags in zip(train.dev, space, strict=True):
            assert len(tags) == len(example.words)
            assert set(tags) <= set(labels.names)
            assert fault(tags, "BIO") is None
    elif train.kind.endswith("regression"):
        assert all(isinstance(score, float) and -50 < score < 50 for score in space)
    else:
        assert set(space) <= set(labels.names)
        assert all(1 / len(labels.names) <= sure <= 1 for sure in decoded.confidence)
    assert len(decoded.confidence) == (len(train.dev) if train.kind.endswith("classification") else 0)


@pytest.mark.parametrize("case", CASES, ids=called)
def test_a_trained_model_comes_back_from_its_weights(
    case: tuple[str, Recipe], trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, recipe = case
    train = trainer(kind)
    (got,) = train(recipe, 1)
    assert_well_formed(train, got.dev)
    weights = {name: tensor.clone() for name, tensor in got.weights.items()}
    model = restore(train.encoder, recipe, train.objective, [weights])
    (predicted,) = model.predict(train.dev)
    same(predicted, got.dev)
    for i in range(6, 10):  # alone as in a batch; among them the long text
        (alone,) = model.predict(train.dev[i : i + 1])
        same(alone, Decoded(predicted.labels[i : i + 1], predicted.confidence[i : i + 1]))
    monkeypatch.setattr(model.encoder, "batch_pieces", 20)
    same(model.predict(train.dev)[0], predicted)


def test_several_frozen_heads_share_one_pass(trainer: MakeTrainer) -> None:
    train = trainer("pair-classification")
    recipe = replace(FROZEN, pair="separate")
    trained = train(recipe, 1, 2, 3)
    model = restore(train.encoder, recipe, train.objective, [one.weights for one in trained])
    passes = []
    train.encoder.thread_pieces = NO_LIMIT  # one batch
    train.encoder.model.register_forward_hook(lambda *_: passes.append(1))
    for predicted, one in zip(model.predict(train.dev), trained, strict=True):
        same(predicted, one.dev)
    assert len(passes) == 1


def states(model: AdaptedModel) -> list[torch.Tensor]:
    return [tensor.clone() for part in (model.encoder, *model.heads) for tensor in part.state_dict().values()]


@pytest.mark.parametrize("recipe", [FROZEN, TUNED], ids=["frozen", "tuned"])
def test_predicting_changes_nothing(recipe: Recipe, trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(recipe, 1)
    model = restore(train.encoder, recipe, train.objective, [got.weights])
    assert not any(module.training for part in (model.encoder, *model.heads) for module in part.modules())
    before = states(model)
    assert model.predict(train.dev) == model.predict(train.dev)
    assert all(torch.equal(a, b) for a, b in zip(before, states(model), strict=True))
    assert model.predict([]) == [Decoded(())]


def test_a_restored_tuned_model_leaves_the_pretrained_encoder_alone(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(TUNED, 1)
    digest = train.encoder.fingerprint()
    model = restore(train.encoder, TUNED, train.objective, [got.weights])
    assert train.encoder.fingerprint() == digest != model.encoder.fingerprint()


def test_weights_of_another_recipe_are_refused(trainer: MakeTrainer) -> None:
    train = trainer("tagging")
    (got,) = train(replace(FROZEN, head="crf"), 1)
    with pytest.raises(RuntimeError, match="Missing key"):
        restore(train.encoder, replace(FROZEN, head="bilstm-crf"), train.objective, [got.weights])


@pytest.mark.parametrize("recipe", [FROZEN, TUNED], ids=["frozen", "tuned"])
def test_states_that_are_no_numbers_are_refused_where_asked(recipe: Recipe, trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(recipe, 1)
    model = restore(train.encoder, recipe, train.objective, [got.weights])
    model = replace(model, encoder=copy.deepcopy(model.encoder))
    same(model.predict(train.dev, finite=True)[0], model.predict(train.dev)[0])
    with torch.no_grad():
        next(iter(model.encoder.parameters())).fill_(float("nan"))
    assert len(model.predict(train.dev)[0].labels) == len(train.dev)  # a run that diverged is judged
    with pytest.raises(InputError, match="infinite or NaN"):
        model.predict(train.dev, finite=True)


@pytest.mark.parametrize("recipe", [FROZEN, TUNED])
def test_a_restored_head_does_not_learn(recipe: Recipe, trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(recipe, 0)
    (head,) = restore(train.encoder, recipe, train.objective, [got.weights]).heads
    assert not any(p.requires_grad for p in head.parameters())
    assert not head.training


def test_several_tuned_models_share_no_encoder(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(TUNED, 0)
    with pytest.raises(ValueError, match="2 models of fine-tuning, each of which has an encoder of its own"):
        restore(train.encoder, TUNED, train.objective, [got.weights] * 2)
