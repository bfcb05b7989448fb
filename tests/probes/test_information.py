"""What a linear probe reads: against known information, scikit-learn, and maps that must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression, Ridge

from unfreeze.judging.spread import Floats
from unfreeze.probes.information import (
    FOLDS,
    PENALTIES,
    Ints,
    _calibrated,
    _folds,
    _held_out,
    _scores,
    interval_of,
    item_information,
    whitened,
)


def known_bits(shift: float) -> float:
    """Of two equally likely normal distributions with spread 1, `shift` apart, by numerical integration."""

    def part(x: float) -> float:
        p, q = norm.pdf(x), norm.pdf(x - shift)
        return float(p * np.log2(2 * p / (p + q))) if p > 0 else 0.0

    return float(quad(part, -12, 12 + shift)[0])


def two_classes(shift: float, width: int, count: int, seed: int = 0) -> tuple[Floats, Ints]:
    """Normal noise in `width` directions, the means apart in the first four together (or in the only one)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=count)
    states = rng.normal(size=(count, width))
    spread = min(4, width)
    states[:, :spread] += shift * labels[:, None] / np.sqrt(spread)
    return states, labels


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0, 4.0, 20.0])
@pytest.mark.parametrize("width", [1, 4])
def test_known_information(shift: float, width: int) -> None:
    bits = item_information(*two_classes(shift, width, 1500))
    assert bits.mean() == pytest.approx(known_bits(shift), abs=0.04)


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_classes_far_apart_are_read_whole(classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=900)
    bits = item_information(rng.normal(size=(900, 10)) + 100 * np.eye(10)[labels], labels)
    assert bits.mean() == pytest.approx(np.log2(classes), abs=0.03)


@pytest.mark.parametrize("width", [2, 60, 150])
def test_labels_that_say_nothing_are_not_read(width: int) -> None:
    """Even with as many directions as items, where each item's own label draws scores away from it."""
    means = [item_information(*two_classes(0.0, width, 150, seed)).mean() for seed in range(6)]
    assert -0.06 < np.mean(means) < 0.01


def test_of_many_directions_less_is_read_and_never_clearly_more_than_there_is() -> None:
    read = [item_information(*two_classes(2.0, width, 300)).mean() for width in (4, 40, 120)]
    assert known_bits(2.0) + 0.06 > read[0] > read[1] > read[2] > 0.05


def test_an_invertible_linear_map_changes_nothing() -> None:
    """Neither what is read of an item, nor the gain: of directions made longer, and of all directions mixed."""
    states, labels = two_classes(2.0, 30, 400)
    states /= np.sqrt(np.arange(1, 31))
    longer = states * np.where(np.arange(30) < 4, 8, 1)
    mixed = states @ np.random.default_rng(1).normal(size=(30, 30)) + 5
    for others in (False, True):
        before, *after = (
            item_information(x[:200], labels[:200], (x[200:], labels[200:]) if others else None)
            for x in (states, longer, mixed)
        )
        assert before.mean() > 0.1
        for bits in after:
            assert bits == pytest.approx(before, abs=1e-3)
            assert abs(interval_of(bits - before).mean) < 1e-4


def test_a_true_gain_is_seen() -> None:
    """0.49 to 0.91 bits, on 100 items and 300 others in 64 directions: each time, whether the noise stays or not."""
    for seed in range(4):
        before, labels = two_classes(2.0, 64, 400, seed)
        same = before.copy()
        same[:, :4] += labels[:, None]
        fresh = np.random.default_rng(100 + seed).normal(size=before.shape)
        fresh[:, :4] += 2 * labels[:, None]
        first, *more = (item_information(x[:100], labels[:100], (x[100:], labels[100:])) for x in (before, same, fresh))
        assert all(interval_of(bits - first).lo > 0.02 for bits in more)


def test_other_items_help_where_there_are_many_directions() -> None:
    states, labels = two_classes(3.0, 100, 600)
    alone = item_information(states[:110], labels[:110])
    helped = item_information(states[:110], labels[:110], (states[110:], labels[110:]))
    assert alone.mean() < 0.1
    assert helped.mean() > 0.3
    labelled_at_random = np.random.default_rng(0).permutation(labels[110:])
    worse = item_information(states[:110], labels[:110], (states[110:], labelled_at_random))
    assert worse.mean() < helped.mean() - 0.05  # the distance of the means is then part of what is measured by


def test_whitened_vectors_have_covariance_one() -> None:
    rng = np.random.default_rng(0)
    states = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)) + 7
    assert np.cov(whitened(states).T, bias=True) == pytest.approx(np.eye(3), abs=1e-9)
    flat = np.column_stack([states, states.sum(1), np.full(50, 2.0)])  # two directions that say nothing new
    assert whitened(flat).shape == (50, 3)
    others, labels = rng.normal(size=(80, 3)), rng.integers(2, size=80)
    others[labels == 1] += 1000
    both = whitened(states, (others, labels))
    apart = others - np.array([others[labels == k].mean(0) for k in range(2)])[labels]
    centred = states - states.mean(0)
    measure = (centred.T @ centred + apart.T @ apart) / 130
    assert (both**2).sum(1) == pytest.approx((centred @ np.linalg.inv(measure) * centred).sum(1))


def test_scores_are_of_regressions_that_saw_neither_fold() -> None:
    vectors, labels = two_classes(1.0, 5, 60)
    folds, gold = _folds(labels, 0), np.eye(2)[labels]
    scores = _scores(vectors, gold, folds)
    assert scores.shape == (len(PENALTIES), FOLDS, 60, 2)
    for place, first, second in ((0, 0, 0), (1, 2, 7), (3, 7, 2), (2, 9, 8)):
        seen = (folds != first) & (folds != second)
        ridge = Ridge(alpha=PENALTIES[place] * seen.sum()).fit(vectors[seen], gold[seen])
        asked = folds == second
        assert scores[place, first, asked] == pytest.approx(ridge.predict(vectors[asked]))


def test_folds_have_as_many_items_of_each_label() -> None:
    labels = np.repeat([0, 1, 2], [40, 30, 11])
    counts = np.array([np.bincount(labels[_folds(labels, 3) == fold], minlength=3) for fold in range(FOLDS)])
    assert np.ptp(counts, axis=0).tolist() == [0, 0, 1]
    assert not np.array_equal(_folds(labels, 3), _folds(labels, 4))


def test_calibration_is_logistic_regression_whose_slope_is_not_negative() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=300)
    right = 0.3 * labels + rng.normal(size=300)
    gold, scores = np.eye(2)[labels], np.column_stack([-right, right])
    loss, settings = _calibrated(scores, gold, gold.mean(0))
    fitted = LogisticRegression(C=np.inf).fit(2 * right[:, None], labels)
    assert settings[0] == pytest.approx(fitted.coef_.item(), abs=0.01)
    assert settings[2] - settings[1] == pytest.approx(fitted.intercept_.item(), abs=0.01)
    assert loss == pytest.approx(-np.log(fitted.predict_proba(2 * right[:, None]))[np.arange(300), labels].mean())
    reversed_loss, reversed_settings = _calibrated(-scores, gold, gold.mean(0))
    assert reversed_settings[0] == 0
    assert reversed_loss == pytest.approx(-(gold.mean(0) * np.log(gold.mean(0))).sum())


def test_the_penalty_is_that_which_is_best_for_the_other_items() -> None:
    """Scores of the second penalty are right for the others; those of the first only for the items that are out."""
    gold = np.eye(2)[np.tile([0, 1], 50)]
    out = np.arange(100) < 10
    useful = gold + 0.3 * np.random.default_rng(0).normal(size=gold.shape)
    useless = np.where(out[:, None], gold, 0.5)
    assert _held_out(np.stack([useless, useful]), gold, out).mean() > np.log(0.5) + 0.4
    assert _held_out(np.stack([useless, useless]), gold, out) == pytest.approx(np.full(10, np.log(0.5)), abs=1e-6)


def test_what_is_sure_and_wrong_costs_a_bounded_number_of_bits() -> None:
    gold = np.eye(2)[np.tile([0, 1], 50)]
    out = np.arange(100) < 10
    wrong = np.where(out[:, None], 1 - gold, gold)
    assert _held_out(wrong[None], gold, out) == pytest.approx(np.full(10, np.log(0.5 / 90)), abs=1e-2)


def test_an_interval_allows_for_other_items_and_for_probes_fitted_on_others() -> None:
    bits = np.random.default_rng(0).normal(0.3, 0.8, 400)
    value = interval_of(bits)
    assert value.mean == pytest.approx(bits.mean())
    half = norm.ppf(0.975) * bits.std(ddof=1) / np.sqrt(400) * np.sqrt(1 + 10 / 9)
    assert [value.mean - value.lo, value.hi - value.mean] == pytest.approx([half, half])
    assert interval_of(bits[:1]) == (0, 0, 0)


def test_rare_labels_are_left_out() -> None:
    states, labels = two_classes(3.0, 3, 200)
    rare = np.concatenate([labels, np.full(FOLDS - 1, 7)])
    more = np.concatenate([states, np.zeros((FOLDS - 1, 3))])
    assert len(item_information(more, rare)) == 200
    enough = np.concatenate([labels, np.full(FOLDS, 7)])
    assert len(item_information(np.concatenate([states, np.zeros((FOLDS, 3))]), enough)) == 200 + FOLDS
    assert item_information(states, np.zeros(200, np.int64)).tolist() == [0.0] * 200
    assert len(item_information(states[:20], np.arange(20))) == 0


def test_bits_are_in_the_order_of_the_items() -> None:
    """Where one item has another's vector, it alone is misread."""
    states, labels = two_classes(20.0, 2, 200)
    states[17] = states[labels != labels[17]][0]
    bits = item_information(states, labels)
    assert bits.argmin() == 17
    assert np.delete(bits, 17).min() > 0.5
