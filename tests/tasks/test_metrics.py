"""Metrics against scikit-learn, scipy and seqeval, hard cases by hand, and the additivity that the bootstrap needs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr
from seqeval.metrics import f1_score as seqeval_f1
from seqeval.scheme import IOB2, IOBES
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from unfreeze.tasks.items import LabelSpace
from unfreeze.tasks.kinds import CLASSES, LABEL_SETS, SCORES, TASKS, task
from unfreeze.tasks.metrics import (
    METRICS,
    asking,
    best_constant,
    degenerate,
    item_statistics,
    main_metric,
    measure_of,
    score,
)
from unfreeze.tasks.targets.classes import positive_class
from unfreeze.tasks.targets.target import Target

CLASS, SCORE, TAGS = task("classification"), task("regression"), task("tagging")
SCHEMES = {"BIO": (IOB2, "BI"), "BIOES": (IOBES, "BIES")}

pairs_of_classes = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=40)
numbers = st.floats(-100, 100).map(lambda x: round(x, 2))
pairs_of_numbers = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=40)


def tagged(scheme: str) -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Sentences of (gold, predicted) tags, in any order of tags, valid or not."""
    tag = st.sampled_from(["O", *(f"{letter}-{kind}" for letter in SCHEMES[scheme][1] for kind in ("X", "Y"))])
    return st.lists(st.lists(st.tuples(tag, tag), min_size=1, max_size=9), min_size=1, max_size=6)


@given(pairs_of_classes)
def test_class_metrics_equal_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = map(list, zip(*pairs, strict=True))
    ours = score(CLASS, gold, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = {
            "accuracy": accuracy_score(gold, predicted),
            "macro_f1": f1_score(gold, predicted, average="macro"),
            "matthews": matthews_corrcoef(gold, predicted),
        }
        if len({*gold, *predicted}) == 2:
            positive = max({*gold, *predicted})
            theirs["f1_positive"] = f1_score(gold, predicted, pos_label=positive, average="binary")
    assert ours == pytest.approx(theirs)
    assert next(iter(ours)) == CLASS.metric


@pytest.mark.parametrize(
    ("names", "positive"),
    [
        (("0", "1"), "1"),
        (("negative", "positive"), "positive"),
        (("Yes", "no"), "Yes"),
        (("TRUE", "false"), "TRUE"),
        (("spam", "ham"), "spam"),
        (("zebra", "pos"), "pos"),
        (("1", "yes"), "yes"),
        (("a", "b", "yes"), None),
        (("a",), None),
    ],
)
def test_positive_class_is_the_affirmative_one_else_the_last(names: tuple[str, ...], positive: str | None) -> None:
    assert positive_class(names) == positive


def test_f1_of_the_positive_class_follows_the_label_space_not_what_was_seen() -> None:
    assert score(CLASS, ["yes", "no", "yes"], ["yes", "yes", "no"], names=("no", "yes"))["f1_positive"] == 0.5
    assert score(CLASS, ["no", "no"], ["no", "no"], names=("no", "yes"))["f1_positive"] == 0.0
    assert "f1_positive" not in score(CLASS, ["a", "b"], ["a", "b"], names=("a", "b", "c"))


@given(pairs_of_numbers)
def test_correlations_equal_scipy(pairs: list[tuple[float, float]]) -> None:
    gold, predicted = map(list, zip(*pairs, strict=True))
    assume(len(set(gold)) > 1 and len(set(predicted)) > 1)
    ours = score(SCORE, gold, predicted)
    assert ours["pearson"] == pytest.approx(pearsonr(gold, predicted).statistic, abs=1e-6)
    assert ours["spearman"] == pytest.approx(spearmanr(gold, predicted).statistic, abs=1e-9)
    assert ours["mse"] == pytest.approx(np.mean((np.array(gold) - predicted) ** 2))
    assert next(iter(ours)) == SCORE.metric


@pytest.mark.parametrize("constant", [0.0, 0.1, 2.7, 1e6, float("nan"), float("inf")])
def test_a_constant_or_diverged_prediction_has_correlation_zero(constant: float) -> None:
    ours = score(SCORE, [0.1, 0.2, 0.3, 5.0], [constant] * 4)
    assert (ours["pearson"], ours["spearman"]) == (0.0, 0.0)
    assert np.isfinite(ours["mse"])


def test_what_is_not_defined_is_no_measurement() -> None:
    """Neither gold scores that are all the same nor sentences without a span, gold or predicted, measure a 0."""
    constant = score(SCORE, [3.3, 3.3, 3.3], [1.0, 2.0, 3.0])
    assert np.isnan([constant["pearson"], constant["spearman"]]).all()
    assert constant["mse"] == pytest.approx(np.mean((np.array([1.0, 2.0, 3.0]) - 3.3) ** 2))
    none = score(TAGS, [("O", "O")], [("O", "O")], scheme="BIO")
    assert np.isnan([none["span_f1"], none["span_f1_strict"]]).all()
    assert score(TAGS, [("O", "O")], [("B-X", "O")], scheme="BIO")["span_f1"] == 0


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        (("a", "b", "a"), ("a", "a", "a"), True),
        (("a", "b", "a"), ("a", "b", "a"), False),
        (("a", "a", "a"), ("a", "a", "a"), False),
        (("a", "a", "a"), ("b", "b", "b"), False),
        (("a",), ("b",), False),
        ((1.0, 2.0), (1.5, 1.5), True),
        ((1.0, 1.0), (1.5, 1.5), False),
        ((1.0, 2.0), (1.5, 1.6), False),
        ((1.0,), (1.5,), False),
        ((("O", "B-X"), ("O",)), (("O", "O"), ("O",)), True),
        ((("O", "O"), ("O",)), (("O", "O"), ("O",)), False),
        ((("O", "B-X"), ("O",)), (("O", "O"), ("B-X",)), False),
        ((("O", "B-X"),), (("O", "O"),), True),
        ((("NN",),), (("DT",),), False),
    ],
)
def test_one_answer_is_a_failure_only_where_there_is_more_to_tell(
    gold: tuple[object, ...], predicted: tuple[object, ...], expected: bool
) -> None:
    of = TAGS if isinstance(gold[0], tuple) else SCORE if isinstance(gold[0], float) else CLASS
    assert degenerate(of, gold, predicted) is expected


def test_pearson_keeps_its_digits_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    gold = 1e6 + rng.normal(size=500)
    predicted = gold + rng.normal(size=500)
    assert score(SCORE, gold, predicted)["pearson"] == pytest.approx(pearsonr(gold, predicted).statistic, abs=1e-9)


@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=150)
@given(data=st.data())
def test_strict_span_f1_equals_seqeval(scheme: str, data: st.DataObject) -> None:
    sentences = data.draw(tagged(scheme))
    gold, predicted = ([tuple(pair[i] for pair in sentence) for sentence in sentences] for i in (0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = seqeval_f1(
            [list(g) for g in gold], [list(p) for p in predicted], mode="strict", scheme=SCHEMES[scheme][0]
        )
    ours = score(TAGS, gold, predicted, scheme=scheme)["span_f1_strict"]
    assert ours == pytest.approx(theirs) or (np.isnan(ours) and theirs == 0)  # 0 of 0 spans


@pytest.mark.parametrize(
    ("gold", "predicted", "span_f1", "strict", "why"),
    [
        ("B-X I-X O", "I-X I-X O", 1.0, 0.0, "a span may begin with I after O"),
        ("B-X I-X B-X", "B-X I-X I-X", 0.0, 0.0, "B splits touching spans"),
        ("B-X I-X O", "B-Y I-X O", 0.0, 0.0, "a change of type splits: Y at 0, X at 1"),
        ("B-X O B-Y", "B-X O I-Y", 1.0, 2 / 3, "I-Y begins a span for conlleval alone"),
        ("B-X I-X I-X", "B-X I-X O", 0.0, 0.0, "a shorter span earns nothing"),
        ("O O", "B-X O", 0.0, 0.0, "a span where there is none"),
    ],
)
def test_span_f1_on_hard_cases(gold: str, predicted: str, span_f1: float, strict: float, why: str) -> None:
    ours = score(TAGS, [tuple(gold.split())], [tuple(predicted.split())], scheme="BIO")
    assert (ours["span_f1"], ours["span_f1_strict"]) == (pytest.approx(span_f1), pytest.approx(strict)), why


def test_spans_end_with_the_sentence_and_counts_are_summed_over_sentences() -> None:
    gold = [("B-X",), ("I-X", "O", "B-Y"), ("O",)]
    predicted = [("B-X",), ("I-X", "O", "O"), ("B-X",)]
    assert score(TAGS, gold, predicted, scheme="BIO") == pytest.approx(
        {"span_f1": 2 / 3, "span_f1_strict": 0.5, "precision": 2 / 3, "recall": 2 / 3, "accuracy": 3 / 5}
    )


def test_precision_is_of_predicted_and_recall_of_gold_spans() -> None:
    ours = score(TAGS, [("B-X", "O", "O", "O")], [("B-X", "B-X", "B-X", "B-Y")], scheme="BIO")
    assert (ours["precision"], ours["recall"], ours["span_f1"]) == (1 / 4, 1.0, 2 / 5)


def test_plain_tags_are_scored_by_words() -> None:
    assert main_metric(TAGS, None) == "accuracy"
    assert main_metric(TAGS, "BIO") == "span_f1"
    gold, predicted = [("NOUN", "VERB"), ("DET",)], [("NOUN", "NOUN"), ("DET",)]
    assert score(TAGS, gold, predicted) == {"accuracy": pytest.approx(2 / 3)}


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=20))
def test_the_best_constant_answer_is_the_best_of_all(gold: list[str]) -> None:
    words = [tuple(gold[:1]), tuple(gold)]
    for of, items, answers in (
        (CLASS, gold, [[label] * len(gold) for label in "abcd"]),
        (TAGS, words, [[(tag,) * len(tags) for tags in words] for tag in "abcd"]),
    ):
        best = max(score(of, items, answer)["accuracy"] for answer in answers)
        assert best_constant(of, items)[1] == pytest.approx(best)


def test_a_constant_answer_to_scores_and_spans_is_worth_nothing() -> None:
    assert best_constant(SCORE, [1.0, 2.0])[1] == score(SCORE, [1.0, 2.0], [1.5, 1.5])["pearson"] == 0
    gold = [("B-X", "O")]
    nothing = score(TAGS, gold, [("O", "O")], scheme="BIO")["span_f1"]
    assert best_constant(TAGS, gold, LabelSpace(scheme="BIO")) == (("O", "O"), nothing) == (("O", "O"), 0)


LABELS: dict[Target, list[object]] = {
    CLASSES: ["a", "b"], SCORES: [1.0, 2.0], TAGS.target: [("B-X",), ("O",)], LABEL_SETS: [("a",), ()],
}  # fmt: skip


@pytest.mark.parametrize("kind", TASKS)
def test_the_main_metric_comes_first(kind: str) -> None:
    scheme = "BIO" if TASKS[kind].target.per_word else None
    labels = LABELS[TASKS[kind].target]
    assert next(iter(score(TASKS[kind], labels, labels, scheme=scheme))) == main_metric(TASKS[kind], scheme)


@pytest.mark.parametrize("kind", TASKS)
def test_every_metric_that_is_measured_has_its_words(kind: str) -> None:
    target = TASKS[kind].target
    measured = score(TASKS[kind], LABELS[target], LABELS[target], scheme="BIO" if target.per_word else None)
    assert sorted(measured) == sorted(metric.name for metric in target.measures if metric.of_class is None)
    assert all(METRICS[name].words for name in measured)


def test_a_metric_of_two_kinds_of_answer_is_written_alike() -> None:
    for metric in (metric for target in LABELS for metric in target.measures):
        assert METRICS[metric.name] == metric


@given(pairs_of_numbers, st.data())
def test_weighted_statistics_give_the_metric_of_the_resample(
    pairs: list[tuple[float, float]], data: st.DataObject
) -> None:
    """Sums over any resample give what `score` gives on that resample, for each kind of statistics."""
    gold, predicted = map(list, zip(*pairs, strict=True))
    items = data.draw(st.lists(st.integers(0, len(gold) - 1), min_size=1, max_size=30))
    counts = np.bincount(items, minlength=len(gold))
    letters = "B-X", "I-X", "O"

    def tag(values: list[float]) -> list[tuple[str, ...]]:
        return [tuple(letters[int(abs(v) * 100 + i) % 3] for i in range(4)) for v in values]

    for of, scheme, gold_labels, predicted_labels in (
        (CLASS, None, [str(x > 0) for x in gold], [str(x > 0) for x in predicted]),
        (SCORE, None, gold, predicted),
        (TAGS, "BIO", tag(gold), tag(predicted)),
        (TAGS, None, tag(gold), tag(predicted)),
    ):
        labels = LabelSpace(scheme=scheme)
        scorer = measure_of(of, labels).scorer(
            np.stack([item_statistics(of, gold_labels, predicted_labels, labels)] * 2)
        )
        resample = score(of, [gold_labels[i] for i in items], [predicted_labels[i] for i in items], scheme=scheme)
        assert scorer(np.stack([counts] * 3).astype(float)) == pytest.approx(
            np.full((3, 2), resample[main_metric(of, scheme)]), abs=1e-6, nan_ok=True
        )


@pytest.mark.parametrize(
    ("kind", "gold", "predicted"),
    [
        ("classification", ["a"], ["a", "b"]),
        ("classification", [], []),
        ("tagging", [("O", "O")], [("O",)]),
    ],
)
def test_items_that_do_not_match_are_refused(kind: str, gold: list[str], predicted: list[str]) -> None:
    with pytest.raises(ValueError, match=r"are needed|predicted tags"):
        score(task(kind), gold, predicted)
    with pytest.raises(ValueError, match=r"are needed|predicted tags"):
        item_statistics(task(kind), gold, predicted)


@pytest.mark.parametrize(
    ("gold", "predicted", "failed"),
    [
        (["a"] * 150 + ["b"] * 50, ["a"] * 199 + ["b"], True),  # one other answer in 200
        (["a"] * 150 + ["b"] * 50, ["a"] * 198 + ["b"] * 2, False),
        (["a"] * 197 + ["b"] * 3, ["a"] * 199 + ["b"], False),  # a third of what there is to find
        (["a"] * 197 + ["b"] * 3, ["a"] * 200, True),
        (["a"] * 200, ["a"] * 200, False),
        (["a"] * 550 + ["b"] * 50, ["a"] * 597 + ["b"] * 3, True),
        (["a"] * 550 + ["b"] * 50, ["a"] * 596 + ["b"] * 4, False),
    ],
)
def test_nearly_one_answer_is_one_answer_where_there_is_much_more_to_find(gold, predicted, failed):
    assert degenerate(task("classification"), gold, predicted) == failed


def test_scores_that_differ_by_rounding_are_one_answer():
    gold = [float(i % 7) for i in range(100)]
    rng = np.random.default_rng(0)
    assert degenerate(task("regression"), gold, list(3 + 1e-7 * rng.normal(size=100)))
    assert not degenerate(task("regression"), gold, list(3 + 0.05 * rng.normal(size=100)))


def test_where_labels_are_ranked_one_answer_is_one_probability():
    """A class may be so rare that it is never the most probable one, and yet be ranked well."""
    labels = LabelSpace(("no", "yes"))
    of = asking(task("classification"), labels, "average_precision")
    rng, gold = np.random.default_rng(0), ["yes"] * 3 + ["no"] * 197
    said, ranked = ["no"] * 200, 0.02 + 0.01 * rng.random(200)
    for spread, failed in ((1.0, False), (1e-3, True), (0.0, True)):
        shares = 0.02 + spread * (ranked - 0.02)
        assert degenerate(of, gold, said, np.stack([1 - shares, shares], 1)) == failed
    assert degenerate(task("classification"), gold, said, np.stack([1 - ranked, ranked], 1))
    assert not degenerate(of, ["no"] * 200, said, np.full((200, 2), 0.5))
    one_alone = np.stack([np.full(200, 0.3), ranked, 0.7 - ranked], 1)
    assert not degenerate(of, gold, said, one_alone)
