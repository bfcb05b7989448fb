"""What is finished is not run again, and a record says what the run did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch

from unfreeze.encoders.freezing import frozen
from unfreeze.methods import probe_first
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import read_record
from unfreeze.runs.bench import WEIGHTS, Workbench, finished, read_weights, states_of, stored
from unfreeze.runs.jobs import job
from unfreeze.runs.runner import run
from unfreeze.runs.trials import trained_model

FROZEN = FrozenRecipe("linear", "mix", learning_rate=5e-2, epochs=3, batch_size=4, l2=(0.0, 1.0))
TUNED = TunedRecipe("linear", "low", learning_rate=1e-3, epochs=2, batch_size=4)
MakeBench = Callable[..., Workbench]
FILES = ("record.json", "test.json", WEIGHTS)
ENOUGH: dict[Any, set[frozenset[str]]] = {
    "record": {frozenset({"record.json", *more}) for more in ((), ("test.json",), (WEIGHTS,), FILES)},
    "test": {frozenset({"record.json", *more}) for more in (("test.json",), (WEIGHTS,), FILES)},
    "weights": {frozenset({"record.json", WEIGHTS}), frozenset(FILES)},
}


@pytest.mark.parametrize("need", ENOUGH)
def test_a_job_is_finished_once_the_files_that_are_needed_are_there(need: Any, bench: MakeBench) -> None:
    one = bench()
    for number, present in enumerate(product((False, True), repeat=3)):
        files = frozenset(name for name, there in zip(FILES, present, strict=True) if there)
        made = replace(job("q", FROZEN, 0), id=f"run{number}")
        one.run_folder(made).mkdir(parents=True)
        for name in files:
            (one.run_folder(made) / name).touch()
        assert finished(one, made, need) == (files in ENOUGH[need]), files


def test_without_a_test_set_a_record_is_all_that_a_final_run_leaves_for_good(bench: MakeBench) -> None:
    untested, made = replace(bench(), dataset=replace(bench().dataset, test=())), job("q", FROZEN, 0)
    untested.run_folder(made).mkdir(parents=True)
    (untested.run_folder(made) / "record.json").touch()
    assert finished(untested, made, "test")
    assert not finished(untested, made, "weights")
    assert not finished(bench(), made, "test")


def test_only_what_is_missing_is_run_and_reported_of(bench: MakeBench) -> None:
    one = bench()
    one.planned = 5
    first, second, third = (job("q", FROZEN, seed) for seed in range(3))
    with frozen(one.encoder):
        before = run(one, [first])
        after = run(one, [first, second, third])
    assert [record.id for record in after] == [first.id, second.id, third.id]
    assert after[0] == before[0]
    watcher: Any = one.watcher
    trained = [(what, left) for what, left in watcher.begun if "layer states" not in what]
    assert trained == [
        ("feature-extraction mix, seed 0", 4),
        ("feature-extraction mix, seed 1, 2", 2),
    ]
    scores = [(what, score) for what, score in watcher.ended if "layer states" not in what]
    assert scores == [(f"feature-extraction mix, seed {r.seed}", r.dev["accuracy"]) for r in after]


def test_runs_that_are_trained_one_by_one_are_counted_down(bench: MakeBench) -> None:
    one = bench()
    assert one.left == 0
    one.planned = 5
    with frozen(one.encoder):
        run(one, [job("q", TUNED, seed) for seed in range(2)])
    assert one.watcher.begun == [("fine-tuning low, seed 0", 4), ("fine-tuning low, seed 1", 3)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("recipe", [FROZEN, TUNED])
def test_every_step_is_reported(recipe: Recipe, bench: MakeBench) -> None:
    one, planned = bench(), 3 * recipe.epochs
    with frozen(one.encoder):
        (record,) = run(one, [job("q", recipe, 0)])
    steps = record.curve[-1].step  # fewer where dev was perfect before the end
    assert one.watcher.steps[-steps:] == [(step, planned) for step in range(1, steps + 1)]  # type: ignore[attr-defined]


def test_layers_that_stay_frozen_are_read_from_the_store_of_their_split(bench: MakeBench) -> None:
    """The same run as without a store, but that the lower layers are not computed at each step."""
    recipe = replace(TUNED, unfreeze_top=1, dropout=0.0, epochs=3)
    records, counts = [], []
    for cap in (0, 10**8):
        one = bench(dev=("good", "bad", "bad", "good", "bad"))
        one.folder, one.cache = one.folder / str(cap), (one.folder / "cache", cap)
        for part in one.encoder.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        calls: list[int] = []
        with frozen(one.encoder):
            stored(one, recipe)
            one.encoder.stack()[0].register_forward_pre_hook(lambda *_, calls=calls: calls.append(1))  # type: ignore[attr-defined]
            records.append(run(one, [job("q", recipe, 0)])[0])
        counts.append(len(calls))
    computed, read = records
    assert counts[1] < counts[0] / 2
    assert [p.train_loss for p in read.curve] == pytest.approx([p.train_loss for p in computed.curve], abs=2e-3)
    assert [p.dev for p in read.curve] == [p.dev for p in computed.curve]


def test_a_record_counts_the_probe_that_fine_tuning_began_from(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both readings of the states are in it, and the penalty; a run that starts again comes to the same."""
    monkeypatch.setattr(probe_first, "LINEAR_TOP", replace(probe_first.LINEAR_TOP, min_steps=0, epochs=4))
    recipe = replace(TUNED, head_first="probe", gradual_unfreezing=True, epochs=1)
    one, other = bench(), bench()
    other.folder = one.folder / "again"
    with frozen(one.encoder), frozen(other.encoder):
        record, alone = run(one, [job("q", recipe, 0)])[0], run(one, [job("q", replace(recipe, head_first=None), 0)])[0]
        again = run(other, [job("q", recipe, 0)])[0]
    assert record.states.keys() == {"joint mean", "joint tokens"}
    assert alone.states.keys() == {"joint tokens"}
    assert record.work is not None
    assert alone.work is not None
    assert record.work > alone.work
    assert record.chosen.keys() == {"l2"}
    assert record == read_record(one.run_folder(job("q", recipe, 0)))
    assert (again.dev, again.work, again.chosen) == (record.dev, record.work, record.chosen)
    assert [p.train_loss for p in again.curve] == [p.train_loss for p in record.curve]
    weights, repeated = (read_weights(bench_of, job("q", recipe, 0)) for bench_of in (one, other))
    assert all(torch.equal(tensor, repeated[name]) for name, tensor in weights.items())


@pytest.mark.parametrize("recipe", [FROZEN, TUNED])
def test_a_record_says_what_the_run_did(recipe: Recipe, bench: MakeBench) -> None:
    one, made = bench(), job("q", recipe, 3)
    with frozen(one.encoder):
        (record,) = run(one, [made])
        decoded = trained_model(one, [made]).predict(one.dataset.dev)[0]
    assert record == read_record(one.run_folder(made))
    assert (record.id, record.method, record.recipe, record.seed) == (made.id, recipe.method, recipe, 3)
    gold = [example.label for example in one.dataset.dev]
    hits = [g == p for g, p in zip(gold, decoded.labels, strict=True)]
    assert record.dev["accuracy"] == pytest.approx(sum(hits) / len(hits))
    epochs = len(record.curve)
    assert epochs == recipe.epochs or max(point.dev for point in record.curve) == 1.0
    assert [point.epoch for point in record.curve] == list(range(1, epochs + 1))
    assert [point.step for point in record.curve] == [3 * epoch for epoch in range(1, epochs + 1)]
    best = max(point.dev for point in record.curve)
    assert record.best_epoch == next(point.epoch for point in record.curve if point.dev == best)
    assert record.curve[record.best_epoch - 1].dev == pytest.approx(record.dev["accuracy"])
    assert (record.diverged, record.degenerate) == (False, len(set(decoded.labels)) == 1)
    assert record.examples_per_s * record.train_s == pytest.approx(12 * epochs)
    weights = read_weights(one, made)
    assert record.stored_mb == pytest.approx(sum(4 * tensor.numel() for tensor in weights.values()) / 1e6)
    assert record.work
    assert record.peak_mb > 1


def test_members_side_by_side_count_the_parameters_of_one(bench: MakeBench) -> None:
    one = bench()
    with frozen(one.encoder):
        records = run(one, [job("q", FROZEN, seed) for seed in range(2)])
    layers, width, classes = one.encoder.layers, one.encoder.width, 2
    assert {record.trained_parameters for record in records} == {layers + 1 + width * classes + classes}
    assert {record.chosen["l2"] for record in records} <= {0.0, 1.0}


def test_states_that_a_recipe_reads_are_named_and_their_work_is_counted(bench: MakeBench) -> None:
    one = bench()
    with frozen(one.encoder):
        records = [run(one, [job("q", r, 0)])[0] for r in (FROZEN, TUNED, replace(TUNED, unfreeze_top=1))]
        pieces = sum(int(states_of(one, split, "joint", "mean").inputs.offsets[-1]) for split in ("train", "dev"))
    assert [list(record.states) for record in records] == [["joint mean"], [], ["joint tokens"]]
    per_piece = records[0].states["joint mean"] / pieces
    assert per_piece == pytest.approx(sum(one.encoder.piece_work()), rel=0.5)


def test_one_answer_for_all_of_dev_is_recorded_as_degenerate(bench: MakeBench) -> None:
    one = bench(train=("good",) * 12)
    with frozen(one.encoder):
        (record,) = run(one, [job("q", replace(FROZEN, epochs=30), 0)])
    assert record.degenerate
    assert record.dev["accuracy"] == 0.5


def test_a_run_that_diverged_is_recorded_and_reported_with_the_epoch_that_is_kept(bench: MakeBench) -> None:
    one, wild = bench(), replace(TUNED, learning_rate=1e30, clip=None)
    with frozen(one.encoder):
        calm, broken = (run(one, [job("q", recipe, 0)])[0] for recipe in (TUNED, wild))
    assert (calm.diverged, broken.diverged) == (False, True)
    assert len(broken.curve) < 2
    assert one.watcher.said == [f"  it diverged; what it had learned by epoch {broken.best_epoch} is kept"]  # type: ignore[attr-defined]


def test_states_are_computed_once(bench: MakeBench) -> None:
    one = bench()
    with frozen(one.encoder):
        first = states_of(one, "train", "joint", "mean")
        assert states_of(one, "train", "joint", "mean") is first
        others = [states_of(one, "dev", "joint", "mean"), states_of(one, "train", "joint", "max")]
    names = [what for what, _ in one.watcher.begun]  # type: ignore[attr-defined]
    assert [name.partition(",")[0] for name in names] == [
        "layer states of train (mean", "layer states of dev (mean", "layer states of train (max",
    ]  # fmt: skip
    assert {name.partition(",")[2] for name in names} == {" 0.0 MB)"}  # 4 layers, 12 texts, 16 numbers of 2 bytes
    assert one.watcher.ended == [(name, None) for name in names]  # type: ignore[attr-defined]
    assert [len(states.examples) for states in (first, *others)] == [12, 8, 12]
