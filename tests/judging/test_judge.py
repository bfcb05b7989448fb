"""`judge` against scores recomputed by hand, and against folders that are not whole."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from scipy.stats import pearsonr
from seqeval.metrics import f1_score as span_f1
from sklearn.metrics import accuracy_score, f1_score

from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.judging.result_json import read_result
from unfreeze.judging.stats import resampled_items
from unfreeze.records.comparison import read_choices, read_floor, read_items, read_records, read_test, write_choices

BY_HAND = {
    "classification": accuracy_score,
    "pair-classification": accuracy_score,
    "pair-regression": lambda gold, predicted: pearsonr(gold, predicted)[0],
    "tagging": lambda gold, predicted: span_f1([list(t) for t in gold], [list(t) for t in predicted]),
}


def scores_by_hand(folder: Path, kind: str, method: str) -> list[float]:
    gold = [item.label for item in read_items(folder)]
    runs = read_choices(folder)[method].runs
    return [float(BY_HAND[kind](gold, read_test(folder / "runs" / run).predictions)) for run in runs]


@pytest.mark.parametrize("kind", BY_HAND)
def test_scores_and_difference_are_those_of_the_predictions(comparison, kind):
    folder = comparison(kind)
    result = judge(folder)
    means = {}
    for method, values in result.methods.items():
        scores = scores_by_hand(folder, kind, method)
        means[method] = np.mean(scores)
        assert [run.test for run in values.runs] == pytest.approx(scores)
        assert values.test.mean == pytest.approx(np.mean(scores))
        assert values.test.std == pytest.approx(np.std(scores, ddof=1))
        low, high = values.test.ci95
        assert low < values.test.mean < high
    gap = means["fine-tuning"] - means["feature-extraction"]
    assert result.difference.mean == pytest.approx(gap)
    assert result.difference.ci95[0] < gap < result.difference.ci95[1]
    assert 0 < result.difference.p <= 1


@pytest.mark.parametrize("metric", ["macro_f1", "f1:neutral"])
def test_the_metric_that_was_asked_for_judges(comparison, metric):
    folder = comparison("classification", metric=metric, floor=0.3)
    result, gold = judge(folder), [item.label for item in read_items(folder)]
    labels = ["neutral"] if metric == "f1:neutral" else None
    for method, values in result.methods.items():
        runs = [read_test(folder / "runs" / run).predictions for run in read_choices(folder)[method].runs]
        scores = [f1_score(gold, said, labels=labels, average="macro") for said in runs]
        assert [run.test for run in values.runs] == pytest.approx(scores)
        assert values.test.mean == pytest.approx(np.mean(scores))
        low, high = values.test.ci95
        assert low < values.test.mean < high
    assert result.metric == metric
    assert result.floor.test == pytest.approx(
        f1_score(gold, read_floor(folder).predictions, labels=labels, average="macro")
    )
    words = {"macro_f1": "macro F1", "f1:neutral": "F1 of 'neutral'"}[metric]
    assert f" {words} " in " ".join(result.verdict.reasons)
    assert "accuracy" not in " ".join([result.verdict.headline, *result.verdict.reasons, *result.verdict.doubts])
    assert read_result(folder) == result


def test_a_folder_with_a_metric_that_its_labels_do_not_allow_is_refused(comparison):
    folder = comparison("classification", metric="f1:neutral")
    file = folder / "comparison.json"
    text = file.read_text()
    for other in ("f1:netural", "pearson", "f1"):
        file.write_text(text.replace('"metric": "f1:neutral"', f'"metric": "{other}"'))
        with pytest.raises(InputError, match=f"has the metric '?{other}'? for classification; remove the folder"):
            judge(folder)


def test_interval_is_the_bootstrap_of_a_plain_loop(comparison):
    folder = comparison("classification")
    gold = np.array([item.label for item in read_items(folder)])
    right = {
        method: np.array([np.array(read_test(folder / "runs" / run).predictions) == gold for run in choice.runs])
        for method, choice in read_choices(folder).items()
    }
    rng = np.random.default_rng(1)
    gaps = []
    for _ in range(4000):
        items, seeds = rng.integers(len(gold), size=len(gold)), rng.integers(3, size=3)
        tuned, frozen = (right[m][np.ix_(seeds, items)].mean() for m in ("fine-tuning", "feature-extraction"))
        gaps.append(tuned - frozen)
    assert judge(folder).difference.ci95 == pytest.approx(np.percentile(gaps, [2.5, 97.5]), abs=0.006)


def test_the_file_holds_the_result(comparison):
    folder = comparison("classification")
    result = judge(folder)
    written = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert written == result.to_dict()
    assert read_result(folder) == result


def test_cost_and_trials_come_from_the_records(comparison):
    folder = comparison("classification")
    records, choice = read_records(folder), read_choices(folder)["fine-tuning"]
    values = judge(folder).methods["fine-tuning"]
    finals = [records[run] for run in choice.runs]
    assert values.cost.train_s == pytest.approx(np.mean([run.train_s for run in finals]))
    assert values.cost.peak_mb == max(run.peak_mb for run in finals)
    assert values.cost.all_runs_s == pytest.approx(sum(records[r].train_s for r in {*choice.trials, *choice.runs}))
    assert [trial.id for trial in values.trials] == list(choice.trials)
    assert [trial.id for trial in values.trials if trial.chosen] == [choice.trials[-1]]
    assert values.metrics["macro_f1"].mean == pytest.approx(np.mean([macro_f1(folder, run) for run in choice.runs]))


def test_a_run_that_was_chosen_is_not_judged_where_two_others_are(comparison):
    folder = comparison("classification", seeds=4, reused=True)
    result = judge(folder)
    for method, choice in read_choices(folder).items():
        values, scores = result.methods[method], scores_by_hand(folder, "classification", method)
        assert values.test.mean == pytest.approx(np.mean(scores[1:]))
        assert [run.id for run in values.runs] == list(choice.runs[1:])
        assert values.left_out == (choice.runs[0],)
        assert choice.runs[0] in [trial.id for trial in values.trials if trial.chosen]
    assert [doubt for doubt in result.verdict.doubts if "left out" in doubt] == [
        "One run of feature extraction and of fine-tuning is left out of the test score, because it was chosen for "
        "its dev score."
    ]


def test_a_run_that_was_chosen_is_judged_with_a_doubt_where_fewer_are_left(comparison):
    folder = comparison("classification", seeds=2, reused=True)
    result = judge(folder)
    for method, choice in read_choices(folder).items():
        values = result.methods[method]
        assert values.test.mean == pytest.approx(np.mean(scores_by_hand(folder, "classification", method)))
        assert ([run.id for run in values.runs], values.left_out) == (list(choice.runs), ())
    (doubt,) = (doubt for doubt in result.verdict.doubts if "chose the recipe counts" in doubt)
    assert doubt.startswith("The test score of feature extraction and of fine-tuning may be too high")


def test_the_first_final_run_of_a_single_recipe_chose_nothing_and_is_judged(comparison):
    folder = comparison("classification", reused=True)
    choices = read_choices(folder)
    write_choices(folder, {name: replace(choice, trials=choice.runs[:1]) for name, choice in choices.items()})
    result = judge(folder)
    assert [len(arm.runs) for arm in result.arms] == [3, 3]
    assert not any("chosen for its dev" in doubt or "chose the recipe" in doubt for doubt in result.verdict.doubts)


def macro_f1(folder: Path, run: str) -> float:
    gold = [item.label for item in read_items(folder)]
    return float(f1_score(gold, read_test(folder / "runs" / run).predictions, average="macro"))


def test_clear_gain_is_chosen_and_a_leak_is_doubted(comparison):
    result = judge(comparison("classification", items=600, rates={"feature-extraction": 0.5, "fine-tuning": 0.05}))
    assert result.verdict.choice == result.verdict.use == "fine-tuning"
    assert any("train" in doubt for doubt in result.verdict.doubts)


def test_same_quality_is_undecided_and_the_cheaper_method_is_used(comparison):
    result = judge(comparison("classification", rates={"feature-extraction": 0.1, "fine-tuning": 0.1}))
    assert result.verdict.choice == "undecided"
    assert result.verdict.use == "feature-extraction"


def test_one_method_has_no_difference_and_one_seed_no_deviation(comparison):
    result = judge(comparison("tagging", methods=("fine-tuning",), seeds=1))
    assert result.difference is None
    assert list(result.methods) == ["fine-tuning"]
    assert result.methods["fine-tuning"].test.std == 0


def test_judging_twice_gives_the_same_file(comparison):
    folder = comparison("pair-regression")
    judge(folder)
    first = (folder / "result.json").read_bytes()
    judge(folder)
    assert (folder / "result.json").read_bytes() == first


def test_unfinished_comparisons_are_told_and_nothing_is_written(comparison, tmp_path):
    folder = comparison("classification")
    run = folder / "runs" / read_choices(folder)["fine-tuning"].runs[0]
    (run / "test.json").rename(run / "elsewhere.json")
    with pytest.raises(InputError, match=r"no test scores.*goes on where it stopped"):
        judge(folder)
    shutil.rmtree(run)
    with pytest.raises(InputError, match="record is missing"):
        judge(folder)
    assert not (folder / "result.json").exists()
    with pytest.raises(InputError, match="not found; is this the --out folder"):
        judge(tmp_path / "nowhere")


def test_predictions_for_other_items_are_refused(comparison):
    folder, other = comparison("classification"), comparison("pair-classification", items=40)
    run = folder / "runs" / read_choices(folder)["fine-tuning"].runs[0]
    wrong = other / "runs" / read_choices(other)["fine-tuning"].runs[0]
    shutil.copy(wrong / "test.parquet", run / "test.parquet")
    with pytest.raises(InputError, match="40 predictions for 240 test items"):
        judge(folder)


@pytest.mark.parametrize("kind", BY_HAND)
def test_the_floor_is_scored_and_each_method_is_set_against_it(comparison, kind):
    folder = comparison(kind, floor=0.3)
    result = judge(folder)
    floor, gold = result.floor, [item.label for item in read_items(folder)]
    wanted = float(BY_HAND[kind](gold, read_floor(folder).predictions))
    assert (floor.test, floor.dev, floor.name) == (pytest.approx(wanted), 0.7, "bag-of-words")
    assert floor.ci95[0] < floor.test < floor.ci95[1]
    for method, values in result.methods.items():
        gain = floor.gains[method]
        assert gain.mean == pytest.approx(values.test.mean - wanted)
        assert gain.ci95[0] < gain.mean < gain.ci95[1]
        assert 0 < gain.p <= 1


def test_a_floor_as_good_as_the_methods_is_doubted_and_a_lower_one_is_not(comparison):
    near = judge(comparison("classification", floor=0.12))
    assert any(doubt.startswith("Nothing is shown to be better than a bag of words") for doubt in near.verdict.doubts)
    low = judge(comparison("pair-classification", floor=0.6))
    assert not any("bag of words" in doubt for doubt in low.verdict.doubts)


def test_without_a_floor_it_is_null_and_one_of_other_items_is_refused(comparison):
    assert judge(comparison("classification")).floor is None
    folder, other = comparison("pair-classification", floor=0.3), comparison("tagging", items=40, floor=0.3)
    shutil.copy(other / "floor.parquet", folder / "floor.parquet")
    with pytest.raises(InputError, match=r"floor\.json: 40 predictions for 240 test items"):
        judge(folder)


def test_an_encoder_that_cannot_be_fine_tuned_is_not_advised_to_be(comparison):
    folder = comparison("classification", methods=("feature-extraction",))
    setting = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    setting["encoder"]["fixed"] = "it is static"
    (folder / "comparison.json").write_text(json.dumps(setting), encoding="utf-8")
    advice = judge(folder).verdict
    assert "the encoder cannot be fine-tuned." in advice.headline
    assert advice.next_step.startswith("Compare with an encoder that can be fine-tuned")
    assert not any("only one method" in doubt for doubt in advice.doubts)


def test_texts_that_say_nothing_to_the_encoder_are_a_doubt(comparison):
    folder = comparison("classification")
    setting = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    counts = {"unit": "pieces", "pieces": 100, "parts": 0, "letters": 0}
    setting["audit"]["unread"] = {"train": {**counts, "unknown": 90}, "test": {**counts, "unknown": 10}}
    (folder / "comparison.json").write_text(json.dumps(setting), encoding="utf-8")
    assert any(doubt.startswith("50 % of what is read") for doubt in judge(folder).verdict.doubts)


def test_probes_of_this_question_are_told_as_they_were_judged(comparison):
    folder = comparison("classification", probes=True)
    told = judge(folder).to_dict()["encoders"]["minilm"]["probes"]
    record = json.loads((folder / "probes.json").read_text(encoding="utf-8"))
    assert told.items() <= record.items()
    assert told["chosen"] == 2
    assert {"layers", "finding", "trained_on", "probe_s"} <= set(told)
    assert judge(comparison("tagging")).probes is None


def test_probes_of_another_question_are_left_alone(comparison):
    folder = comparison("classification", probes=True)
    values = json.loads((folder / "probes.json").read_text(encoding="utf-8"))
    (folder / "probes.json").write_text(json.dumps({**values, "question": "another"}), encoding="utf-8")
    assert judge(folder).probes is None


def change_run(folder: Path, run: str, file: str, **values: object) -> None:
    path = folder / "runs" / run / file
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def change_setting(folder: Path, part: str, **values: object) -> None:
    path = folder / "comparison.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    written[part].update(values)
    path.write_text(json.dumps(written), encoding="utf-8")


@pytest.mark.parametrize(
    ("sizes", "labels", "failed"),
    [
        ({"train": 1000, "dev": 1, "test": 240}, {"negative": 1}, False),
        ({"train": 1000, "dev": 3, "test": 240}, {"negative": 3}, False),
        ({"train": 1000, "dev": 3, "test": 240}, {"negative": 2, "positive": 1}, True),
    ],
)
def test_one_answer_on_a_dev_set_of_one_answer_is_no_failure(comparison, sizes, labels, failed):
    """A folder whose records were written before gold labels were looked at."""
    folder = comparison("classification")
    for run in read_choices(folder)["fine-tuning"].runs:
        change_run(folder, run, "record.json", degenerate=True)
        change_run(folder, run, "test.json", degenerate=True)  # untrue: judged again from the predictions
    change_setting(folder, "data", sizes=sizes)
    change_setting(folder, "audit", splits={"dev": {"labels": labels}})
    result = judge(folder)
    assert [list(run.degenerate_on) for run in result.methods["fine-tuning"].runs] == [["dev"] if failed else []] * 3
    doubts = " ".join(result.verdict.doubts)
    assert "training failed" not in doubts
    assert (
        "3 of 3 final runs of fine-tuning gave one answer for every dev item, or nearly, though not on test" in doubts
    ) == failed
    assert ("Dev has 1 item" in doubts) == (sizes["dev"] == 1)
    assert ("All labels of dev say the same" in doubts) == (sizes["dev"] == 3 and not failed)


def test_one_answer_wherever_there_is_more_to_tell_is_a_failure(comparison):
    folder = comparison("classification")
    items = read_items(folder)
    for run in read_choices(folder)["fine-tuning"].runs:
        change_run(folder, run, "record.json", degenerate=True)
        share = [item.label for item in items].count("neutral") / len(items)
        told = json.loads((folder / "runs" / run / "test.json").read_text(encoding="utf-8"))["metrics"]
        change_run(folder, run, "test.json", metrics={**told, "accuracy": share})
        table = pyarrow.table({"prediction": ["neutral"] * len(items)})
        pyarrow.parquet.write_table(table, folder / "runs" / run / "test.parquet")
    result = judge(folder)
    assert [list(run.degenerate_on) for run in result.methods["fine-tuning"].runs] == [["dev", "test"]] * 3
    failed = "3 of 3 final runs of fine-tuning gave one answer for every item, or nearly: training failed."
    assert failed in result.verdict.doubts


def test_correlations_that_an_older_version_wrote_as_0_are_no_choice(comparison):
    folder = comparison("pair-regression")
    for run in read_records(folder):
        change_run(folder, run, "record.json", dev={"pearson": 0.0})
    assert "All labels of dev say the same: recipes and epochs were chosen blindly." in judge(folder).verdict.doubts


@pytest.mark.parametrize(("kind", "gold"), [("classification", "neutral"), ("pair-regression", 1.5), ("tagging", "O")])
def test_a_test_set_that_measures_nothing_is_not_judged(comparison, kind, gold):
    """Folders of an older version, which compared on any test set."""
    folder = comparison(kind)
    table = pyarrow.parquet.read_table(folder / "items.parquet")
    labels = [[gold] * len(words) for words in table["words"].to_pylist()] if kind == "tagging" else [gold] * len(table)
    at = table.column_names.index("gold")
    pyarrow.parquet.write_table(table.set_column(at, "gold", pyarrow.array(labels)), folder / "items.parquet")
    with pytest.raises(
        InputError, match=r"items.parquet: the test set has one answer only .* compare again in another"
    ):
        judge(folder)


def test_test_items_are_resampled_once_for_arms_and_floor(
    comparison: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def counted(runs: np.ndarray, *rest: Any) -> Any:
        drawn.append(len(runs))
        return resampled_items(runs, *rest)

    monkeypatch.setattr("unfreeze.judging.two_way.resampled_items", counted)
    judge(comparison("classification", seeds=3, floor=0.3))
    assert drawn == [3 + 3 + 1]
