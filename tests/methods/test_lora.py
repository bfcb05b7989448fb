"""Adapters and head learn, nothing else; a run keeps just them, and comes back from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from families import make_encoder

from unfreeze.encoders.load import load_encoder
from unfreeze.methods import lora
from unfreeze.methods.lora import LORA
from unfreeze.methods.lora_recipes import LoraRecipe
from unfreeze.methods.low_rank import LORA as TRAINER
from unfreeze.methods.model import restore
from unfreeze.methods.work import Read, adapted_run
from unfreeze.recipe import Traits
from unfreeze.tasks.kinds import TASKS

RECIPE = LoraRecipe("linear", epochs=2, batch_size=4, learning_rate=1e-2, warmup=0.0, rank=3, alpha=6.0)
MakeTrainer = Callable[..., Any]


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging"])
def test_adapters_and_head_learn_and_are_kept_and_nothing_else(kind: str, trainer: MakeTrainer) -> None:
    train = trainer(kind)
    encoder = train.encoder
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    (got,) = train(replace(RECIPE, targets="attention"), 0)
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())
    assert all(p.requires_grad for p in encoder.parameters())
    adapters = {name for name in got.weights if name.startswith("adapter.")}
    assert {name.split(".")[0] for name in got.weights} == {"adapter", "head"}
    layers = [f"adapter.encoder.layer.{i}.attention.self.{name}" for i in range(3) for name in ("query", "value")]
    assert adapters == {f"{layer}.lora_{x}.weight" for layer in layers for x in "AB"}
    assert all(got.weights[name].any() for name in adapters)  # B began as 0
    of_head = sum(tensor.numel() for name, tensor in got.weights.items() if name.startswith("head."))
    assert sum(got.weights[name].numel() for name in adapters) == 6 * 2 * 3 * 16
    assert 0 < got.fit.trained_parameters - 6 * 2 * 3 * 16 <= of_head


@pytest.mark.parametrize("kind", ["classification", "pair-classification", "regression", "tagging"])
@pytest.mark.parametrize("family", ["bert", "modernbert"])
def test_a_restored_model_predicts_what_the_run_predicted(kind: str, family: str, trainer: MakeTrainer) -> None:
    train = trainer(kind, 0, make_encoder(family, limit=24))
    recipe = replace(RECIPE, head="crf" if kind == "tagging" else "linear", pair="separate", rank_stabilised=True)
    (got,) = train(recipe, 0)
    model = restore(train.encoder, recipe, train.objective, [got.weights])
    assert model.encoder.state_dict().keys() == train.encoder.state_dict().keys()
    (predicted,) = model.predict(train.dev)
    if kind == "regression":
        assert predicted.labels == pytest.approx(got.dev.labels, abs=1e-4)
    assert predicted.confidence == pytest.approx(got.dev.confidence, abs=1e-5)


def test_a_seed_gives_the_same_run_again_and_another_seed_another(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    recipe = replace(RECIPE, adapter_dropout=0.3)
    one, again, other = (train(recipe, seed)[0].weights for seed in (0, 0, 1))
    assert all(torch.equal(tensor, again[name]) for name, tensor in one.items())
    assert not any(torch.equal(tensor, other[name]) for name, tensor in one.items() if "lora" in name)


@pytest.mark.parametrize("kind", ["classification", "pair-regression"])
def test_states_from_a_store_stand_for_layers_without_adapters(kind: str, trainer: MakeTrainer) -> None:
    """The same run but for float16; in training, layers are computed from the lowest with adapters upwards."""
    calm = make_encoder(limit=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    recipe = replace(RECIPE, unfreeze_top=1, dropout=0.0, pair="separate")
    runs = [trainer(kind, cap, calm)(recipe, 0)[0] for cap in (0, 10**8)]
    assert {name.split(".")[3] for name in runs[0].weights if "lora" in name} == {"2"}
    for name, tensor in runs[0].weights.items():
        torch.testing.assert_close(runs[1].weights[name], tensor, atol=2e-2, rtol=0)
    below, above = calm.piece_work()[:3], calm.piece_work()[3]
    assert runs[0].work == runs[1].work
    assert sum(below) > 0 < above


def test_an_encoder_it_is_not_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LORA.unfit(load_encoder("minilm").traits) is None
    told = "cannot have adapters: it has no linear layers that they could be put on"
    for name in ("glove", "elmo-mini", "skip-mini"):
        traits = load_encoder(name).traits
        assert LORA.unfit(traits) in (told, f"cannot have adapters: {traits.fixed}")
        assert LORA.table(TASKS["classification"], traits) == []
    assert LORA.unfit(make_encoder("ibert").traits) == told
    monkeypatch.setattr(lora, "find_spec", lambda name: None)
    told = "cannot have adapters: peft is not installed (pip install 'unfreeze[lora]')"
    assert LORA.unfit(Traits(7, 384)) == told


def test_recipes_without_attention_have_all_linear_layers_and_keep_their_number() -> None:
    task = TASKS["classification"]
    usual = LORA.table(task, Traits(7, 384))
    others = LORA.table(task, Traits(7, 384, adaptable=("all-linear",)))
    assert {r.targets for r in usual} == {"attention", "all-linear"}
    assert {r.targets for r in others} == {"all-linear"}
    assert len(usual) == len(others) == len({r.name for r in others}) == 9


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"rank": 0}, "rank is 0; it must be a number of at least 1"),
        ({"rank": 17}, "rank is 17; it must be at most 16, the width of the encoder"),
        ({"alpha": 0.0}, "alpha is 0.0; it must be above 0"),
        ({"adapter_dropout": 1.5}, "adapter_dropout is 1.5; it must be from 0 to 1"),
        ({"head_rate": -1.0}, "head_rate is -1.0; it must be above 0"),
        ({"unfreeze_top": 0}, "unfreeze_top is 0; it must be a number of at least 1"),
        (
            {"targets": "attention"},
            "targets is attention; this encoder has layers of these kinds for adapters: all-linear",
        ),
    ],
)
def test_a_setting_out_of_bounds_is_told(changes: dict[str, Any], problem: str) -> None:
    traits = Traits(3, 16, adaptable=("all-linear",))
    assert LORA.problem(replace(RECIPE, **changes), TASKS["classification"], traits).startswith(problem)  # type: ignore[union-attr]
    assert LORA.problem(RECIPE, TASKS["classification"], traits) is None


def test_work_is_twice_the_frozen_weights_and_three_times_the_adapters() -> None:
    train, dev = Read(100, 10), Read(30, 3)
    layers, adapters, head = (5, 70, 70), (0, 0, 6), 4
    reading = (145 + 6) * 30 + 4 * 3
    step = 75 * 100 + 2 * 70 * 100 + 3 * 6 * 100 + 3 * 4 * 10
    assert adapted_run(layers, adapters, head, 2, 3, train, dev, stored=False) == 2 * step + 3 * reading
    assert adapted_run(layers, adapters, head, 2, 3, train, dev, stored=True) == 2 * (step - 75 * 100) + 3 * reading
    everywhere = adapted_run(layers, (1, 2, 3), head, 1, 0, train, dev, stored=True)
    assert everywhere == 2 * 145 * 100 + 3 * 6 * 100 + 3 * 4 * 10


def test_a_recipe_is_called_by_what_is_unusual() -> None:
    assert RECIPE.brief == "linear head, linear schedule, rank 3"
    assert RECIPE.details[-2:] == ("rank 3, alpha 6 over it", "adapters on all linear layers")
    unusual = replace(RECIPE, rank_stabilised=True, targets="attention", adapter_dropout=0.1, head_rate=2.0)
    assert unusual.details[-4:] == (
        "rank 3, alpha 6 over its root", "adapters on queries and values", "dropout 0.1 in adapters",
        "head's rate times 2",
    )  # fmt: skip


def test_a_limit_of_layers_is_the_recipes() -> None:
    assert LORA.limited(RECIPE, 2) == replace(RECIPE, unfreeze_top=2)


def test_tables_suit_the_encoder() -> None:
    text, pair = TASKS["classification"], TASKS["pair-classification"]
    small, large = (LORA.table(text, Traits(7, width))[0].learning_rate for width in (512, 513))
    assert small > large
    apart = LORA.table(pair, Traits(7, 384, pairs=False))
    assert {recipe.pair for recipe in apart} == {"separate"}
    assert not any("mean" in recipe.name for recipe in apart)
    assert {recipe.pair for recipe in LORA.table(pair, Traits(7, 384))} == {"joint", "separate"}


@pytest.mark.parametrize(("top", "reads"), [(None, ()), (1, ("tokens",))])
def test_states_are_read_only_where_layers_have_no_adapters(top: int | None, reads: tuple[str, ...]) -> None:
    encoder = make_encoder()
    encoder.settle()
    assert encoder.resumes()
    assert TRAINER.reads(replace(RECIPE, unfreeze_top=top), TASKS["classification"], encoder) == reads
