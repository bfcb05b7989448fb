"""Log-loss and Brier score of each item as scikit-learn has them, clipped."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.targets.likelihoods import LEAST, of_each_name, of_one_name

RNG = np.random.default_rng(3)
NAMES = ("a", "b", "c")


def test_classes_cost_what_scikit_learn_says() -> None:
    likely, gold = RNG.dirichlet(np.ones(3), 40), RNG.integers(3, size=40)
    losses = of_one_name(likely, gold)
    assert losses.shape == (40, 2)
    assert losses[:, 0].mean() == pytest.approx(log_loss(gold, likely, labels=[0, 1, 2]))
    assert losses[:, 1].mean() == pytest.approx(brier_score_loss(gold, likely, labels=[0, 1, 2], scale_by_half=False))


def test_labels_one_by_one_cost_the_mean_over_them_of_what_scikit_learn_says() -> None:
    likely, gold = RNG.random((40, 3)), RNG.random((40, 3)) < 0.4
    losses = of_each_name(likely, gold)
    columns = range(3)
    expected = [log_loss(gold[:, c], likely[:, c], labels=[False, True]) for c in columns]
    assert losses[:, 0].mean() == pytest.approx(np.mean(expected))
    assert losses[:, 1].mean() == pytest.approx(np.mean([brier_score_loss(gold[:, c], likely[:, c]) for c in columns]))


def test_what_is_certain_and_wrong_costs_what_the_least_probability_does() -> None:
    most = -math.log(LEAST)
    certain = np.array([[1.0, 0.0, 0.0]], np.float32)
    assert of_one_name(certain, np.array([1])) == pytest.approx(np.array([[most, 2.0]]))
    assert of_one_name(certain, np.array([0])) == pytest.approx(np.array([[LEAST, 0.0]]), abs=1e-9)
    wrong = of_each_name(certain, np.array([[False, True, False]]))
    assert wrong == pytest.approx(np.array([[(2 * most + LEAST) / 3, 2 / 3]]))


def test_each_kind_of_answer_finds_the_column_of_its_label() -> None:
    likely = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]], np.float32)
    classes = TASKS["classification"].target.item_losses(["a", "c"], likely, NAMES)
    assert classes[:, 0] == pytest.approx(-np.log([0.7, 0.3]))
    sets = TASKS["multilabel-classification"].target.item_losses([("a", "c"), ()], likely, NAMES)
    assert sets[:, 0] == pytest.approx(-np.log([[0.7, 0.8, 0.1], [0.9, 0.4, 0.7]]).mean(1))
    unknown = TASKS["multilabel-classification"].target.item_losses([("a", "c", "new"), ()], likely, NAMES)
    assert np.array_equal(unknown, sets)


@pytest.mark.parametrize("kind", ["tagging", "pair-regression"])
def test_kinds_without_probabilities_have_no_such_losses(kind: str) -> None:
    with pytest.raises(ValueError, match="no probabilities"):
        TASKS[kind].target.item_losses([0.5], np.ones((1, 1), np.float32), ())
