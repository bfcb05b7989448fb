from dataclasses import replace

import numpy as np
import pytest
from seqeval.metrics import classification_report
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from unfreeze.judging.judge import judge
from unfreeze.judging.read import Arm, Compared, read_compared
from unfreeze.records.setting import EncoderFacts
from unfreeze.report import tables

NAMES = {"feature-extraction": "feature extraction", "fine-tuning": "fine-tuning"}


def arm(read: Compared, name: str) -> Arm:
    return next(arm for arm in read.arms if arm.id == name)


def test_classes_have_the_precision_recall_and_f1_of_sklearn(comparison):
    read = read_compared(comparison("classification", seeds=2))
    gold = [item.label for item in read.first.items] * 2
    predicted = [p for run in read.first.finals("fine-tuning") for p in read.first.tests[run.id].predictions]
    wanted = np.array(precision_recall_fscore_support(gold, predicted, labels=["negative", "neutral", "positive"])[:3])
    rows = {row[0]: row for row in tables.by_label(arm(read, "fine-tuning"), "fine-tuning").rows}
    for i, name in enumerate(("negative", "neutral", "positive")):
        assert [float(cell) for cell in rows[name][2:]] == pytest.approx(100 * wanted[:, i], abs=0.051)
        assert int(rows[name][1]) == gold.count(name) / 2


def test_span_types_have_the_scores_of_seqeval(comparison):
    read = read_compared(comparison("tagging", seeds=1))
    gold = [list(item.label) for item in read.first.items]
    (run,) = read.first.finals("feature-extraction")
    report = classification_report(gold, [list(p) for p in read.first.tests[run.id].predictions], output_dict=True)
    for kind, number, *scores in tables.by_label(arm(read, "feature-extraction"), "feature extraction").rows:
        assert int(number) == report[kind]["support"]
        wanted = [100 * report[kind][name] for name in ("precision", "recall", "f1-score")]
        assert [float(cell) for cell in scores] == pytest.approx(wanted, abs=0.051)


def test_confusion_is_that_of_sklearn(comparison):
    read = read_compared(comparison("classification"))
    gold = [item.label for item in read.first.items] * 3
    predicted = [p for run in read.first.finals("fine-tuning") for p in read.first.tests[run.id].predictions]
    rows = tables.confusion_rows(arm(read, "fine-tuning"))
    assert [row["count"] for row in rows] == confusion_matrix(gold, predicted).ravel().tolist()
    shares = {name: sum(row["share"] for row in rows if row["gold"] == name) for name in set(gold)}
    assert list(shares.values()) == pytest.approx([100] * 3)


def test_the_most_confused_classes_are_the_largest_cells_off_the_diagonal_of_sklearns_matrix(comparison):
    read = read_compared(comparison("classification"))
    gold = [item.label for item in read.first.items] * 3
    predicted = [p for run in read.first.finals("fine-tuning") for p in read.first.tests[run.id].predictions]
    matrix = confusion_matrix(gold, predicted)
    np.fill_diagonal(matrix, 0)
    rows = tables.most_confused_rows(arm(read, "fine-tuning"), most=2)
    assert [row["count"] for row in rows] == sorted(matrix.ravel(), reverse=True)[:2]
    names = sorted(set(gold))
    for row in rows:
        g, p = (names.index(row[side]) for side in ("gold", "predicted"))
        assert matrix[g, p] == row["count"]
        assert row["share"] == pytest.approx(100 * matrix[g, p] / gold.count(row["gold"]))
    assert [row["pair"][:2] for row in rows] == ["1.", "2."]


def test_of_very_many_labels_those_with_the_most_errors_are_listed(comparison, monkeypatch):
    read = read_compared(comparison("classification"))
    errors = {}
    for name, _, precision, recall, f1 in tables.by_label(arm(read, "fine-tuning"), "fine-tuning").rows:
        gold = 3 * [item.label for item in read.first.items].count(name)
        hits = round(float(recall) / 100 * gold)
        errors[name] = gold + round(hits / float(precision) * 100) - 2 * hits
        assert f1
    monkeypatch.setattr(tables, "MOST_LABELS", 2)
    few = tables.by_label(arm(read, "fine-tuning"), "fine-tuning")
    assert [row[0] for row in few.rows] == sorted(errors, key=lambda name: -errors[name])[:2]
    assert "2 of 3 labels" in few.caption


def test_recipes_are_sorted_by_dev_with_the_chosen_one_marked(comparison):
    read = read_compared(comparison("classification"))
    table = tables.recipes(arm(read, "fine-tuning"), "fine-tuning")
    scores = [float(row[1]) for row in table.rows]
    assert scores == sorted(scores, reverse=True)
    (marked,) = table.marked
    assert table.rows[marked][0] == "tune-0.0001 (chosen)"
    assert all(row[4] == "Devlin et al. (2019)" for row in table.rows)


def test_a_recipe_that_was_stopped_is_shown_with_the_score_that_it_was_behind(comparison):
    read = read_compared(comparison("classification"))
    one = arm(read, "fine-tuning")
    stopped = replace(one.trials[0], dev={"accuracy": 0.701}, stopped=0.82, diverged=False)
    parts = {"one question": (), "folds": (one.comparison,)}
    for place, words in (("one question", "at a third:"), ("folds", "at a third in some folds:")):
        records = {**one.comparison.records, stopped.id: stopped}
        changed = replace(one, comparison=replace(one.comparison, records=records, parts=parts[place]))
        last = tables.recipes(changed, "fine-tuning").rows[-1]
        assert last[:2] == (f"{stopped.recipe.name} (stopped {words} the best had 82.0 by then)", "70.1")


def test_every_row_is_as_long_as_its_heads(comparison):
    folder = comparison("classification")
    arms = {arm.method: arm for arm in judge(folder).arms}
    read = read_compared(folder)
    found = [tables.recipes(arm(read, "fine-tuning"), "fine-tuning"), tables.seeds(read.arms, NAMES)]
    found += [tables.metrics(arms), tables.costs(arms)]
    found += [
        tables.splits(read.first.setting.data),
        tables.facts("a", EncoderFacts(name="tiny", layers=1200, mb=9.5, said=("a", "b"))),
    ]
    for table in found:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.heads)}
    assert dict(found[-1].rows) == {
        "name": "tiny", "layers": "1,200", "width": "0", "parameters": "0", "megabytes": "9.5", "said": "a, b",
    }  # fmt: skip
