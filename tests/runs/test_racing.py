"""Trials that cannot win are stopped at their rung, and what is left of them depends on nothing but the recipes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch

from unfreeze.encoders.freezing import frozen
from unfreeze.methods import trainer as trainers
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.trained import Trained
from unfreeze.methods.trainer import Given
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import TRIAL_SEED
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import EpochPoint, Rung, RunRecord, read_record
from unfreeze.runs import racing
from unfreeze.runs.bench import WEIGHTS, Workbench
from unfreeze.runs.jobs import job
from unfreeze.runs.racing import Race, cut, margin, readings_to_rung, rung_of
from unfreeze.runs.trials import Chosen, choose, runs_to_choose
from unfreeze.training.loop import Epoch

MakeBench = Callable[..., Workbench]
NAMES = ("bad", "good")
GOOD = FrozenRecipe("linear", "good", learning_rate=5e-2, epochs=9, batch_size=4, l2=(0.0, 1.0))
BAD = replace(GOOD, name="bad", learning_rate=1e-9)
TUNED = TunedRecipe("linear", "tuned", learning_rate=1e-2, epochs=6, batch_size=4)
SLOW = replace(TUNED, name="slow", learning_rate=1e-9)


@pytest.mark.parametrize(
    ("steps", "planned", "readings"),
    [
        ([100, 200, 300, 400, 500, 600], 600, 2),
        ([100, 200, 300], 900, 3),
        ([100, 200, 300, 334], 1000, 4),
        ([100, 200, 300, 333, 335], 1000, 5),
        ([100, 200, 300], 300, 1),
        ([99, 200, 300], 297, 2),
        ([99, 101, 300], 200, 2),
        ([10, 20, 30], 30, 3),
        ([100, 200], 3000, 2),
        ([1], 1, 1),
    ],
)
def test_a_rung_is_the_first_reading_at_or_after_a_third_of_the_schedule(
    steps: list[int], planned: int, readings: int
) -> None:
    """And after a hundred steps, or the last one of a trial that ended before."""
    assert readings_to_rung(steps, planned) == readings


def epochs(*dev: tuple[float, ...], loss: float = 0.5) -> list[Epoch]:
    return [Epoch(n, 100 * n, (loss,) * len(one), one, float(n), 0.1) for n, one in enumerate(dev, start=1)]


def test_what_a_trial_had_at_its_rung_is_the_curve_of_its_best_member_by_then() -> None:
    readings = epochs((0.4, 0.5), (0.6, 0.5), (0.5, 0.9), (1.0, 1.0))
    rung = rung_of(readings, 600, ended=True, work=7)
    assert rung == Rung((point(1, 0.4), point(2, 0.6)), 7, last=False)
    assert rung.dev == 0.6
    later = rung_of(readings, 900, ended=True, work=7)
    assert later == Rung((point(1, 0.5), point(2, 0.5), point(3, 0.9)), 7, last=False)


@pytest.mark.parametrize(("ended", "planned", "last"), [(True, 600, True), (False, 600, False), (True, 3000, True)])
def test_a_trial_whose_readings_end_at_its_rung_has_ended_there_unless_it_was_stopped(
    ended: bool, planned: int, last: bool
) -> None:
    rung = rung_of(epochs((0.4,), (0.6,)), planned, ended, work=1)
    assert rung is not None
    assert rung.last == last


def test_readings_that_are_not_finite_do_not_count() -> None:
    readings = epochs((0.4, math.nan), (math.nan, 0.3))
    assert rung_of(readings, 600, ended=True, work=1) == Rung((point(1, 0.4),), 1, last=True)
    one_of_two = rung_of(epochs((0.4, math.nan)), 600, ended=True, work=1)
    assert one_of_two == Rung((point(1, 0.4),), 1, last=True), "a member without any leaves the others"
    assert rung_of(epochs((math.nan,)), 600, ended=True, work=1) is None
    assert rung_of(epochs((0.4,), loss=math.inf), 600, ended=True, work=1) is None
    assert rung_of([], 600, ended=True, work=1) is None


def point(epoch: int, dev: float) -> EpochPoint:
    return EpochPoint(epoch, 100 * epoch, 0.5, dev, float(epoch), 0.1)


def test_the_margin_is_so_many_errors_of_a_difference_of_two_shares_and_some_growth() -> None:
    def errors(best: float, size: int) -> float:
        return margin(best, size) - racing.GROWTH

    assert errors(0.8, 200) == pytest.approx(racing.ERRORS * math.sqrt(0.8 * 0.2 / 200 + 0.8 * 0.2 / 200))
    assert errors(0.8, 800) == pytest.approx(errors(0.8, 200) / 2)
    assert errors(0.1, 200) == errors(0.5, 200) == errors(-0.3, 200), "of low scores as of the most uncertain share"
    assert 0 < errors(1.0, 200) == errors(0.999, 200) < errors(0.95, 200), "of a full score not nothing"
    wrong = 1 / 200
    assert errors(1.0, 198) == pytest.approx(racing.ERRORS * math.sqrt(2 * wrong * (1 - wrong) / 198))
    assert margin(0.8, 200) == pytest.approx(0.02 + 2 * 0.04), "two errors and two points"


def race(**reached: float) -> Race:
    return Race(("a", "b", "c"), 200, "accuracy", reached)


def test_a_trial_is_out_if_one_before_it_was_ahead_by_more_than_the_margin() -> None:
    far = margin(0.8, 200)
    assert race(a=0.8, b=0.8 - 1.01 * far).ahead("b") == 0.8
    assert race(a=0.8, b=0.8 - 0.99 * far).ahead("b") is None, "it may still win"
    assert race(a=0.8, b=0.8 - far).ahead("b") is None
    assert race(a=0.8, b=0.9, c=0.9 - 1.01 * margin(0.9, 200)).ahead("c") == 0.9, "the best of those before"
    assert race(a=0.1, b=0.9).ahead("a") is None, "not one behind it"
    assert race(b=0.9, c=0.1).ahead("c") == 0.9, "whether or not all before it are there"
    assert race(a=0.9).ahead("b") is None


def record(name: str, *dev: float, rung: Rung | None = None, **more: Any) -> RunRecord:
    recipe = replace(GOOD, name=name)
    curve = tuple(point(n, one) for n, one in enumerate(dev, start=1))
    measured = {"train_s": 9.0, "peak_mb": 5.0, "trained_parameters": 7, "stored_mb": 2.0, "examples_per_s": 3.0}
    made: dict[str, Any] = {"layer_weights": (1.0,), "chosen": {"l2": 1.0}, "work": 100, "degenerate": False}
    scores, best = {"accuracy": max(dev), "macro_f1": 0.1}, dev.index(max(dev)) + 1
    about = (name, recipe.method, recipe, TRIAL_SEED, scores, best, curve)
    return RunRecord(*about, **{**made, **measured, **more}, rung=rung)


def test_a_trial_that_is_out_is_what_it_was_at_its_rung() -> None:
    rung = Rung((point(1, 0.3), point(2, 0.4), point(3, 0.35)), 30, last=False)
    whole = record("b", 0.3, 0.4, 0.35, 0.9, rung=rung, degenerate=True, diverged=True)
    got = race(a=0.8).judged(whole)
    assert (got.dev, got.best_epoch, got.curve, got.work) == ({"accuracy": 0.4}, 2, rung.curve, 30)
    assert (got.stopped, got.rung, got.degenerate, got.diverged) == (0.8, None, False, False)
    assert (got.layer_weights, got.chosen, got.trained_parameters, got.stored_mb) == (None, {}, 0, 0.0)
    assert (got.id, got.recipe, got.seed, got.train_s) == (whole.id, whole.recipe, whole.seed, whole.train_s)
    assert race(a=0.8).judged(got) == got
    assert race(a=0.9).judged(got) == replace(got, stopped=0.9), "more is known of those before it"
    assert cut(got, None, "accuracy") == got


def test_a_trial_that_is_not_out_or_had_ended_of_itself_stays_whole() -> None:
    rung = Rung((point(1, 0.3),), 30, last=False)
    late = record("b", 0.3, 0.9, rung=rung)
    assert race(a=0.3).judged(late) is late
    ended = record("b", 0.3, rung=replace(rung, last=True))
    assert race(a=0.8).judged(ended) is ended
    older = record("b", 0.3, 0.4)
    assert race(a=0.8).judged(older) is older, "of an older version nobody knows where its rung was"


def test_what_is_heard_of_a_trial_is_its_score_at_the_rung() -> None:
    one = race()
    one.judged(record("a", 0.3, 0.9, rung=Rung((point(1, 0.3),), 30, last=False)))
    one.judged(record("b", 0.2, stopped=0.3))
    one.judged(record("c", 0.7))
    assert one.reached == {"a": 0.3, "b": 0.2}


def test_a_trial_that_was_stopped_and_is_not_out_any_more_is_revoked() -> None:
    stopped = record("b", 0.4, stopped=0.8)
    for reached, revoked in (({"a": 0.8}, False), ({"a": 0.4}, True), ({}, True)):
        one = race(**reached)
        assert one.judged(stopped).stopped is not None
        assert one.revoked(stopped) == revoked
    assert not race(b=0.4).revoked(record("b", 0.4))


def test_a_trial_is_asked_from_its_rung_on_and_told_to_end_once_one_before_it_was_ahead() -> None:
    one = race(a=0.9)
    ask = one.goes_on("b")
    assert ask(epochs((0.1,), (0.1,)), 601)
    assert "b" not in one.reached, "not before its rung"
    assert not ask(epochs((0.1,), (0.1,), (0.1,)), 601)
    del one.reached["a"]
    assert ask(epochs((0.1,), (0.2,), (0.1,), (0.9,)), 601)
    assert one.reached["b"] == 0.2, "what it reaches later does not count"
    one.reached["a"] = 0.8
    assert not ask(epochs((0.1,), (0.2,), (0.1,), (0.9,), (0.9,)), 601)


@pytest.fixture
def with_threads(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets torch's threads, until the test ends; a rung is at a third of however few steps."""
    monkeypatch.setattr(racing, "LEAST", 1)
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def chosen_in(one: Workbench, recipes: Sequence[Recipe]) -> Chosen:
    with frozen(one.encoder):
        return choose(one, "q", recipes, (0,))


def record_in(one: Workbench, recipe: Recipe) -> RunRecord:
    return read_record(one.run_folder(job("q", recipe, TRIAL_SEED)))


def left_in(one: Workbench) -> dict[str, Any]:
    """All files of all runs but what was measured with a clock."""
    return {
        str(path.relative_to(one.folder)): timeless(json.loads(path.read_text()))
        if path.suffix == ".json"
        else path.read_bytes()
        for path in (one.folder / "runs").glob("*/*")
    }


def timeless(value: Any) -> Any:
    if isinstance(value, list):
        return [timeless(part) for part in value]
    measured = ("train_s", "peak_mb", "examples_per_s", "seconds")
    return {k: timeless(v) for k, v in value.items() if k not in measured} if isinstance(value, dict) else value


def large(bench: MakeBench, folder: Path) -> Workbench:
    """With a dev set on which chance is further behind than the margin, and which none knows to the last item."""
    made = bench(train=NAMES * 10, dev=NAMES * 60)
    first, *others = made.dataset.dev
    odd = replace(first, label=NAMES[first.label == NAMES[0]])
    return replace(made, folder=folder, dataset=replace(made.dataset, dev=(odd, *others)))


class Gated:
    """Stands in for a trainer: training with one recipe begins when that with another has ended."""

    def __init__(self, real: Any, first: str, then: str) -> None:
        self.real, self.first, self.then, self.ended = real, first, then, Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def train(self, recipe: Recipe, given: Given, seeds: Sequence[int]) -> list[Trained]:
        if recipe.name == self.then and seeds[0] == TRIAL_SEED:
            assert self.ended.wait(60)
        done: list[Trained] = self.real.train(recipe, given, seeds)
        if recipe.name == self.first:
            self.ended.set()
        return done


@pytest.mark.parametrize(("good", "bad"), [(GOOD, BAD), (TUNED, SLOW)])
def test_folders_are_the_same_whichever_trial_is_first_at_its_end(
    good: Recipe, bad: Recipe, bench: MakeBench, tmp_path: Path, with_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other a trial is stopped at its rung; side by side it has ended before that is known."""
    with_threads(1)
    alone, beside = (large(bench, tmp_path / name) for name in ("alone", "beside"))
    one = chosen_in(alone, (good, bad))
    with_threads(2)
    gated = Gated(trainers.trainer_of(good), bad.name, good.name)
    monkeypatch.setattr("unfreeze.runs.training.trainer_of", lambda recipe: gated)
    other = chosen_in(beside, (good, bad))
    assert (one.recipe, one.finals) == (other.recipe, other.finals)
    assert left_in(alone) == left_in(beside)
    stopped, whole = record_in(alone, bad), record_in(alone, good)
    assert whole.rung is not None
    assert whole.work is not None
    assert stopped.stopped == whole.rung.dev
    assert len(stopped.curve) == len(whole.rung.curve) < len(whole.curve)
    assert stopped.work == whole.rung.work < whole.work
    assert not (alone.run_folder(job("q", bad, TRIAL_SEED)) / WEIGHTS).exists()


def test_a_trial_that_was_stopped_is_not_run_again(bench: MakeBench, tmp_path: Path, with_threads: Any) -> None:
    with_threads(1)
    one = large(bench, tmp_path / "out")
    first = chosen_in(one, (GOOD, BAD))
    again = large(bench, tmp_path / "out")
    assert chosen_in(again, (GOOD, BAD)).trials == first.trials
    assert not again.watcher.begun  # type: ignore[attr-defined]
    assert any("stopped" in line for line in one.watcher.said)  # type: ignore[attr-defined]


def test_after_a_kill_before_the_last_is_known_it_is_known_then(
    bench: MakeBench, tmp_path: Path, with_threads: Any
) -> None:
    """The trial ended whole beside one that was killed before its rung."""
    with_threads(1)
    whole, killed = (large(bench, tmp_path / name) for name in ("whole", "killed"))
    chosen_in(whole, (GOOD, BAD))
    chosen_in(killed, (BAD, replace(BAD, epochs=8)))
    again = large(bench, tmp_path / "killed")
    assert record_in(again, BAD).stopped is None
    assert chosen_in(again, (GOOD, BAD)).recipe == GOOD
    of_both, of_one = left_in(again), left_in(whole)
    assert {name: of_both[name] for name in of_one} == of_one
    assert not (again.run_folder(job("q", BAD, TRIAL_SEED)) / WEIGHTS).exists()


def test_a_trial_that_was_stopped_beside_other_recipes_is_run_again(
    bench: MakeBench, tmp_path: Path, with_threads: Any
) -> None:
    """A person has taken the recipe away that was ahead of it."""
    with_threads(1)
    one = large(bench, tmp_path / "out")
    chosen_in(one, (GOOD, BAD))
    assert record_in(one, BAD).stopped is not None
    (one.run_folder(job("q", BAD, TRIAL_SEED)) / ".sent").touch()  # as in a mirror
    again = large(bench, tmp_path / "out")
    fresh = large(bench, tmp_path / "fresh")
    recipes = (BAD, replace(BAD, name="other", epochs=8))
    again.planned = runs_to_choose(2, 1)
    chosen_in(again, recipes)
    chosen_in(fresh, recipes)
    assert record_in(again, BAD).stopped is None
    assert record_in(again, BAD).curve[-1].epoch == record_in(fresh, BAD).curve[-1].epoch
    assert (again.run_folder(job("q", BAD, TRIAL_SEED)) / WEIGHTS).exists()
    assert again.left == 0


def test_a_recipe_alone_is_in_no_race(bench: MakeBench, tmp_path: Path, with_threads: Any) -> None:
    with_threads(1)
    one = large(bench, tmp_path / "out")
    (only,) = chosen_in(one, (BAD,)).trials
    assert (only.stopped, only.rung) == (None, None)
