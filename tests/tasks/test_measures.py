"""Every metric that can judge against scikit-learn, scipy and seqeval, on lists in which items stand several times."""

from __future__ import annotations

import math
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
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, matthews_corrcoef

import unfreeze
from unfreeze.errors import InputError
from unfreeze.tasks.items import LabelSpace
from unfreeze.tasks.kinds import TASKS, task
from unfreeze.tasks.metrics import asking, best_constant, defined, fitting, item_statistics, measure_of, score
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

    @property
    def ranks(self) -> bool:
        """Whether it is of probabilities."""
        return self.metric.startswith("average_precision")


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


def _likely(case: Case, rng: np.random.Generator, gold: Sequence[Any]) -> np.ndarray | None:
    """Probabilities that are higher for gold labels, many of them equal."""
    if not case.ranks:
        return None
    names = case.labels.names
    rows = np.array([[name == label or name in label for name in names] for label in gold])
    return np.clip(rng.normal(0.3 + 0.3 * rows, 0.2), 0, 1).round(1)


def _precision(*names: str) -> Oracle:
    def oracle(gold: Sequence[Any], likely: Sequence[Any]) -> float:
        places = {name: place for place, name in enumerate(CLASSES.names if "a" in names else PAIR.names)}
        found = []
        for name in names:
            has = [name == label or (isinstance(label, tuple) and name in label) for label in gold]
            if any(has):
                found.append(average_precision_score(has, np.array(likely)[:, places[name]]))
        return float(np.mean(found)) if found else float("nan")

    return oracle


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
    Case("classification", "average_precision", CLASSES, _precision("a", "b", "c", "d")),
    Case("pair-classification", "average_precision", PAIR, _precision("yes")),
    Case("classification", "average_precision:no", PAIR, _precision("no")),
    Case("multilabel-classification", "average_precision", CLASSES, _precision("a", "b", "c", "d")),
    Case("multilabel-classification", "average_precision:yes", PAIR, _precision("yes")),
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
    likely = [_likely(case, rng, gold) for _ in range(3)]
    drawn = rng.integers(items, size=(DRAWS, items))
    counts = np.stack([np.bincount(row, minlength=items) for row in drawn]).astype(float)
    measure = measure_of(of, case.labels)
    both = zip(runs, likely, strict=True)
    statistics = np.stack([item_statistics(of, gold, run, case.labels, each) for run, each in both])
    ours = measure.scorer(statistics)(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = likely if case.ranks else runs
        theirs = [
            [case.oracle([gold[i] for i in row], [run[i] for i in row]) for run in given] for row in drawn.tolist()
        ]
        whole = [case.oracle(gold, run) for run in given]
    assert ours == pytest.approx(np.array(theirs, float), abs=1e-9, nan_ok=True)
    assert measure.of(statistics) == pytest.approx(np.array(whole, float), abs=1e-9, nan_ok=True)
    assert np.isfinite(ours).any()


@EVERY
def test_what_is_reported_is_what_judges(case: Case) -> None:
    """`score` gives the main metric first, and the same number as the statistics."""
    rng, of = np.random.default_rng(1), asking(task(case.kind), case.labels, case.metric)
    gold = _drawn(case, rng, ITEMS)
    said, likely = _said(case, rng, gold), _likely(case, rng, gold)
    found = score(of, gold, said, case.labels.names, case.labels.scheme, likely)
    assert next(iter(found)) == case.metric
    assert found[case.metric] == pytest.approx(
        measure_of(of, case.labels).score(gold, said if likely is None else likely)
    )
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
    if case.ranks:
        tried = [np.full((ITEMS, len(case.labels.names)), share) for share in (0.0, 0.5, 1.0)]
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


def test_a_metric_may_be_written_with_dashes_or_by_its_other_name() -> None:
    assert asking(task("classification"), PAIR, "average-precision").asked == "average_precision"
    assert asking(task("multilabel-classification"), PAIR, "ap:yes").asked == "average_precision:yes"
    assert asking(task("classification"), LabelSpace(("no", "so-so")), "f1:so-so").asked == "f1:so-so"


def test_what_fits_follows_the_labels() -> None:
    ranked = ("average_precision", "average_precision:CLASS")
    assert fitting(task("classification"), CLASSES) == ("accuracy", "macro_f1", "matthews", "f1:CLASS", *ranked)
    assert fitting(task("multilabel-classification"), CLASSES)[-2:] == ranked
    assert "f1_positive" in fitting(task("classification"), PAIR)
    assert fitting(task("tagging"), LabelSpace(("A", "B"))) == ("accuracy",)
    assert fitting(task("regression"), LabelSpace()) == ("pearson", "spearman")


@pytest.mark.parametrize(
    ("kind", "labels", "name", "says"),
    [
        ("classification", CLASSES, "macrof1", "did you mean 'macro_f1'? known: accuracy, average_precision, "),
        ("classification", CLASSES, "f1_positive", "'f1_positive' does not judge classification here"),
        ("classification", CLASSES, "f1", "f1:CLASS"),
        ("classification", CLASSES, "f1:e", "'e' is not a class; there are a, b, c, d"),
        ("classification", CLASSES, "accuracy:a", "'accuracy:a' does not judge"),
        ("classification", CLASSES, "precision", "does not judge"),
        ("regression", LabelSpace(), "mse", "known: pearson, spearman"),
        ("regression", LabelSpace(), "f1:a", "known: pearson, spearman"),
        ("tagging", LabelSpace(("A", "B")), "span_f1", "known: accuracy"),
        (
            "tagging",
            SCHEME,
            "average-precision",
            "needs probabilities of labels and does not judge tagging here",
        ),
        (
            "regression",
            LabelSpace(),
            "average_precision:a",
            "needs probabilities of labels and does not judge",
        ),
        ("classification", PAIR, "average-precision:maybe", "'maybe' is not a class; there are no, yes"),
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


def test_what_ranks_needs_probabilities() -> None:
    of = asking(task("classification"), PAIR, "average_precision")
    for measured in (item_statistics, score):
        with pytest.raises(ValueError, match="average_precision needs probabilities"):
            measured(of, ["yes", "no"], ["yes", "no"], PAIR if measured is item_statistics else PAIR.names)


def test_of_two_classes_the_affirmative_one_is_ranked() -> None:
    """Whatever its place, and whatever else is predicted."""
    labels = LabelSpace(("no", "yes", "zero"))
    likely = np.array([[0.1, 0.9, 0.0], [0.6, 0.4, 0.0], [0.5, 0.5, 0.0]])
    of = asking(task("classification"), PAIR, "average_precision")
    assert measure_of(of, PAIR).score(["yes", "yes", "no"], likely[:, :2]) == pytest.approx((1 + 2 / 3) / 2)
    of = asking(task("classification"), labels, "average_precision")
    every = [(1 + 2 / 3) / 2, 1 / 2]  # no item is zero
    assert measure_of(of, labels).score(["yes", "yes", "no"], likely) == pytest.approx(np.mean(every))


def test_a_gold_label_that_train_lacks_is_not_ranked() -> None:
    of = asking(task("multilabel-classification"), PAIR, "average_precision")
    likely = np.array([[0.1, 0.9], [0.8, 0.2]])
    assert measure_of(of, PAIR).score([("new", "yes"), ("no",)], likely) == 1
    assert math.isnan(measure_of(of, PAIR).score([("new",), ()], likely))


def test_it_is_defined_where_something_can_be_ranked() -> None:
    of = asking(task("classification"), PAIR, "average_precision")
    assert defined(of, PAIR, ["no", "yes"])
    assert not defined(of, PAIR, ["no", "no"])
    assert not defined(asking(task("classification"), PAIR, "f1:yes"), PAIR, ["no", "no"])


def test_constant_answers_rank_as_many_as_there_are() -> None:
    of = asking(task("classification"), PAIR, "average_precision")
    assert best_constant(of, ["yes", "no", "no", "no"], PAIR) == (None, 0.25)
    assert best_constant(of, ["no", "no"], PAIR) == (None, 0.0)


def test_no_other_file_asks_which_metric_is_the_main_one() -> None:
    """What a metric is stands in its target's table; catalogues have its name in other languages."""
    source = Path(unfreeze.__file__).parent
    names = "|".join(m.name for t in TASKS.values() for m in t.target.measures if m.name not in ("precision", "recall"))
    compared = re.compile(rf"metric\w*\s*(==|!=|in \(|in \{{)\s*[\"']|[\"']({names})[\"']")
    asked = [
        f"{path.relative_to(source)}: {line.strip()}"
        for path in sorted(source.rglob("*"))
        if path.suffix in (".py", ".j2") and not {"tasks", "language"} & set(path.relative_to(source).parts)
        for line in path.read_text(encoding="utf-8").splitlines()
        if compared.search(line)
    ]
    assert asked == []
