"""Thresholds: the best of all for one label, never worse than 0.5, of their own only with enough positives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from unfreeze.tasks.kinds import LABEL_SETS
from unfreeze.tasks.targets.thresholds import AIMS, LEAST, best_thresholds

METRICS = {
    "micro_f1": lambda gold, said: f1_score(gold, said, average="micro", zero_division=0),
    "macro_f1": lambda gold, said: _macro(gold, said),
    "subset_accuracy": accuracy_score,
}
EVERY = pytest.mark.parametrize("metric", METRICS)
tables = st.integers(0, 10_000)


def _drawn(seed: int, items: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    gold = draw.random((items, labels)) < draw.uniform(0.1, 0.7, labels)
    gold[0, 0] = True
    likely = np.clip(draw.normal(0.3 + 0.3 * gold, 0.2), 0.01, 0.99).round(2)  # with ties
    return likely, gold


def _macro(gold: np.ndarray, said: np.ndarray) -> float:
    """Over labels that are gold or said."""
    pairs = [(g, s) for g, s in zip(gold.T, said.T, strict=True) if g.any() or s.any()]
    return float(np.mean([f1_score(g, s, zero_division=0) for g, s in pairs]))


def test_every_metric_that_thresholds_move_is_aimed_at() -> None:
    judging = {m.name for m in LABEL_SETS.measures if m.measure is not None and not m.ranks}
    assert judging == set(METRICS) == {*AIMS, "micro_f1"}


@EVERY
@given(tables)
@settings(max_examples=30, deadline=None)
def test_with_few_positives_one_threshold_is_the_best_of_all(metric: str, seed: int) -> None:
    (likely, gold), of = _drawn(seed, 12, 3), METRICS[metric]
    gold[:, 2] &= seed % 3 > 0  # at times a label that no text has
    found = best_thresholds(likely, gold, metric)
    assert (found.values == found.common).all()
    every = [t for p in np.unique(likely) for t in (p, p + 1e-3)]
    assert of(gold, likely >= found.common) == pytest.approx(max(of(gold, likely >= t) for t in every))


@EVERY
@given(tables)
@settings(max_examples=15, deadline=None)
def test_a_threshold_of_its_own_is_the_best_beside_the_others(metric: str, seed: int) -> None:
    """One label has enough positives."""
    (likely, gold), of = _drawn(seed, 60, 3), METRICS[metric]
    gold[:, 1:] &= np.arange(60)[:, None] < LEAST - 1
    gold[: LEAST + 5, 0] = True
    found = best_thresholds(likely, gold, metric)
    assert (found.values[1:] == found.common).all()
    tried = [np.array([t, *found.values[1:]]) for p in np.unique(likely) for t in (p, p + 1e-3)]
    assert of(gold, likely >= found.values) == pytest.approx(max(of(gold, likely >= each) for each in tried))


@EVERY
@given(tables)
@settings(max_examples=15, deadline=None)
def test_thresholds_of_their_own_are_never_worse_and_few_positives_have_none(metric: str, seed: int) -> None:
    (likely, gold), of = _drawn(seed, 90, 4), METRICS[metric]
    found = best_thresholds(likely, gold, metric)
    assert of(gold, likely >= found.values) >= of(gold, likely >= found.common) - 1e-12
    assert (found.values == found.common)[gold.sum(0) < LEAST].all()


def test_metrics_disagree_about_thresholds() -> None:
    """Many texts have a common label that is easily told, few a rare one that is not."""
    draw = np.random.default_rng(1)
    gold = draw.random((400, 2)) < [0.5, 0.1]
    likely = np.clip(draw.normal(0.2 + gold * [0.6, 0.15], [0.3, 0.15]), 0.01, 0.99)
    values = {metric: best_thresholds(likely, gold, metric).values for metric in METRICS}
    for metric, of in METRICS.items():
        reached = {other: of(gold, likely >= each) for other, each in values.items()}
        assert max(reached.values()) == reached[metric]
    assert len({each.tobytes() for each in values.values()}) == 3
    np.testing.assert_array_equal(best_thresholds(likely, gold, "average_precision").values, values["micro_f1"])


def test_a_label_with_enough_positives_has_the_threshold_that_parts_it() -> None:
    gold = np.repeat([[True, True], [False, False]], LEAST, axis=0)
    likely = np.where(gold, [0.9, 0.3], [0.6, 0.1])
    found = best_thresholds(likely, gold)
    assert (likely >= found.values).tolist() == gold.tolist()


@pytest.mark.parametrize(("positives", "own"), [(LEAST - 1, False), (LEAST, True)])
def test_twenty_positives_are_enough(positives: int, own: bool) -> None:
    assert LEAST == 20
    gold = np.zeros((120, 2), bool)
    gold[:60, 0] = gold[:positives, 1] = True
    likely = np.where(gold, [0.9, 0.3], [0.6, 0.1])
    found = best_thresholds(likely, gold)
    assert (found.values[1] < 0.3) == own
    assert (found.values[1] == found.common) != own


def test_a_label_that_is_guessed_the_wrong_way_round_is_never_said() -> None:
    gold = np.zeros((2000, 2), bool)
    gold[:1000, 0] = gold[:LEAST, 1] = True
    likely = np.stack([np.where(gold[:, 0], 0.9, 0.1), np.where(gold[:, 1], 0.1, 0.8)], axis=1)
    found = best_thresholds(likely, gold)
    assert found.values[1] == pytest.approx(0.9)  # between the highest and 1
    assert ((likely >= found.values) == gold)[:, 0].all()


def test_of_equally_good_thresholds_the_middle_near_one_half_is_taken() -> None:
    found = best_thresholds(np.array([[0.9], [0.2]]), np.array([[True], [False]]))
    assert found.common == pytest.approx(0.55)


def test_without_a_positive_it_is_one_half() -> None:
    assert best_thresholds(np.full((3, 2), 0.4), np.zeros((3, 2), bool)).values.tolist() == [0.5, 0.5]
