"""The encoder stays as it is, the head learns, and members do not know of each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from families import make_encoder

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import LayerStates
from unfreeze.features.store import StoredFeatures
from unfreeze.methods.frozen import FROZEN, as_form, form_for, frozen_head, train_frozen
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.tasks.kinds import TASKS

CPU = torch.device("cpu")
LINEAR = FrozenRecipe("linear", epochs=6, batch_size=4, learning_rate=0.05, dropout=0.0, patience=2)
CRF = replace(LINEAR, head="crf", patience=None)
HEADS = {"classification": "bcn", "pair-classification": "esim", "tagging": "bilstm-crf"}
MakeTrainer = Callable[..., "object"]


@pytest.mark.parametrize(
    ("kind", "head", "expected"),
    [("classification", "linear", "max"), ("classification", "bcn", "tokens"), ("pair-regression", "linear", "max"),
     ("pair-classification", "esim", "tokens"), ("tagging", "linear", "words"), ("tagging", "crf", "words"),
     ("tagging", "bilstm-crf", "words")],
)  # fmt: skip
def test_the_store_holds_what_the_head_reads(kind: str, head: str, expected: str) -> None:
    assert form_for(replace(LINEAR, head=head, pooling="max"), TASKS[kind]) == expected  # type: ignore[arg-type]


def test_as_form_pools_or_leaves_alone() -> None:
    states = LayerStates(torch.arange(12.0).view(2, 3, 2), torch.tensor([-1, 0, -1]), torch.tensor([-1, 0, -1]), (2, 1))
    assert as_form(states, "tokens") is as_form(states, "words") is states
    pooled = as_form(states, "mean")
    assert pooled.states.tolist() == [[[1, 2], [4, 5]], [[7, 8], [10, 11]]]
    assert (pooled.segment.tolist(), pooled.words.tolist(), pooled.lengths) == ([-1, -1], [-1, -1], (1, 1))


@pytest.mark.parametrize("head", ["linear", "own"])
@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("cap", [0, 1 << 20])
def test_the_encoder_is_bit_identical_after_a_run(kind: str, head: str, cap: int, trainer: MakeTrainer) -> None:
    recipe = replace(LINEAR, epochs=1, hidden=5, head=HEADS[kind] if head == "own" or kind == "tagging" else "linear")
    train = trainer(kind, cap)
    encoder = train.encoder.train()  # as a careless caller leaves it
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    digest = encoder.fingerprint()
    train(recipe, 0)
    assert encoder.fingerprint() == digest
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())
    assert all(p.grad is None for p in encoder.parameters())
    assert all(module.training for module in encoder.modules())


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging"])
def test_the_store_gives_what_recomputing_gives(kind: str, trainer: MakeTrainer) -> None:
    """States too large for half precision are stored in full, so that nothing is rounded and all must be equal."""
    encoder = make_encoder(limit=24)
    with torch.no_grad():
        for module in encoder.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.weight.mul_(1e5)
    recipe = CRF if kind == "tagging" else LINEAR
    recomputed, stored = trainer(kind, 0, encoder), trainer(kind, 1 << 24, encoder)
    with frozen(encoder) as reader:
        one, other = (t.features(reader, recipe, t.train).features for t in (recomputed, stored))
        assert (one.kind, other.kind) == ("recomputed", "stored")
        assert isinstance(other, StoredFeatures)
        everything = np.arange(len(recomputed.train))
        torch.testing.assert_close(one.read(everything).states, other.read(everything).states, rtol=1e-5, atol=1.0)
    (a,), (b,) = recomputed(recipe, 3), stored(recipe, 3)
    assert a.dev.labels == pytest.approx(b.dev.labels) if kind == "pair-regression" else a.dev.labels == b.dev.labels
    assert a.fit.best_epoch == b.fit.best_epoch
    assert [e.loss[0] for e in a.fit.curve] == pytest.approx([e.loss[0] for e in b.fit.curve], rel=1e-3)


def test_half_precision_in_the_store_changes_little(trainer: MakeTrainer) -> None:
    (exact,), (rounded,) = (trainer("classification", cap)(LINEAR, 0) for cap in (0, 1 << 24))
    assert exact.dev.labels == rounded.dev.labels
    assert exact.dev.confidence == pytest.approx(rounded.dev.confidence, abs=5e-3)


@pytest.mark.parametrize("kind", ["classification", "pair-classification", "pair-regression"])
@pytest.mark.parametrize("pair", ["joint", "separate"])
def test_a_seed_trained_alone_is_a_seed_trained_with_others(kind: str, pair: str, trainer: MakeTrainer) -> None:
    recipe = replace(LINEAR, pair=pair, l2=(0.0, 0.3), clip=0.5, epochs=8)
    train = trainer(kind)
    together = train(recipe, 4, 5, 6)
    for seed, one in zip((4, 5, 6), together, strict=True):
        (alone,) = train(recipe, seed)
        assert alone.chosen == one.chosen
        assert alone.fit.best_epoch[alone.member] == one.fit.best_epoch[one.member]
        for name, tensor in alone.weights.items():
            torch.testing.assert_close(tensor, one.weights[name], atol=1e-5, rtol=1e-4, msg=name)
        assert alone.layer_weights == pytest.approx(one.layer_weights, abs=1e-5)
    assert not torch.equal(together[0].weights["body.members.weight"], together[1].weights["body.members.weight"])


def test_a_seed_keeps_the_penalty_that_is_best_on_dev(trainer: MakeTrainer) -> None:
    """A penalty so high that its member says one thing for all cannot win, wherever it stands in the list."""
    train = trainer("classification")
    for l2 in ((1e4, 0.0), (0.0, 1e4)):
        (got,) = train(replace(LINEAR, l2=l2, epochs=20, patience=None), 0)
        assert got.chosen == {"l2": 0.0}
        assert got.weights["body.members.weight"].shape[0] == 1
        assert set(got.dev.labels) == {"bad", "good"}


def test_one_seed_gives_the_same_again(trainer: MakeTrainer) -> None:
    train = trainer("tagging")
    recipe = replace(CRF, head="bilstm-crf", hidden=4, dropout=0.3, epochs=2)
    first, again, other = (train(recipe, seed)[0] for seed in (1, 1, 2))
    assert [e.loss for e in first.fit.curve] == [e.loss for e in again.fit.curve]
    assert all(torch.equal(t, again.weights[name]) for name, t in first.weights.items())
    assert [e.loss for e in first.fit.curve] != [e.loss for e in other.fit.curve]


@pytest.mark.parametrize(
    ("kind", "head"),
    [("tagging", "bilstm-crf"), ("tagging", "crf"), ("tagging", "linear"), ("classification", "bcn"),
     ("pair-regression", "esim")],
)  # fmt: skip
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_seed_gives_the_same_alone_and_beside_others_whatever_the_threads(
    kind: str, head: str, precision: Precision, trainer: MakeTrainer
) -> None:
    train = replace(trainer(kind, 1 << 20), precision=precision)
    recipe = replace(CRF, head=head, hidden=4, dropout=0.3, epochs=2)  # type: ignore[arg-type]
    alone = [train(recipe, seed)[0] for seed in (0, 1, 2)]
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        beside, lent = train(recipe, 0, 1, 2), train(recipe, 1)[0]
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), state)
    for one, other in zip([*alone, alone[1]], [*beside, lent], strict=True):
        assert [e.loss for e in one.fit.curve] == [e.loss for e in other.fit.curve]
        assert all(torch.equal(t, other.weights[name]) for name, t in one.weights.items())
        assert one.dev == other.dev


@pytest.mark.parametrize(
    ("kind", "head"), [("tagging", "bilstm-crf"), ("classification", "bcn"), ("pair-regression", "esim")]
)
def test_in_bf16_a_head_learns_nearly_what_it_learns_in_fp32(kind: str, head: str, trainer: MakeTrainer) -> None:
    recipe = replace(CRF, head=head, hidden=8, dropout=0.0, learning_rate=1e-3)  # type: ignore[arg-type]
    exact, half = (replace(trainer(kind, 1 << 20), precision=p)(recipe, 0)[0] for p in ("fp32", "bf16"))
    losses = [[epoch.loss[0] for epoch in run.fit.curve] for run in (exact, half)]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.03)
    assert all(tensor.dtype != torch.bfloat16 for tensor in half.weights.values())


@pytest.mark.parametrize(("kind", "head"), [("classification", "linear"), ("tagging", "linear"), ("tagging", "crf")])
def test_heads_without_an_lstm_learn_in_fp32_in_any_case(kind: str, head: str, trainer: MakeTrainer) -> None:
    recipe = replace(LINEAR if kind == "classification" else CRF, head=head)  # type: ignore[arg-type]
    exact, half = (replace(trainer(kind), precision=p)(recipe, 0)[0] for p in ("fp32", "bf16"))  # type: ignore[arg-type]
    assert all(torch.equal(tensor, half.weights[name]) for name, tensor in exact.weights.items())


def test_layer_weights_are_those_learned(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (mixed,) = train(LINEAR, 0)
    assert sum(mixed.layer_weights) == pytest.approx(1)
    assert len(mixed.layer_weights) == train.encoder.layers
    assert len(set(mixed.layer_weights)) > 1
    for layers in ("mean", (-1,), (0, 2)):
        assert train(replace(LINEAR, layers=layers), 0)[0].layer_weights is None


def test_the_linear_head_sees_standardised_training_features(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    with frozen(train.encoder) as reader:
        split = train.features(reader, LINEAR, train.train)
        states = split.read(np.arange(12), CPU)[0].states.double()  # (layers, 12, width)
        (got,) = train_frozen(LINEAR, train.objective, split, split, seeds=[0], device=CPU)
    torch.testing.assert_close(got.weights["body.members.mean"].double(), states.mean(1), atol=1e-5, rtol=1e-5)
    spread = states.std(1, correction=0)
    torch.testing.assert_close(got.weights["body.members.spread"].double(), spread, atol=1e-5, rtol=1e-4)


def test_lengths_are_what_a_head_has_to_compute(trainer: MakeTrainer) -> None:
    train = trainer("pair-classification")
    with frozen(train.encoder) as reader:
        pooled = train.features(reader, LINEAR, train.train)
        tokens = train.features(reader, replace(LINEAR, head="esim", pair="separate"), train.train)
    assert pooled.lengths().tolist() == [1] * 12
    assert tokens.lengths().tolist() == [
        sum(len(ids) for ids in train.encoder.tokenizer([e.text, e.text_b], truncation=True)["input_ids"])
        for e in train.train
    ]


@pytest.mark.parametrize(("kind", "head"), [
    *HEADS.items(), ("tagging", "crf"), ("tagging", "linear"), ("pair-regression", "linear"),
])  # fmt: skip
def test_heads_are_as_large_as_the_recipe_says(kind: str, head: str, trainer: MakeTrainer) -> None:
    objective = trainer(kind).objective
    narrow, wide = (
        sum(p.numel() for p in frozen_head(replace(LINEAR, head=head, hidden=h), objective, 4, 16).parameters())  # type: ignore[arg-type]
        for h in (5, 10)
    )
    assert (narrow < wide) is (head not in ("linear", "crf"))


@pytest.mark.parametrize(("kind", "width"), [("pair-classification", 4 * 16), ("pair-regression", 2 * 16)])
def test_only_a_score_of_likeness_is_blind_to_the_order_of_a_pair(kind: str, width: int, trainer: MakeTrainer) -> None:
    head = frozen_head(replace(LINEAR, pair="separate"), trainer(kind).objective, 4, 16)
    assert dict(head.named_parameters())["body.members.weight"].shape[1] == width


def test_weight_decay_is_no_second_penalty_of_a_linear_head(trainer: MakeTrainer) -> None:
    train = trainer("classification", 1 << 20)
    one, other = (train(replace(LINEAR, weight_decay=decay), 0)[0].weights for decay in (0.0, 0.5))
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_linear_heads_of_texts_go_together_and_others_alone() -> None:
    texts, tags = TASKS["classification"], TASKS["tagging"]
    assert FROZEN.seeds_together(FrozenRecipe("linear"), texts)
    assert not FROZEN.seeds_together(FrozenRecipe("linear"), tags)
    assert not FROZEN.seeds_together(FrozenRecipe("bcn"), texts)


@pytest.mark.parametrize("head", ["linear", "bcn"])
def test_the_loss_that_is_told_is_the_mean_over_the_examples(head: str, trainer: MakeTrainer) -> None:
    train = trainer("classification")
    still = replace(LINEAR, head=head, epochs=1, learning_rate=1e-12, batch_size=12, hidden=5)
    (got,) = train(still, 3)
    with frozen(train.encoder) as reader:
        split = train.features(reader, still, train.train)
        states, counts = split.read(np.arange(12), CPU)
    restored = frozen_head(still, train.objective, split.features.layers, split.features.width)
    restored.load_state_dict(dict(got.weights))
    restored.eval()
    expected = restored.loss(states, counts, [split.targets[i] for i in range(12)])
    assert got.fit.curve[0].loss[got.member] == pytest.approx(float(expected.detach().sum()), rel=1e-4)
