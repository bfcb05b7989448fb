"""Classes: which are known, how rare they are, the best constant, and the linear model of the floor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import CLASSES
from unfreeze.tasks.targets.target import FloorSplit

ITEM = Example("a:1", "x")


def rows(*labels: str) -> list[Example]:
    return [Example(f"a:{number}", "x", label=label) for number, label in enumerate(labels, start=2)]


def test_a_label_space_needs_two_classes() -> None:
    assert CLASSES.space(rows("b", "a", "b")) == LabelSpace(("a", "b"))
    with pytest.raises(InputError, match="a:2: every training row has the label 'b'; two classes are needed"):
        CLASSES.space(rows("b", "b"))


def test_a_class_that_train_lacks_is_refused_where_it_stands() -> None:
    space = LabelSpace(("a", "b"))
    CLASSES.check_known("dev", rows("a", "b", "a"), space)
    with pytest.raises(InputError, match="a:4: class 'c' of test is not in the training split, which has a, b"):
        CLASSES.check_known("test", rows("a", "b", "c"), space)


def test_strata_are_ranks_by_rareness_then_name() -> None:
    labels = ["c", "b", "c", "a", "c", "b", "d"]  # a and d once, b twice, c three times
    assert CLASSES.strata(labels).tolist() == [3, 2, 3, 0, 3, 2, 1]


def test_what_classes_say_of_themselves() -> None:
    counts = CLASSES.counts(["a", "b", "b", "b"], None)
    assert counts == {"a": 1, "b": 3}
    assert CLASSES.majority(counts, 4) == 0.75
    assert CLASSES.majority({}, 0) is None
    assert CLASSES.several(counts, None)
    assert not CLASSES.several({"a": 3}, None)
    assert CLASSES.one_answer(["b", "b"], None) == "every row has the label 'b'"
    assert CLASSES.one_answer(["b", "a"], None) is None
    assert CLASSES.one_answer([], None) is None
    assert CLASSES.names_in("b") == ("b",)
    assert CLASSES.answer("b") == CLASSES.shown("b") == CLASSES.cell("b") == "b"
    assert CLASSES.constant_words("b") == "always answering 'b'"


def test_errors_are_items_whose_class_is_another() -> None:
    errors = [CLASSES.item_error(gold, "a", None) for gold in ("a", "b", "a", "c")]
    assert errors == [0, 1, 0, 1]
    assert CLASSES.how_wrong(errors) == "2 of 4 test items are wrong"
    counts = CLASSES.found(["a", "b", "a"], ["a", "a", "b"], None)
    assert counts is not None
    assert (counts.gold, counts.predicted, counts.both) == ({"a": 2, "b": 1}, {"a": 2, "b": 1}, {"a": 1})


@pytest.mark.parametrize(
    ("space", "problem"),
    [
        (LabelSpace(("a", "b")), None),
        (LabelSpace(("a",)), "1 labels, 1 of them different, for classification"),
        (LabelSpace(("a", "a", "b")), "3 labels, 2 of them different, for classification"),
        (LabelSpace(("a", "b"), "BIO"), "the tagging scheme 'BIO' for classification"),
    ],
)
def test_label_spaces_that_were_read_back_are_of_classes(space: LabelSpace, problem: str | None) -> None:
    assert CLASSES.space_problem(space, "classification") == problem


@pytest.mark.parametrize(("label", "fits"), [("a", True), ("c", False), (None, False), (1.0, False), (("a",), False)])
def test_labels_that_were_read_back_are_classes(label: Any, fits: bool) -> None:
    for gold in (True, False):
        problem = CLASSES.label_problem(label, ITEM, frozenset("ab"), gold)
        assert problem is None if fits else "is none of the 2 classes" in str(problem)


def test_the_linear_model_is_held_back_by_the_penalty_that_is_named() -> None:
    labels = ["a", "a", "b", "c"] * 5
    features = csr_matrix(np.eye(3)[["abc".index(label) for label in labels]])
    split = FloorSplit(features, labels, [1] * len(labels))
    weak, strong = (
        CLASSES.linear(("C", c), split, split, LabelSpace(("a", "b", "c")), "accuracy") for c in (100.0, 1e-4)
    )
    assert weak.predict(features, split.counts) == labels
    assert strong.predict(features, split.counts) == ["a"] * len(labels)
    assert (weak.chosen, strong.chosen) == ({"C": 100.0}, {"C": 1e-4})


def test_penalties_are_inverse_ones_from_the_strongest() -> None:
    named, penalties = zip(*CLASSES.penalties(), strict=True)
    assert set(named) == {"C"}
    assert np.divide(penalties[1:], penalties[:-1]) == pytest.approx(10**0.5, rel=0.06), "half a power of ten apart"


def test_where_all_labels_are_one_so_is_every_prediction() -> None:
    features = csr_matrix(np.eye(3))
    split = FloorSplit(features, ["b"] * 3, [1] * 3)
    assert (
        CLASSES.linear(("C", 1.0), split, split, LabelSpace(("a", "b")), "accuracy").predict(features, [1] * 3)
        == ["b"] * 3
    )


def test_the_linear_model_has_a_probability_of_every_class_of_the_label_space() -> None:
    """In index order; also of one that none of the rows used has, and where all rows have one class."""
    space = LabelSpace(("a", "b", "c"))
    labels = ["a", "c"] * 10
    features = csr_matrix(np.eye(2)[[int(label == "c") for label in labels]])
    split = FloorSplit(features, labels, [1] * 20)
    model = CLASSES.linear(("C", 30.0), split, split, space, "accuracy")
    assert model.likely is not None
    likely = model.likely(features)
    assert likely.dtype == np.float32
    assert likely.sum(1) == pytest.approx(np.ones(20))
    assert (likely[:, 1] == 0).all()
    assert [space.names[i] for i in likely.argmax(1)] == labels
    single = FloorSplit(features, ["b"] * 20, [1] * 20)
    alone = CLASSES.linear(("C", 1.0), single, single, space, "accuracy")
    assert alone.likely is not None
    assert alone.likely(features).tolist() == [[0, 1, 0]] * 20
