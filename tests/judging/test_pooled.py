"""The folds of a question as one comparison: every item with the predictions of its own fold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_arms import change
from made_folds import SIZES, make_folds
from scipy.stats import pearsonr
from seqeval.metrics import f1_score as span_f1
from sklearn.metrics import accuracy_score, average_precision_score

from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.judging.read import read_compared, read_comparison, read_question
from unfreeze.judging.result_json import read_result
from unfreeze.records.folds import fold_folder
from unfreeze.report.render import render
from unfreeze.terminal.summary import summary

FROZEN, TUNED = "feature-extraction", "fine-tuning"


def test_every_item_has_the_prediction_of_its_fold(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    whole = read_question(out)
    parts = [read_comparison(fold_folder(out, fold)) for fold in (1, 2, 3)]
    assert whole.items == tuple(item for part in parts for item in part.items)
    for method in (FROZEN, TUNED):
        for seed, run in enumerate(whole.finals(method)):
            own = [part.tests[part.choices[method].judged[seed]] for part in parts]
            assert run.seed == seed
            assert whole.tests[run.id].predictions == tuple(label for test in own for label in test.predictions)
            assert whole.tests[run.id].confidence == tuple(sure for test in own for sure in test.confidence)
            assert whole.runs_of[run.id] == tuple(part.choices[method].judged[seed] for part in parts)
            dev = [part.finals(method)[seed].dev["accuracy"] for part in parts]
            assert run.dev["accuracy"] == pytest.approx(np.mean(dev))
    assert whole.setting.data.sizes["test"] == sum(SIZES)


@pytest.mark.parametrize(
    ("kind", "metric", "of"),
    [
        ("classification", "accuracy", accuracy_score),
        ("regression", "pearson", lambda gold, said: pearsonr(gold, said)[0]),
        ("tagging", "span_f1", lambda gold, said: span_f1([list(g) for g in gold], [list(s) for s in said])),
    ],
)
def test_metrics_are_of_all_predictions_together(
    kind: str, metric: str, of: Callable[[Any, Any], float], tmp_path: Path
) -> None:
    out = make_folds(tmp_path / "out", kind, floor=0.4)
    whole, result = read_question(out), judge(out)
    gold = [item.label for item in whole.items]
    for arm in result.arms:
        scores = [of(gold, whole.tests[run.id].predictions) for run in arm.runs]
        assert [run.test for run in arm.runs] == pytest.approx(scores)
        assert arm.test.mean == pytest.approx(np.mean(scores))
    assert whole.floor is not None
    assert result.floor is not None
    assert result.floor.test == pytest.approx(of(gold, whole.floor.predictions))


def test_what_is_ranked_is_ranked_over_all_folds_together(tmp_path: Path) -> None:
    metric = "average_precision:negative"
    out = make_folds(tmp_path / "out", "classification", floor=0.4, metric=metric)
    whole, result = read_question(out), judge(out)
    gold, place = [item.label == "negative" for item in whole.items], whole.setting.labels.names.index("negative")
    for arm in result.arms:
        forecasts = [whole.tests[run.id].forecasts for run in arm.runs]
        wanted = [average_precision_score(gold, each.likely[:, place]) for each in forecasts]
        assert [run.test for run in arm.runs] == pytest.approx(wanted)
    assert result.floor is not None
    assert result.floor.test == pytest.approx(average_precision_score(gold, whole.floor.forecasts.likely[:, place]))
    assert result.second is not None
    assert not any(run.degenerate for arm in result.arms for run in arm.runs)


def test_the_recipe_is_the_best_on_dev_over_folds(tmp_path: Path) -> None:
    """Each fold chose its last one; over folds the first is better."""
    out = make_folds(tmp_path / "out", "classification")
    for fold in (1, 2, 3):
        for number, dev in ((0, 0.99 if fold > 1 else 0.8), (1, 0.5), (2, 0.9)):
            name = read_comparison(fold_folder(out, fold)).choices[TUNED].trials[number]
            change(fold_folder(out, fold) / "runs" / name / "record.json", lambda v: v["dev"].update(accuracy=dev))  # noqa: B023
    arm = judge(out).arm(TUNED)
    trials = read_comparison(fold_folder(out, 1)).trials(TUNED)
    assert arm.recipe == trials[0].recipe
    assert [trial.chosen for trial in arm.trials] == [True, False, False]
    assert [trial.dev for trial in arm.trials] == pytest.approx([(0.8 + 0.99 + 0.99) / 3, 0.5, 0.9])


@pytest.mark.parametrize(("dev", "alike"), [(1.0, True), (0.99, False)])
def test_a_fold_may_have_stopped_at_a_recipe_that_is_perfect_on_dev(dev: float, alike: bool, tmp_path: Path) -> None:
    """What it did not try is not the recipe of the whole, however good elsewhere."""
    out = make_folds(tmp_path / "out", "classification")
    last = read_comparison(fold_folder(out, 2)).choices[TUNED].trials[1]
    change(fold_folder(out, 2) / "runs" / last / "record.json", lambda v: v["dev"].update(accuracy=dev))
    change(fold_folder(out, 2) / "choice.json", lambda v: v[TUNED].update(trials=v[TUNED]["trials"][:2]))
    if not alike:
        with pytest.raises(InputError, match="fold 2 was run with other methods, recipes"):
            judge(out)
        return
    arm = judge(out).arm(TUNED)
    tried = read_comparison(fold_folder(out, 1)).trials(TUNED)
    assert [trial.recipe for trial in arm.trials] == [run.recipe for run in tried[:2]]
    assert arm.recipe == tried[1].recipe


def test_a_recipe_that_a_fold_stopped_counts_there_with_what_it_had(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    for fold, dev in ((1, 0.99), (2, 0.5), (3, 0.99)):
        part = fold_folder(out, fold)
        first, *others = read_comparison(part).choices[TUNED].trials
        stopped = {"dev": {"accuracy": dev}, "stopped": 0.9} if fold == 2 else {"dev": {"accuracy": dev, "other": 0.1}}
        change(part / "runs" / first / "record.json", lambda v: v.update(stopped))  # noqa: B023
        for other in others:
            change(part / "runs" / other / "record.json", lambda v: v.update(dev={"accuracy": 0.8}))
    whole, arm = read_question(out), judge(out).arm(TUNED)
    assert [trial.dev for trial in arm.trials] == pytest.approx([(0.99 + 0.5 + 0.99) / 3, 0.8, 0.8])
    assert [trial.stopped for trial in arm.trials] == [0.9, None, None]
    assert arm.trials[0].chosen
    assert set(whole.trials(TUNED)[0].dev) == {"accuracy"}, "what all folds have"


def test_the_result_has_what_each_fold_shows(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    folds = judge(out).folds
    assert folds is not None
    assert (folds.number, folds.sizes, folds.trained_on, folds.group) == (3, SIZES, 1000, None)
    for method in (FROZEN, TUNED):
        parts = [read_comparison(fold_folder(out, fold)) for fold in (1, 2, 3)]
        means = [np.mean([p.tests[run].metrics["accuracy"] for run in p.choices[method].judged]) for p in parts]
        assert folds.scores[method] == pytest.approx(means)
        assert folds.recipes[method] == tuple(part.finals(method)[0].recipe.name for part in parts)
    assert read_result(out).folds == folds


def test_costs_are_those_of_one_model_and_of_all_runs(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    alone = [judge(fold_folder(out, fold)).arm(TUNED).cost for fold in (1, 2, 3)]
    cost = judge(out).arm(TUNED).cost
    assert cost.all_runs_s == pytest.approx(sum(one.all_runs_s for one in alone))
    assert cost.work == sum(one.work for one in alone)
    assert cost.train_s == pytest.approx(alone[0].train_s)
    assert cost.stored_mb == alone[0].stored_mb


def test_one_answer_in_one_fold_is_told(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    run = read_comparison(fold_folder(out, 2)).choices[TUNED].judged[1]
    change(fold_folder(out, 2) / "runs" / run / "record.json", lambda values: values.update(degenerate=True))
    assert [run.degenerate_on for run in judge(out).arm(TUNED).runs] == [(), ("dev",)]
    assert not any(run.degenerate for run in judge(out).arm(FROZEN).runs)


def test_folds_that_were_not_run_alike_are_refused(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    change(fold_folder(out, 3) / "choice.json", lambda values: values[TUNED]["trials"].pop(0))
    with pytest.raises(InputError, match="fold 3 was run with other methods, recipes, seeds or labels than fold 1"):
        judge(out)


def test_a_fold_that_did_not_finish_is_told(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification")
    (fold_folder(out, 2) / "choice.json").unlink()
    with pytest.raises(InputError, match="fold-2"):
        judge(out)


def test_a_score_that_a_fold_has_wrong_is_found(tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", "classification", floor=0.4)
    run = read_comparison(fold_folder(out, 2)).choices[TUNED].judged[0]
    path = fold_folder(out, 2) / "runs" / run / "test.json"
    before = path.read_text(encoding="utf-8")
    change(path, lambda values: values["metrics"].update(accuracy=0.123))
    with pytest.raises(InputError, match=r"says accuracy 0\.123") as error:
        judge(out)
    assert str(path) in str(error.value)
    path.write_text(before, encoding="utf-8")
    change(fold_folder(out, 3) / "floor.json", lambda values: values["test"].update(accuracy=0.123))
    with pytest.raises(InputError, match=r"says accuracy 0\.123"):
        judge(out)


@pytest.mark.parametrize("kind", ["classification", "regression", "tagging"])
def test_report_and_terminal_show_folds(kind: str, tmp_path: Path) -> None:
    out = make_folds(tmp_path / "out", kind, floor=0.4, probes=True)
    result = judge(out)
    page = render(out).read_text(encoding="utf-8")
    assert "Each of 180 labelled examples was tested once, by models that learned from 1,000 examples" in page
    assert "2 seeds in each of 3 folds" in page
    told = "\n".join(summary(result))
    assert "3 folds with 2 seeds each: each of 180 examples was tested once" in told
    assert result.folds is not None
    low, high = (100 * end(result.folds.scores[TUNED]) for end in (min, max))
    assert f"{TUNED} {low:.1f} to {high:.1f}" in told
    assert "Only 2 seeds" not in told  # they are six models


def test_without_folds_nothing_tells_of_them(comparison: Callable[..., Path]) -> None:
    out = comparison("classification")
    result = judge(out)
    assert result.folds is None
    assert json.loads((out / "result.json").read_text(encoding="utf-8"))["folds"] is None
    assert "folds" not in render(out).read_text(encoding="utf-8")
    assert "folds" not in "\n".join(summary(result))
    assert read_compared(out).first.parts == ()
