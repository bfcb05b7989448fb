"""Scores: what counts as a number, the range of train, and the linear model of the floor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import SCORES
from unfreeze.tasks.targets.scores import number
from unfreeze.tasks.targets.target import FloorSplit


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), (" -2.5 ", -2.5), ("1e3", 1000.0), ("1_5", None), ("", None), ("a", None), ("nan", None),
     ("inf", None), ("1,5", None)],
)  # fmt: skip
def test_a_number_is_what_people_call_one_and_finite(text: str, value: float | None) -> None:
    assert number(text) == value


def test_labels_become_numbers_and_others_are_refused_where_they_stand() -> None:
    rows = (Example("a:1", "x", label="1.5"), Example("a:2", "y", label="2"))
    assert [example.label for example in SCORES.typed(rows)] == [1.5, 2.0]
    with pytest.raises(InputError, match="a:3: score 'good' is not a finite number; fix it, or give --task"):
        SCORES.typed((*rows, Example("a:3", "z", label="good")))


def test_a_label_space_is_the_range_of_train() -> None:
    rows = [Example(f"a:{number}", "x", label=score) for number, score in enumerate((2.0, 0.5, 4.0), start=1)]
    assert SCORES.space(rows) == LabelSpace(low=0.5, high=4.0)
    assert SCORES.size_in_words(SCORES.space(rows)) == "scores from 0.5 to 4 in train"
    with pytest.raises(InputError, match="a:1: every training score is 2; there is nothing to learn"):
        SCORES.space([rows[0], rows[0]])


def test_what_scores_say_of_themselves() -> None:
    assert SCORES.one_answer([2.0, 2.0], None) == "every score is 2"
    assert SCORES.one_answer(["a", "a"], None) == "every row has the label 'a'"
    assert SCORES.one_answer([2.0, 3.0], None) is None
    assert SCORES.one_answer([], None) is None
    assert SCORES.single_problem() == "has 1 item, and a correlation needs two"
    assert SCORES.answer("1") == SCORES.answer(1.0) == 1.0
    assert SCORES.strata([3.0, 1.0]).tolist() == [0, 0]
    assert SCORES.several({}, None)
    assert not SCORES.counted
    assert SCORES.counts([1.0], None) == {}
    assert SCORES.majority({}, 3) is None
    assert (SCORES.cell(1.0), SCORES.shown(1.0), SCORES.shown(1.26, ".1f")) == ("1.0000", "1.00", "1.3")
    assert SCORES.answers([1.0, 2.0, math.nan, math.inf]) == [1.0, 2.0, 0.0, 0.0]
    assert SCORES.varies_by_rounding([1.0, 2.0, 3.0], [2.0, 2.0005, 2.0])
    assert not SCORES.varies_by_rounding([1.0, 2.0, 3.0], [2.0, 2.01, 2.0])


def test_an_error_is_the_distance_from_gold() -> None:
    errors = [SCORES.item_error(*pair, None) for pair in ((1.0, 3.0), (3.0, 1), (2, 2.0))]
    assert errors == [2, 2, 0]
    assert SCORES.how_wrong(errors) == "mean distance from gold 1.33"
    with pytest.raises(TypeError, match="a score task has the label 'a'"):
        SCORES.item_error("a", 1.0, None)


@pytest.mark.parametrize(
    ("label", "gold", "fits"),
    [(1.0, True, True), (1, True, True), ("1", False, False), (None, True, False), (float("inf"), True, False),
     (float("inf"), False, True), (float("nan"), True, False)],
)  # fmt: skip
def test_scores_that_were_read_back_are_numbers_and_gold_ones_finite(label: Any, gold: bool, fits: bool) -> None:
    problem = SCORES.label_problem(label, Example("a:1", "x"), frozenset(), gold)
    assert problem is None if fits else str(problem).endswith("is not a score")


def test_scores_have_no_scheme() -> None:
    assert SCORES.space_problem(LabelSpace(low=0, high=1), "regression") is None
    assert SCORES.space_problem(LabelSpace(scheme="BIO"), "regression") == "the tagging scheme 'BIO' for regression"


def test_a_prediction_varies_if_only_a_little() -> None:
    """A ten-thousandth of the distance to the mean counts; what is left of a constant after rounding does not."""
    gold = [1.0, 2.0, 3.0, 4.0]
    near = [1000 + score / 10 for score in gold]
    assert SCORES.metrics(gold, near, (), None)["pearson"] == pytest.approx(1)
    rounded = [0.1 + 0.2, 0.3, 0.1 + 0.2, 0.3]
    assert SCORES.metrics(gold, rounded, (), None)["pearson"] == 0


def test_of_negated_scores_the_correlation_is_minus_one() -> None:
    gold = [1.0, 2.0, 4.0]
    metrics = SCORES.metrics(gold, [-score for score in gold], (), None)
    assert (metrics["pearson"], metrics["spearman"]) == (pytest.approx(-1), pytest.approx(-1))
    assert metrics["mse"] == pytest.approx(28)


def test_the_linear_model_is_ridge_regression_with_the_penalty_that_is_named() -> None:
    made = np.random.default_rng(0)
    features, labels = csr_matrix(made.random((20, 4))), made.random(20).tolist()
    split = FloorSplit(features, labels, [1] * 20)
    names, penalties = zip(*SCORES.penalties(), strict=True)
    assert set(names) == {"alpha"}
    assert np.divide(penalties[:-1], penalties[1:]) == pytest.approx(10**0.5, rel=0.06), "half a power of ten apart"
    for alpha in (penalties[0], penalties[-1]):
        model = SCORES.linear(("alpha", alpha), split, split, LabelSpace(low=0, high=1), "pearson")
        expected = Ridge(alpha=alpha).fit(features, labels).predict(features)
        assert model.predict(features, split.counts) == pytest.approx(expected.tolist())
        assert model.chosen == {"alpha": alpha}
