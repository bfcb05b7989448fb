"""Dev chooses the recipe and the run, by the main metric alone, and the test set is read once by each final run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from unfreeze.data.examples import LabelSpace
from unfreeze.encoders.freezing import frozen
from unfreeze.errors import InputError
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import TRIAL_SEED
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import RunRecord, read_test
from unfreeze.runs import trials
from unfreeze.runs.bench import WEIGHTS, Workbench
from unfreeze.runs.jobs import Job, job
from unfreeze.runs.runner import Flow, run
from unfreeze.runs.trials import Chosen, choose, choosing, runs_to_choose, score_on_test, trained_model
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import asking

FROZEN = FrozenRecipe("linear", "mix", learning_rate=5e-2, epochs=3, batch_size=4)
TUNED = TunedRecipe("linear", "low", learning_rate=1e-3, epochs=1, batch_size=4)
CANDIDATES = tuple(replace(TUNED, name=name, learning_rate=rate) for name, rate in (("a", 1.0), ("b", 2.0), ("c", 3.0)))
MakeBench = Callable[..., Workbench]


class Runs:
    """Stands in for the runner: gives records with dev metrics that are known, and remembers what it was asked.

    Attributes:
        calls: a list for each time that a flow waited: of every work its jobs and what was needed of them.
    """

    def __init__(self, metric: str, scores: dict[tuple[str, int], float]) -> None:
        self.metric, self.scores, self.calls = metric, scores, []

    def __call__(self, bench: Workbench, flows: Sequence[Flow[Chosen]]) -> list[Chosen]:
        return [self.answer(flow) for flow in flows]

    def answer(self, flow: Flow[Chosen]) -> Chosen:
        asked = next(flow)
        while True:
            done: list[list[RunRecord] | None] = [None] * len(asked.works)
            calls = []
            for place, work in enumerate(asked.works):
                if place < asked.wanted(done):
                    calls.append(([(j.recipe.name, j.seed) for j in work.jobs], work.need))
                    done[place] = [self.record(j) for j in work.jobs]
            self.calls.append(calls)
            try:
                asked = flow.send([records for records in done[: asked.wanted(done)] if records is not None])
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    def record(self, one: Job) -> RunRecord:
        score = self.scores[one.recipe.name, one.seed]
        dev = {"other": 1 - score, self.metric: score}
        measured = {"train_s": 1.0, "peak_mb": 1.0, "trained_parameters": 1, "stored_mb": 1.0, "examples_per_s": 1.0}
        return RunRecord(
            one.id, one.recipe.method, one.recipe, one.seed, dev, 1, (), False, layer_weights=None, chosen={},
            **measured,  # type: ignore[arg-type]
        )  # fmt: skip


def test_the_recipe_that_is_best_in_its_trial_is_trained_with_every_seed_and_the_best_run_of_these_is_kept(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = {("a", TRIAL_SEED): 0.6, ("b", TRIAL_SEED): 0.95, ("c", TRIAL_SEED): 0.7}
    scores = {**trial, ("b", 7): 0.8, ("b", 8): 0.9, ("b", 9): 0.5}
    runs = Runs("accuracy", scores)
    monkeypatch.setattr(trials, "follow", runs)
    chosen = choose(bench(), "q", CANDIDATES, (7, 8, 9))
    assert chosen.recipe.name == "b"
    assert chosen.best == job("q", CANDIDATES[1], 8)
    assert chosen.finals == tuple(job("q", CANDIDATES[1], seed) for seed in (7, 8, 9))
    assert [record.recipe.name for record in chosen.trials] == ["a", "b", "c"]
    assert not {record.id for record in chosen.trials} & {final.id for final in chosen.finals}
    tried = [([(name, TRIAL_SEED)], "record") for name in "abc"]
    assert runs.calls == [tried, [([("b", 7)], "test"), ([("b", 8), ("b", 9)], "test")]]
    assert len([one for works in runs.calls for jobs, _ in works for one in jobs]) == runs_to_choose(3, 3) == 6


def test_no_recipe_is_tried_after_one_that_none_can_surpass(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of equal trials the first is chosen, so that the choice stays what it was."""
    scores = {("a", TRIAL_SEED): 0.99, ("b", TRIAL_SEED): 1.0, ("c", TRIAL_SEED): 1.0, ("b", 0): 0.8}
    runs, made = Runs("accuracy", scores), bench()
    monkeypatch.setattr(trials, "follow", runs)
    made.planned = runs_to_choose(3, 1)
    chosen = choose(made, "q", CANDIDATES, (0,))
    assert [[jobs for jobs, _ in works] for works in runs.calls] == [
        [[("a", TRIAL_SEED)], [("b", TRIAL_SEED)]], [[("b", 0)]]
    ]  # fmt: skip
    assert (chosen.recipe.name, [record.recipe.name for record in chosen.trials]) == ("b", ["a", "b"])
    assert made.planned == 3


def test_a_later_trial_that_none_can_surpass_ends_those_after_it_and_waits_for_those_before(bench: MakeBench) -> None:
    """Side by side they end in any order; which one is chosen does not depend on that."""
    runs = Runs("accuracy", {(name, TRIAL_SEED): score for name, score in (("a", 1.0), ("b", 1.0), ("c", 0.5))})
    flow = choosing(bench(), "q", CANDIDATES, (0,))
    asked = next(flow)
    a, b, c = ([runs.record(work.jobs[0])] for work in asked.works)
    assert asked.wanted([None, None, c]) == 3
    assert asked.wanted([None, b, None]) == 2
    assert asked.wanted([a, b, None]) == 1
    assert [job.recipe.name for work in flow.send([a]).works for job in work.jobs] == ["a"]


def test_a_single_recipe_needs_no_trial(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs("accuracy", {("a", 0): 0.6, ("a", 1): 0.8})
    monkeypatch.setattr(trials, "follow", runs)
    chosen = choose(bench(), "q", CANDIDATES[:1], (0, 1))
    assert runs.calls == [[], [([("a", 0)], "test"), ([("a", 1)], "test")]]
    assert [record.seed for record in chosen.trials] == [0]
    assert chosen.best.seed == 1
    assert runs_to_choose(1, 2) == 2


def test_the_metric_asked_for_chooses_recipe_and_run(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = {("a", TRIAL_SEED): 0.6, ("b", TRIAL_SEED): 0.8, ("c", TRIAL_SEED): 0.7}
    scores = {**trial, ("b", 7): 0.8, ("b", 8): 0.9}
    monkeypatch.setattr(trials, "follow", Runs("macro_f1", scores))
    usual = bench()
    asked = replace(usual.dataset, task=asking(usual.dataset.task, usual.dataset.labels, "macro_f1"))
    assert choose(replace(usual, dataset=asked), "q", CANDIDATES, (7, 8)).best == job("q", CANDIDATES[1], 8)


def test_of_equal_scores_the_first_wins(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = {(name, seed): 0.5 for name in "abc" for seed in (0, 1, TRIAL_SEED)}
    monkeypatch.setattr(trials, "follow", Runs("accuracy", scores))
    chosen = choose(bench(), "q", CANDIDATES, (0, 1))
    assert chosen.best == job("q", CANDIDATES[0], 0)


@pytest.mark.parametrize(("scheme", "metric"), [("BIO", "span_f1"), (None, "accuracy")])
def test_tags_are_chosen_by_spans_where_they_have_a_scheme(
    scheme: str | None, metric: str, bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench()
    one.dataset = replace(one.dataset, task=task("tagging"), labels=LabelSpace(("O", "B-X"), scheme))
    scores = {("a", TRIAL_SEED): 0.1, ("b", TRIAL_SEED): 0.9, ("c", TRIAL_SEED): 0.2, ("b", 0): 0.5}
    monkeypatch.setattr(trials, "follow", Runs(metric, scores))
    assert choose(one, "q", CANDIDATES, (0,)).recipe.name == "b"


@pytest.mark.parametrize("recipe", [FROZEN, TUNED])
def test_final_runs_are_scored_once_on_what_they_predict(recipe: Recipe, bench: MakeBench) -> None:
    one = bench()
    finals = [job("q", recipe, seed) for seed in range(2)]
    with frozen(one.encoder):
        run(one, finals)
    score_on_test(one, finals[:1])
    first = read_test(one.run_folder(finals[0]))
    (one.run_folder(finals[0]) / WEIGHTS).unlink()  # what is scored needs no weights
    score_on_test(one, finals)
    assert read_test(one.run_folder(finals[0])) == first
    gold = [example.label for example in one.dataset.test]
    with frozen(one.encoder):
        (expected,) = trained_model(one, finals[1:]).predict(one.dataset.test)
    got = read_test(one.run_folder(finals[1]))
    assert got is not None
    assert got.predictions == expected.labels
    assert got.confidence == pytest.approx(expected.confidence)
    assert got.forecasts is not None
    assert np.array_equal(got.forecasts.likely, expected.probabilities)
    assert got.metrics["accuracy"] == sum(g == p for g, p in zip(gold, expected.labels, strict=True)) / len(gold)
    assert got.degenerate == (len(set(expected.labels)) == 1)


def test_frozen_runs_share_a_pass_over_the_test_set_and_tuned_ones_take_one_each(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[list[int]] = []
    plain = trials.trained_model
    monkeypatch.setattr(
        trials, "trained_model", lambda b, jobs: (groups.append([j.seed for j in jobs]), plain(b, jobs))[1]
    )
    for recipe in (FROZEN, TUNED):
        one = bench()
        finals = [job("q", recipe, seed) for seed in range(2)]
        with frozen(one.encoder):
            run(one, finals)
        score_on_test(one, finals)
        watcher: Any = one.watcher
        assert watcher.ended[-1] == ("test set", None)
    assert groups == [[0, 1], [0], [1]]


def test_weights_that_do_not_fit_are_reported_with_their_folder(bench: MakeBench) -> None:
    one, small, large = bench(), *(job("q", replace(FROZEN, layers=layers), 0) for layers in ("mix", (-1,)))
    with frozen(one.encoder):
        run(one, [small])
        run(one, [large])
        (one.run_folder(small) / WEIGHTS).write_bytes((one.run_folder(large) / WEIGHTS).read_bytes())
        with pytest.raises(InputError, match="weights do not fit") as caught:
            trained_model(one, [small])
    assert str(one.run_folder(small)) in str(caught.value)


def test_a_model_that_says_one_thing_is_recorded_as_degenerate_on_test(bench: MakeBench) -> None:
    one = bench(train=("good",) * 12)
    final: Any = job("q", replace(FROZEN, epochs=30), 0)
    with frozen(one.encoder):
        run(one, [final])
    score_on_test(one, [final])
    scored = read_test(one.run_folder(final))
    assert scored is not None
    assert scored.degenerate
