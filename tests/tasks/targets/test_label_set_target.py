"""Several labels a text: metrics as scikit-learn has them, the best constant, what messages say."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import LABEL_SETS, TASKS
from unfreeze.tasks.metrics import best_constant, degenerate, item_statistics, measure_of, score
from unfreeze.tasks.targets.target import FloorSplit
from unfreeze.tasks.targets.thresholds import as_rows

TASK = TASKS["multilabel-classification"]
NAMES = ("a", "b", "c")
Set = tuple[str, ...]
sets = st.sets(st.sampled_from(NAMES)).map(lambda names: tuple(sorted(names)))
pairs = st.lists(st.tuples(sets, sets), min_size=1, max_size=12)


@given(pairs)
@settings(deadline=None)
def test_metrics_are_those_of_scikit_learn(pairs: list[tuple[Set, Set]]) -> None:
    gold, said = map(list, zip(*pairs, strict=True))
    found = score(TASK, gold, said, NAMES)
    either = tuple(name for name in NAMES if any(name in g or name in p for g, p in pairs))
    if not either:
        assert np.isnan([found["micro_f1"], found["macro_f1"]]).all()
        return
    g, p = as_rows(gold, NAMES), as_rows(said, NAMES)
    assert found["micro_f1"] == pytest.approx(f1_score(g, p, average="micro", zero_division=0))
    seen = [NAMES.index(name) for name in either]
    assert found["macro_f1"] == pytest.approx(f1_score(g, p, labels=seen, average="macro", zero_division=0))
    assert found["subset_accuracy"] == pytest.approx(accuracy_score(g, p))
    assert found["precision"] == pytest.approx(precision_score(g, p, average="micro", zero_division=0))
    assert found["recall"] == pytest.approx(recall_score(g, p, average="micro", zero_division=0))


@given(pairs, st.data())
@settings(deadline=None)
def test_summed_statistics_give_the_metric_of_any_resample(pairs: list[tuple[Set, Set]], data: st.DataObject) -> None:
    gold, said = map(list, zip(*pairs, strict=True))
    drawn = data.draw(st.lists(st.integers(0, len(gold) - 1), min_size=1, max_size=20))
    counts = np.bincount(drawn, minlength=len(gold)).astype(float)
    expected = score(TASK, [gold[i] for i in drawn], [said[i] for i in drawn])["micro_f1"]
    scorer = measure_of(TASK).scorer(item_statistics(TASK, gold, said)[None])
    assert scorer(counts[None]) == pytest.approx(expected, nan_ok=True)


@given(st.lists(sets, min_size=1, max_size=12))
@settings(deadline=None)
def test_the_best_constant_is_the_best_of_all_sets(gold: list[Set]) -> None:
    every = chain.from_iterable(combinations(NAMES, n) for n in range(1, 4))
    best = max(np.nan_to_num(score(TASK, gold, [one] * len(gold))["micro_f1"]) for one in every)
    assert best_constant(TASK, gold)[1] == pytest.approx(best)


def test_the_same_labels_for_all_are_degenerate_where_gold_differs() -> None:
    assert degenerate(TASK, [("a",), ()], [("a", "b")] * 2)
    assert not degenerate(TASK, [("a",), ()], [("a",), ("b",)])
    assert not degenerate(TASK, [("a",), ("a",)], [(), ()])


def test_strata_are_by_the_rarest_label() -> None:
    assert LABEL_SETS.strata([("a",), ("a", "b"), (), ("a", "b", "c"), ("b",), ("a",)]).tolist() == [2, 1, 3, 0, 1, 2]


def test_labels_are_sorted_and_counted_once() -> None:
    (example,) = LABEL_SETS.typed((Example("a:1", "x", label=("b", "a", "b")),))
    assert example.label == ("a", "b")


def test_a_label_space_needs_two_labels() -> None:
    rows = [Example("a:1", "x", label=("b",)), Example("a:2", "y", label=())]
    assert LABEL_SETS.space([*rows, Example("a:3", "z", label=("a",))]) == LabelSpace(("a", "b"))
    with pytest.raises(InputError, match="a:1: the training rows have one label only, 'b'"):
        LABEL_SETS.space(rows)
    with pytest.raises(InputError, match="a:2: no training row has a label"):
        LABEL_SETS.space(rows[1:])


def test_what_one_answer_says() -> None:
    assert LABEL_SETS.one_answer([(), ()], None) == "no row has a label"
    assert LABEL_SETS.one_answer([("a", "b")] * 2, None) == "every row has the labels 'a, b'"
    assert LABEL_SETS.one_answer([("a",), ()], None) is None


def test_labels_that_were_read_back_are_of_the_label_space() -> None:
    item, known = Example("a:1", "x"), frozenset(NAMES)
    assert LABEL_SETS.label_problem(("a", "c"), item, known, gold=False) is None
    assert LABEL_SETS.label_problem(("z",), item, known, gold=True) is None  # counts as missed
    assert "none of the 3 labels" in (LABEL_SETS.label_problem(("z",), item, known, gold=False) or "")
    for label in (("b", "a"), ("a", "a"), "a", 1.0, None):
        assert "not a set of labels" in (LABEL_SETS.label_problem(label, item, known, gold=True) or "")


def test_what_train_lacks_is_counted() -> None:
    assert LABEL_SETS.unseen([("a",)], [("a", "b"), ("b",), ("c",)], None) == {"b": 2, "c": 1}


def test_a_cell_can_be_read_back() -> None:
    assert LABEL_SETS.cell(("a", "b")) == "a;b"
    assert LABEL_SETS.cell(("a;b", "c")) == '["a;b", "c"]'
    assert LABEL_SETS.cell(()) == ""


def test_the_audit_says_which_labels_go_together() -> None:
    lines = LABEL_SETS.notes([("a", "b"), ("a", "b", "c"), (), ("c",)])
    assert lines == [
        "Labels per train text: 1.50 on average, at most 3.",
        "Train texts without any label: 1 of 4 (25.0 %).",
        "Labels that occur together most often in train: a and b 2, a and c 1, b and c 1.",
    ]


def test_what_label_sets_say_of_themselves() -> None:
    gold = [("a",), ("a", "b"), ()]
    assert LABEL_SETS.counts(gold, None) == {"a": 2, "b": 1}
    assert LABEL_SETS.names_in(("a", "b")) == LABEL_SETS.answer(("a", "b")) == ("a", "b")
    assert LABEL_SETS.several({"a": 1}, None)
    assert not LABEL_SETS.several({}, None)
    assert LABEL_SETS.one_answer([], None) is None
    assert (LABEL_SETS.shown(("a", "b")), LABEL_SETS.shown(())) == ("a, b", "(no label)")
    assert LABEL_SETS.size_in_words(LabelSpace(("a", "b"))) == "2 labels, any number of them for a text"
    assert LABEL_SETS.constant_words(("a", "b")) == "always answering 'a, b'"
    assert best_constant(TASK, gold) == (("a",), pytest.approx(2 * 2 / (3 + 3)))
    assert best_constant(TASK, [(), ()]) == ((), 0)
    assert LABEL_SETS.notes([("a", "b", "c"), ("b", "c", "d"), ("b", "c"), ("a", "b")])[1:] == [
        "Labels that occur together most often in train: b and c 3, a and b 2, a and c 1."
    ]
    assert LABEL_SETS.notes([("a",), ("b",)]) == ["Labels per train text: 1.00 on average, at most 1."]


def test_an_error_is_a_missed_or_false_label() -> None:
    gold, said = [("a", "b"), (), ("c",)], [("b", "c"), (), ()]
    errors = [LABEL_SETS.item_error(*pair, None) for pair in zip(gold, said, strict=True)]
    assert errors == [2, 0, 1]
    assert LABEL_SETS.how_wrong(errors) == "2 of 3 test texts have a missed or false label"
    counts = LABEL_SETS.found(gold, said, None)
    assert (counts.gold, counts.predicted) == ({"a": 1, "b": 1, "c": 1}, {"b": 1, "c": 1})
    assert counts.both == {"b": 1}


@pytest.mark.parametrize(
    ("space", "problem"),
    [
        (LabelSpace(("a", "b")), None),
        (LabelSpace(("a",)), "1 labels, 1 of them different, for labels"),
        (LabelSpace(("a", "b"), "BIO"), "the tagging scheme 'BIO' for labels"),
    ],
)
def test_label_spaces_that_were_read_back_are_of_labels(space: LabelSpace, problem: str | None) -> None:
    assert LABEL_SETS.space_problem(space, "labels") == problem


def test_the_linear_model_finds_each_label_by_itself_and_keeps_the_threshold() -> None:
    """Also one that every training text has, and one that none has."""
    gold = [("a", "b"), ("b",), ("a", "b"), ("b",)] * 5
    features = csr_matrix([[1.0, 0.0] if "a" in label else [0.0, 1.0] for label in gold])
    split = FloorSplit(features, gold, [1] * len(gold))
    model = LABEL_SETS.linear(("C", 30.0), split, split, LabelSpace(NAMES), "micro_f1")
    assert model.predict(features, split.counts) == gold
    assert model.chosen.keys() == {"C", "threshold"}
    assert model.chosen["C"] == 30.0
    assert 0 < model.chosen["threshold"] < 1


def test_the_linear_model_has_thresholds_for_the_metric_that_is_asked_for() -> None:
    draw = np.random.default_rng(0)
    gold = [
        tuple(name for name, share in zip(NAMES, (0.5, 0.3), strict=False) if draw.random() < share) for _ in range(90)
    ]
    features = csr_matrix(
        np.array([[f"{name}" in label for name in NAMES] for label in gold]) + draw.normal(0, 1, (90, len(NAMES)))
    )
    split = FloorSplit(features, gold, [1] * 90)
    models = {
        m: LABEL_SETS.linear(("C", 1.0), split, split, LabelSpace(NAMES), m) for m in ("micro_f1", "subset_accuracy")
    }
    right = {
        m: np.mean([a == b for a, b in zip(model.predict(features, []), gold, strict=True)])
        for m, model in models.items()
    }
    assert right["subset_accuracy"] > right["micro_f1"]
    likely = [model.likely for model in models.values()]
    assert likely[0] is not None
    assert likely[1] is not None
    np.testing.assert_array_equal(likely[0](features), likely[1](features))
    assert likely[0](features).dtype == np.float32


def test_penalties_are_inverse_ones_from_the_strongest() -> None:
    named, penalties = zip(*LABEL_SETS.penalties(), strict=True)
    assert set(named) == {"C"}
    assert np.divide(penalties[1:], penalties[:-1]) == pytest.approx(10**0.5, rel=0.06), "half a power of ten apart"
