"""Every metric that can judge against scikit-learn, scipy and seqeval, on lists in which items stand several times."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from seqeval.metrics import f1_score as span_f1
from seqeval.scheme import IOB2
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

import unfreeze
from unfreeze.errors import InputError
from unfreeze.tasks.items import LabelSpace
from unfreeze.tasks.kinds import TASKS, task
from unfreeze.tasks.metrics import asking, best_constant, fitting, item_statistics, measure_of, score
from unfreeze.tasks.targets.thresholds import as_rows

ITEMS, DRAWS = 30, 60
CLASSES, PAIR = LabelSpace(("a", "b", "c", "d")), LabelSpace(("no", "yes"))
SCHEME = LabelSpace(("O", "B-X", "I-X", "B-Y", "I-Y"), "BIO")
Oracle = Callable[[Sequence[Any], Sequence[Any]], float]


@dataclass(frozen=True)
class Case:
    """A metric on some labels, and what another library says."""

    kind: str
    metric: str
    labels: LabelSpace
    oracle: Oracle


def _drawn(case: Case, rng: np.random.Generator, items: int) -> list[Any]:
    """Labels of a kind, some of them rare, so that resamples lack them."""
    names, target = case.labels.names, task(case.kind).target
    if target.many:
        return [tuple(sorted({str(name) for name in rng.choice(names, rng.integers(0, 3))})) for _ in range(items)]
    if target.one_name:
        shares = 0.5 ** np.arange(len(names), dtype=float)
        return [str(name) for name in rng.choice(names, items, p=shares / shares.sum())]
    if target.per_word:
        return [tuple(str(tag) for tag in rng.choice(names, 1 + i % 5)) for i in range(items)]
    return [float(value) for value in rng.integers(0, 6, items)]


def _said(case: Case, rng: np.random.Generator, gold: Sequence[Any]) -> list[Any]:
    """Predictions that are right in half of the cases."""
    other = _drawn(case, rng, len(gold))
    return [one if keep else two for one, two, keep in zip(gold, other, rng.random(len(gold)) < 0.5, strict=True)]


def _sets(average: str) -> Oracle:
    def oracle(gold: Sequence[Any], said: Sequence[Any]) -> float:
        either = sorted({name for label in (*gold, *said) for name in label})
        if not either:
            return float("nan")
        rows = [np.pad(as_rows(labels, either), ((0, 0), (0, 1))) for labels in (gold, said)]  # two columns at least
        return float(f1_score(*rows, labels=range(len(either)), average=average))

    return oracle


def _equal(gold: Sequence[Any], said: Sequence[Any]) -> float:
    return float(np.mean([a == b for a, b in zip(gold, said, strict=True)]))


def _f1(one: str) -> Oracle:
    def oracle(gold: Sequence[Any], said: Sequence[Any]) -> float:
        there = one in gold or one in said
        return float(f1_score(gold, said, labels=[one], average="macro")) if there else float("nan")

    return oracle


def _correlation(of: Callable[..., Any]) -> Oracle:
    def oracle(gold: Sequence[Any], said: Sequence[Any]) -> float:
        if len(set(gold)) == 1:
            return float("nan")
        return float(of(gold, said).statistic) if len(set(said)) > 1 else 0.0

    return oracle


def _strict(gold: Sequence[Any], said: Sequence[Any]) -> float:
    lists = [list(tags) for tags in gold], [list(tags) for tags in said]
    begun = any(tag.startswith("B") for side in lists for tags in side for tag in tags)
    return float(span_f1(*lists, mode="strict", scheme=IOB2)) if begun else float("nan")


def _words(gold: Sequence[Any], said: Sequence[Any]) -> float:
    return float(accuracy_score([t for tags in gold for t in tags], [t for tags in said for t in tags]))


CASES = [
    Case("classification", "accuracy", CLASSES, accuracy_score),
    Case("classification", "macro_f1", CLASSES, lambda g, p: f1_score(g, p, average="macro")),
    Case("classification", "matthews", CLASSES, matthews_corrcoef),
    Case("classification", "f1:d", CLASSES, _f1("d")),
    Case("pair-classification", "f1_positive", PAIR, _f1("yes")),
    Case("multilabel-classification", "micro_f1", CLASSES, _sets("micro")),
    Case("multilabel-classification", "macro_f1", CLASSES, _sets("macro")),
    Case("multilabel-classification", "subset_accuracy", CLASSES, _equal),
    Case("regression", "pearson", LabelSpace(), _correlation(pearsonr)),
    Case("pair-regression", "spearman", LabelSpace(), _correlation(spearmanr)),
    Case("tagging", "span_f1_strict", SCHEME, _strict),
    Case("tagging", "accuracy", SCHEME, _words),
]
EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.metric}")


@EVERY
@pytest.mark.parametrize("items", [ITEMS, 4])
def test_the_metric_of_a_resample_is_that_of_the_list_with_its_items(case: Case, items: int) -> None:
    rng, of = np.random.default_rng(items), asking(task(case.kind), case.labels, case.metric)
    gold = _drawn(case, rng, items)
    runs = [_said(case, rng, gold) for _ in range(3)]
    drawn = rng.integers(items, size=(DRAWS, items))
    counts = np.stack([np.bincount(row, minlength=items) for row in drawn]).astype(float)
    measure = measure_of(of, case.labels)
    statistics = np.stack([item_statistics(of, gold, run, case.labels) for run in runs])
    ours = measure.scorer(statistics)(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = [
            [case.oracle([gold[i] for i in row], [run[i] for i in row]) for run in runs] for row in drawn.tolist()
        ]
        whole = [case.oracle(gold, run) for run in runs]
    assert ours == pytest.approx(np.array(theirs, float), abs=1e-9, nan_ok=True)
    assert measure.of(statistics) == pytest.approx(np.array(whole, float), abs=1e-9, nan_ok=True)
    assert np.isfinite(ours).any()


@EVERY
def test_what_is_reported_is_what_judges(case: Case) -> None:
    """`score` gives the main metric first, and the same number as the statistics."""
    rng, of = np.random.default_rng(1), asking(task(case.kind), case.labels, case.metric)
    gold = _drawn(case, rng, ITEMS)
    said = _said(case, rng, gold)
    found = score(of, gold, said, case.labels.names, case.labels.scheme)
    assert next(iter(found)) == case.metric
    assert found[case.metric] == pytest.approx(measure_of(of, case.labels).score(gold, said))
    usual = score(task(case.kind), gold, said, case.labels.names, case.labels.scheme)
    assert {name: found[name] for name in usual} == usual


def test_every_metric_that_can_judge_has_an_oracle_here() -> None:
    known = {(TASKS[case.kind].target, case.metric.partition(":")[0]) for case in CASES}
    judging = {(t.target, m.name) for t in TASKS.values() for m in t.target.measures if m.measure or m.of_class}
    assert judging - known == {(TASKS["tagging"].target, "span_f1")}  # conlleval's rules: `test_metrics`


@EVERY
def test_a_measure_is_a_share_as_its_unit_says(case: Case) -> None:
    of = asking(task(case.kind), case.labels, case.metric)
    (metric,) = (m for m in of.target.measures if m.name == case.metric.partition(":")[0])
    assert measure_of(of, case.labels).shares == (metric.unit == "share")


@pytest.mark.parametrize(
    ("kind", "metric", "labels", "gold", "answer", "value"),
    [
        ("classification", "macro_f1", CLASSES, ["a", "a", "a", "b"], "a", (2 * 3 / (4 + 3)) / 2),
        ("classification", "matthews", CLASSES, ["a", "a", "b"], "a", 0.0),
        ("classification", "f1:b", CLASSES, ["a", "a", "a", "b"], "b", 2 / 5),
        ("multilabel-classification", "macro_f1", CLASSES, [("a",), ("a", "b"), ()], ("a", "b"), (4 / 5 + 2 / 4) / 2),
        ("multilabel-classification", "subset_accuracy", CLASSES, [("a",), (), ()], (), 2 / 3),
        ("tagging", "accuracy", SCHEME, [("O", "O"), ("B-X",)], ("O", "O"), 2 / 3),
        ("regression", "spearman", LabelSpace(), [1.0, 2.0], 1.0, 0.0),
    ],
)
def test_the_best_constant_answer_is_that_of_the_metric(
    kind: str, metric: str, labels: LabelSpace, gold: list[Any], answer: Any, value: float
) -> None:
    of = asking(task(kind), labels, metric)
    assert best_constant(of, gold, labels) == (answer, pytest.approx(value))


@EVERY
def test_no_constant_answer_is_better_than_the_best(case: Case) -> None:
    rng, of = np.random.default_rng(2), asking(task(case.kind), case.labels, case.metric)
    gold, measure = _drawn(case, rng, ITEMS), measure_of(of, case.labels)
    tried = [[label] * ITEMS for label in set(gold)]
    if of.target.per_word:
        tried = [[(tag,) * len(tags) for tags in gold] for tag in case.labels.names if tag[0] != "B"]
    reached = [measure.score(gold, answers) for answers in tried]
    assert best_constant(of, gold, case.labels)[1] >= np.nanmax(reached) - 1e-12


def test_a_gold_label_that_train_lacks_counts_in_the_macro_f1_of_label_sets() -> None:
    of = asking(task("multilabel-classification"), PAIR, "macro_f1")
    gold, said = [("new", "yes"), ("no",)], [("yes",), ("no",)]
    assert measure_of(of, PAIR).score(gold, said) == score(of, gold, said, PAIR.names)["macro_f1"] == 2 / 3


def test_the_usual_metric_is_the_same_question_however_it_is_asked_for() -> None:
    assert asking(task("classification"), CLASSES, "accuracy") == task("classification")
    assert asking(task("classification"), CLASSES, None) == task("classification")
    assert asking(task("classification"), CLASSES, "mcc").asked == "matthews"
    assert asking(task("tagging"), LabelSpace(("A", "B")), "accuracy") == task("tagging")
    assert asking(task("tagging"), SCHEME, "span_f1") == task("tagging")
    assert asking(task("tagging"), SCHEME, "accuracy").asked == "accuracy"


def test_what_fits_follows_the_labels() -> None:
    assert fitting(task("classification"), CLASSES) == ("accuracy", "macro_f1", "matthews", "f1:CLASS")
    assert "f1_positive" in fitting(task("classification"), PAIR)
    assert fitting(task("tagging"), LabelSpace(("A", "B"))) == ("accuracy",)
    assert fitting(task("regression"), LabelSpace()) == ("pearson", "spearman")


@pytest.mark.parametrize(
    ("kind", "labels", "name", "says"),
    [
        ("classification", CLASSES, "macrof1", "did you mean 'macro_f1'? known: accuracy, f1:CLASS, macro_f1"),
        ("classification", CLASSES, "f1_positive", "'f1_positive' does not judge classification here"),
        ("classification", CLASSES, "f1", "f1:CLASS"),
        ("classification", CLASSES, "f1:e", "'e' is not a class; there are a, b, c, d"),
        ("classification", CLASSES, "accuracy:a", "'accuracy:a' does not judge"),
        ("classification", CLASSES, "precision", "does not judge"),
        ("regression", LabelSpace(), "mse", "known: pearson, spearman"),
        ("regression", LabelSpace(), "f1:a", "known: pearson, spearman"),
        ("tagging", LabelSpace(("A", "B")), "span_f1", "known: accuracy"),
        ("multilabel-classification", CLASSES, "accuracy", "did you mean 'subset_accuracy'"),
    ],
)
def test_a_metric_that_does_not_fit_is_refused_with_those_that_do(
    kind: str, labels: LabelSpace, name: str, says: str
) -> None:
    with pytest.raises(InputError) as refused:
        asking(task(kind), labels, name)
    assert refused.value.where == "--metric"
    assert says in str(refused.value)


def test_no_other_file_asks_which_metric_is_the_main_one() -> None:
    """What a metric is stands in its target's table."""
    source = Path(unfreeze.__file__).parent
    names = "|".join(m.name for t in TASKS.values() for m in t.target.measures if m.name not in ("precision", "recall"))
    compared = re.compile(rf"metric\w*\s*(==|!=|in \(|in \{{)\s*[\"']|[\"']({names})[\"']")
    asked = [
        f"{path.relative_to(source)}: {line.strip()}"
        for path in sorted(source.rglob("*"))
        if path.suffix in (".py", ".j2") and "tasks" not in path.relative_to(source).parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if compared.search(line)
    ]
    assert asked == []
