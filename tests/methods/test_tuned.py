"""The encoder given stays as it is; the copy that trains moves, as far as the recipe lets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from families import make_encoder

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.precision import Precision
from unfreeze.methods import moving, tuned
from unfreeze.methods.tuned import TUNED as TRAINER
from unfreeze.methods.tuned import TunedModel, fine_tune
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.tasks.kinds import TASKS

TUNED = TunedRecipe("linear", epochs=1, batch_size=4, learning_rate=1e-2, warmup=0.0)
MakeTrainer = Callable[..., "object"]


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging"])
@pytest.mark.parametrize("inside", [False, True])
def test_the_encoder_given_is_bit_identical_and_the_copy_moved(kind: str, inside: bool, trainer: MakeTrainer) -> None:
    """Also while it is frozen for the other method, as in a comparison."""
    train = trainer(kind)
    encoder = train.encoder
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    digest = encoder.fingerprint()
    if inside:
        with frozen(encoder):
            (got,) = train(TUNED, 0)
    else:
        (got,) = train(TUNED, 0)
    assert encoder.fingerprint() == digest
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())
    assert not encoder.training
    moved = {name for name, tensor in before.items() if not torch.equal(got.weights[f"encoder.{name}"], tensor)}
    groups = [p for group in encoder.layer_groups() for p in group]
    taught = {name for name, p in encoder.named_parameters() if any(p is q for q in groups)}
    assert moved == taught
    assert {name.split(".")[0] for name in got.weights} == {"encoder", "head"}


def test_trained_parameters_are_encoder_and_head(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(TUNED, 0)
    below = sum(p.numel() for group in train.encoder.layer_groups() for p in group)
    table = train.encoder.piece_table()
    assert table is not None
    pieces = len(np.unique(train.encoder.read_texts([e.text for e in train.train]).ids))
    assert 0 < pieces < table.num_embeddings  # vectors of pieces that training does not have cannot learn
    assert got.fit.trained_parameters == below - (table.num_embeddings - pieces) * 16 + 16 * 2 + 2


def test_learning_used_rows_alone_changes_nothing(trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    train = trainer("classification")
    fast = train(replace(TUNED, clip=None, epochs=2, weight_decay=0.0), 0)[0]
    monkeypatch.setattr(tuned, "learn_used_rows", lambda *_, **__: None)
    plain = train(replace(TUNED, clip=None, epochs=2, weight_decay=0.0), 0)[0]
    assert fast.weights.keys() == plain.weights.keys()
    for name, tensor in plain.weights.items():
        torch.testing.assert_close(fast.weights[name], tensor, rtol=1e-5, atol=1e-6)
    assert fast.fit.trained_parameters < plain.fit.trained_parameters


def test_dropout_is_at_work_in_the_encoder(trainer: MakeTrainer) -> None:
    """With the heads' dropout off, only the encoder's can make two seeds of the same first weights differ."""
    train = trainer("classification")
    calm = replace(train, encoder=make_encoder(limit=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0))
    whole = replace(TUNED, dropout=0.0, batch_size=12)  # one step an epoch: the order of examples plays no part
    assert train(whole, 0)[0].fit.curve[0].loss != calm(whole, 0)[0].fit.curve[0].loss


@pytest.mark.parametrize(("best", "groups_moved"), [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)])
def test_gradual_unfreezing_moves_one_more_group_an_epoch(
    best: int, groups_moved: int, trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head, then one layer group more an epoch from the top; seen through the epoch kept."""
    scores = iter(float(epoch == best) for epoch in range(1, 6))
    monkeypatch.setattr(moving, "main_score", lambda *given: next(scores))
    train = trainer("classification")
    (got,) = train(replace(TUNED, epochs=1, gradual_unfreezing=True, schedule="slanted-triangular", warmup=0.1), 0)
    assert got.fit.best_epoch == (best,)
    names = {id(p): name for name, p in train.encoder.named_parameters()}
    moved = [
        {torch.equal(got.weights[f"encoder.{names[id(p)]}"], p) for p in group}
        for group in train.encoder.layer_groups()
    ]
    assert moved == [{True}] * (4 - groups_moved) + [{False}] * groups_moved


@pytest.mark.parametrize("kind", ["classification", "pair-regression"])
@pytest.mark.parametrize(
    "changes",
    [{"gradual_unfreezing": True}, {"unfreeze_top": 1, "reinit_top": 1}, {"unfreeze_top": 1, "reinit_top": 2}],
)
def test_states_from_a_store_stand_for_layers_that_are_frozen(
    kind: str, changes: dict[str, Any], trainer: MakeTrainer
) -> None:
    """The same run but for float16; layers are computed from the lowest that learns, or is re-initialised, upwards."""
    calm = make_encoder(limit=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    calls: list[int] = []
    for number, layer in enumerate(calm.stack()):
        layer.register_forward_pre_hook(lambda *_, number=number: calls.append(number))  # type: ignore[misc]
    recipe = replace(TUNED, learning_rate=1e-3, epochs=2, dropout=0.0, pair="separate", **changes)
    runs, counts = [], []
    for cap in (0, 10**8):
        train = trainer(kind, cap, calm)
        with frozen(calm) as reader:
            train.states(reader, recipe)
        calm.settle()
        assert calm.resumes() == {1, 2, 3}
        calls.clear()
        runs.append(train(recipe, 0)[0])
        counts.append([calls.count(i) for i in range(3)])
    computed, stored = runs
    assert stored.fit.curve[0].loss == pytest.approx(computed.fit.curve[0].loss, abs=2e-3)
    for name, tensor in computed.weights.items():
        assert (stored.weights[name] - tensor).abs().max() < 5e-3, name
    assert len(set(counts[0])) == 1
    if "unfreeze_top" in changes:
        kept = 3 - changes["reinit_top"]
        # dropout tried on one example before; dev predicted by the finished model
        assert counts[1][:kept] == [2] * kept
        assert counts[1][kept:] == counts[0][kept:]
        assert counts[0][-1] > 2
    else:
        assert 0 < counts[1][0] < counts[1][1] < counts[1][2] < counts[0][0]


def test_groups_below_the_limit_do_not_move(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(replace(TUNED, unfreeze_top=2), 0)
    names = {id(p): name for name, p in train.encoder.named_parameters()}
    moved = [
        any(not torch.equal(got.weights[f"encoder.{names[id(p)]}"], p) for p in group)
        for group in train.encoder.layer_groups()
    ]
    assert moved == [False, False, True, True]


def test_lower_layers_move_less_under_discriminative_rates(trainer: MakeTrainer) -> None:
    train = trainer("classification")
    (got,) = train(replace(TUNED, layer_decay=0.1, weight_decay=0.0), 0)
    names = {id(p): name for name, p in train.encoder.named_parameters()}
    largest = [
        max(float((got.weights[f"encoder.{names[id(p)]}"] - p).abs().max().detach()) for p in group)
        for group in train.encoder.layer_groups()
    ]
    for depth, moved in enumerate(reversed(largest), start=1):
        assert 0 < moved <= 3 * 1e-2 * 0.1**depth * 1.01  # three steps of Adam, each at most about its rate


def test_reinitialised_layers_start_anew_and_differ_by_seed(trainer: MakeTrainer) -> None:
    encoder = trainer("classification").encoder
    objective = trainer("classification").objective
    still = replace(TUNED, reinit_top=2)
    torch.manual_seed(0)
    first = TunedModel(encoder, still, objective)
    torch.manual_seed(1)
    second = TunedModel(encoder, still, objective)
    tops = [[m.encoder.model.encoder.layer[i].output.dense.weight for i in range(3)] for m in (first, second)]
    given = [encoder.model.encoder.layer[i].output.dense.weight for i in range(3)]
    assert [torch.equal(a, b) for a, b in zip(tops[0], given, strict=True)] == [True, False, False]
    assert [torch.equal(a, b) for a, b in zip(*tops, strict=True)] == [True, False, False]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_one_seed_gives_the_same_again(precision: Precision, trainer: MakeTrainer) -> None:
    train = trainer("pair-classification")
    recipe = replace(TUNED, reinit_top=1, pair="separate")

    def run(seed: int) -> tuple[float, ...]:
        given = train.encoder, recipe, train.objective, train.train, train.dev
        got = fine_tune(*given, seed=seed, precision=precision)
        assert {t.dtype for t in got.weights.values()} == {torch.float32}
        return got.fit.curve[0].loss

    torch.manual_seed(11)
    first = run(1)
    torch.manual_seed(12)  # what the caller did before is of no account
    assert run(1) == first != run(2)


@pytest.mark.parametrize("family", ["bert", "modernbert", "mpnet", "deberta-v2"])
def test_dropout_does_not_hang_on_the_number_of_threads(
    family: str, trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[int] = []
    plain = moving.set_gradients
    monkeypatch.setattr(
        moving,
        "set_gradients",
        lambda model, loss, parts, *rest: (shares.append(len(parts)), plain(model, loss, parts, *rest))[1],
    )
    train = trainer("classification", 0, make_encoder(family, limit=24, hidden_dropout_prob=0.3))
    before, losses = torch.get_num_threads(), []
    for threads in (1, 2, 4):
        torch.set_num_threads(threads)
        losses.append(train(replace(TUNED, epochs=2, dropout=0.3), 0)[0].fit.curve[-1].loss)
    torch.set_num_threads(before)
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    assert losses[2] == pytest.approx(losses[0], abs=1e-5)
    assert max(shares) == 2


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging"])
@pytest.mark.parametrize("splits", [True, False])
def test_a_step_of_many_pieces_is_computed_in_parts_and_is_the_same(
    kind: str, splits: bool, trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = make_encoder(limit=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    train = trainer(kind, 0, calm)
    monkeypatch.setattr(moving._Run, "draws_from_generator", lambda run: splits)
    counts: list[int] = []
    gradients: list[list[torch.Tensor]] = []
    plain = moving.set_gradients

    def watched(
        model: object, loss_of: object, shares: list[tuple[np.ndarray, float]], parameters: list, *rest: object
    ) -> torch.Tensor:
        counts.append(len(shares))
        assert sorted(i for part, _ in shares for i in part.tolist()) == list(range(12))
        assert sum(weight for _, weight in shares) == pytest.approx(1)
        loss = plain(model, loss_of, shares, parameters, *rest)  # type: ignore[arg-type]
        gradients.append([p.grad.clone() for p in parameters if p.grad is not None])
        return loss

    monkeypatch.setattr(moving, "set_gradients", watched)
    recipe = replace(TUNED, dropout=0.0, batch_size=12, clip=None, pair="separate")
    (whole,) = train(recipe, 0)
    calm.step_pieces = 20
    (parted,) = train(recipe, 0)
    assert counts[0] <= 1 + splits < 3 < counts[1]
    assert parted.fit.curve[0].loss == pytest.approx(whole.fit.curve[0].loss, abs=1e-5)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["classification", "tagging"])
def test_it_learns(kind: str, trainer: MakeTrainer) -> None:
    """Dev holds the training examples, so a whole gradient path overfits them."""
    calm = make_encoder(limit=24, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    recipe = replace(TUNED, epochs=30, learning_rate=1e-2, dropout=0.0, batch_size=3)
    (got,) = trainer(kind, encoder=calm)(recipe, 0)
    assert got.fit.curve[-1].loss[0] < 0.5 * got.fit.curve[0].loss[0]
    assert max(epoch.dev[0] for epoch in got.fit.curve) > 0.8


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({}, ()),
        ({"gradual_unfreezing": True}, ("tokens",)),
        ({"unfreeze_top": 1}, ("tokens",)),
        ({"head_first": "probe"}, ("mean",)),
        ({"head_first": "probe", "unfreeze_top": 1}, ("mean", "tokens")),
    ],
)
def test_states_are_read_by_a_probe_and_where_layers_stay_frozen(
    changes: dict[str, Any], reads: tuple[str, ...]
) -> None:
    encoder = make_encoder()
    encoder.settle()
    assert encoder.resumes()
    assert TRAINER.reads(replace(TUNED, **changes), TASKS["classification"], encoder) == reads
