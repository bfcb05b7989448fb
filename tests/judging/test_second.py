"""The second measure: equal accuracy with another confidence is distinguished, equal arms are not, lower is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_comparison import make_comparison
from made_folds import make_folds
from sklearn.metrics import brier_score_loss, log_loss, root_mean_squared_error

from unfreeze.judging.judge import judge
from unfreeze.judging.read import read_comparison, read_question
from unfreeze.judging.result import Result
from unfreeze.judging.result_json import read_result
from unfreeze.judging.second import _mean, _measure_of
from unfreeze.judging.second_words import notable
from unfreeze.judging.two_way import measured, measured_means
from unfreeze.records.comparison import TestRecord, read_choices, read_test, write_test
from unfreeze.records.forecasts import Forecasts

FROZEN, TUNED = "feature-extraction", "fine-tuning"
NAMES = ("negative", "neutral", "positive")
EQUAL = {FROZEN: 0.2, TUNED: 0.2}


def rewritten(folder: Path, change: Callable[[str, int, TestRecord], TestRecord]) -> Result:
    """A comparison judged after every test record was changed, by its method and the number of its run."""
    for method, choice in read_choices(folder).items():
        for number, run in enumerate(choice.runs):
            test = read_test(folder / "runs" / run)
            assert test is not None
            write_test(folder / "runs" / run, change(method, number, test))
    return judge(folder)


def with_confidence(test: TestRecord, sure: float, spread: float, seed: int) -> TestRecord:
    """The same answers, each given with a probability of about `sure`."""
    drawn = np.clip(np.random.default_rng(seed).normal(sure, spread, len(test.predictions)), 0.4, 1)
    likely = np.repeat((1 - drawn)[:, None] / 2, 3, axis=1)
    likely[range(len(drawn)), [NAMES.index(str(said)) for said in test.predictions]] = drawn
    return TestRecord(test.metrics, False, test.predictions, tuple(drawn), Forecasts(likely.astype(np.float32)))


def test_values_are_those_of_scikit_learn_and_come_back_from_the_file(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "c", "classification", seeds=2)
    result, kept = judge(folder), read_comparison(folder)
    assert read_result(folder).second == result.second
    assert result.second is not None
    first, brier = result.second.measures
    assert (first.name, brier.name) == ("log_loss", "brier")
    gold = [item.label for item in kept.items]
    for method in (FROZEN, TUNED):
        runs = kept.choices[method].runs
        likely = [np.asarray(kept.tests[run].forecasts.likely, float) for run in runs]  # type: ignore[union-attr]
        likely = [one / one.sum(1, keepdims=True) for one in likely]  # of fp32
        each = [log_loss(gold, one, labels=NAMES) for one in likely]
        assert first.arms[method].mean == pytest.approx(np.mean(each), rel=1e-4)
        assert first.arms[method].std == pytest.approx(np.std(each, ddof=1), rel=1e-3)
        each = [brier_score_loss(gold, one, labels=NAMES, scale_by_half=False) for one in likely]
        assert brier.arms[method].mean == pytest.approx(np.mean(each), rel=1e-4)
        low, high = first.arms[method].ci95
        assert 0 <= low < first.arms[method].mean < high
    (pair,) = first.differences
    assert (pair.first, pair.second) == (TUNED, FROZEN)
    assert pair.mean == pytest.approx(first.arms[TUNED].mean - first.arms[FROZEN].mean)


def test_scores_are_judged_by_the_root_of_their_squared_errors(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "c", "pair-regression", seeds=2)
    result, kept = judge(folder), read_comparison(folder)
    assert result.second is not None
    (rmse,) = result.second.measures
    gold = [item.label for item in kept.items]
    each = [root_mean_squared_error(gold, kept.tests[run].predictions) for run in kept.choices[TUNED].runs]
    assert rmse.arms[TUNED].mean == pytest.approx(np.mean(each))
    assert result.second.calibration == {}


def test_tagging_and_folders_without_probabilities_have_none(tmp_path: Path) -> None:
    assert judge(make_comparison(tmp_path / "tags", "tagging", items=20)).second is None
    assert judge(make_comparison(tmp_path / "old", "classification", forecasts=False)).second is None
    folder = make_comparison(tmp_path / "mixed", "classification")

    def stripped(method: str, number: int, test: TestRecord) -> TestRecord:
        if (method, number) != (TUNED, 2):
            return test
        return TestRecord(test.metrics, test.degenerate, test.predictions, test.confidence)

    result = rewritten(folder, stripped)
    assert result.second is None
    assert notable(result) == []


def test_confidence_tells_apart_what_accuracy_cannot(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "c", "classification", rates=EQUAL, items=600)
    told = {FROZEN: 0.99, TUNED: 0.87}
    result = rewritten(folder, lambda method, number, test: with_confidence(test, told[method], 0.02, number))
    assert result.second is not None
    assert result.verdict.choice == "undecided"
    (pair,) = result.second.measures[0].differences
    assert pair.ci95[1] < 0
    (line,) = notable(result)
    better, worse = (f"{result.second.measures[0].arms[arm].mean:.2f}" for arm in (TUNED, FROZEN))
    assert line.startswith(f"Accuracy cannot tell them apart; log-loss can, {better}")
    assert f" against {worse}" in line
    assert ": fine-tuning lower (better) than feature extraction by 0." in line
    over, fair = (result.second.calibration[arm].debiased for arm in (FROZEN, TUNED))
    assert over > 0.08 > 2 * fair


def test_a_measure_that_contradicts_the_verdict_is_told(tmp_path: Path) -> None:
    rates = {FROZEN: 0.3, TUNED: 0.1}
    folder = make_comparison(tmp_path / "c", "classification", rates=rates, items=600)
    told = {FROZEN: (0.82, 0.02), TUNED: (1.0, 0.0)}
    result = rewritten(folder, lambda method, number, test: with_confidence(test, *told[method], number))
    assert result.verdict.use == TUNED
    (line,) = notable(result)
    assert line.startswith("Log-loss contradicts accuracy, ")
    assert "feature extraction lower (better) than fine-tuning" in line


def test_what_both_measures_say_needs_no_line(tmp_path: Path) -> None:
    rates = {FROZEN: 0.3, TUNED: 0.1}
    folder = make_comparison(tmp_path / "c", "classification", rates=rates, items=600)
    result = rewritten(folder, lambda method, number, test: with_confidence(test, 0.85, 0.05, number))
    assert result.verdict.choice == TUNED
    assert notable(result) == []


def made_losses(rng: np.random.Generator, arms: Sequence[float], items: int) -> list[Any]:
    """Log-losses (seeds, items) of arms that share the difficulty of items, with a seed effect of each run."""
    hard = rng.normal(-1, 1, items)
    return [np.exp(hard + shift + rng.normal(0, 0.5, (3, items)) + rng.normal(0, 0.04, (3, 1))) for shift in arms]


def test_equal_arms_are_told_apart_in_about_five_per_cent() -> None:
    rng, runs = np.random.default_rng(5), 600
    found = [measured_means(made_losses(rng, (0.0, 0.0), 250)).difference([1.0, -1.0]) for _ in range(runs)]
    share = np.mean([not each.lo <= 0 <= each.hi for each in found])
    assert 0.02 <= share <= 0.08


def test_the_covariance_of_means_is_that_of_resamples() -> None:
    losses = made_losses(np.random.default_rng(1), (0.0, 0.2), 200)
    exact = measured_means(losses)
    statistics = [np.stack([each, np.ones_like(each)], axis=-1) for each in losses]
    drawn = measured(statistics, _measure_of(_mean))
    assert exact.means == pytest.approx(drawn.means)
    assert exact.covariance == pytest.approx(drawn.covariance, rel=0.1)
    one, other = (each.difference([1.0, -1.0]) for each in (exact, drawn))
    assert (one.lo, one.hi) == pytest.approx((other.lo, other.hi), rel=0.05)


def test_over_folds_the_luck_of_training_sets_is_in_the_interval(tmp_path: Path) -> None:
    folder = make_folds(tmp_path / "out", "classification")
    result, whole = judge(folder), read_question(folder)
    assert result.second is not None
    gold = [item.label for item in whole.items]
    losses = [
        np.stack(
            [whole.tests[run].forecasts.item_losses(whole.setting.task, gold, NAMES)[:, 0] for run in choice.runs]  # type: ignore[union-attr]
        )
        for choice in whole.choices.values()
    ]
    alone = measured_means(losses).difference([-1.0, 1.0])
    (pair,) = result.second.measures[0].differences
    assert pair.mean == pytest.approx(alone.mean)
    assert pair.ci95[1] - pair.ci95[0] > 1.2 * (alone.hi - alone.lo)
