"""Which layers are distinguished, and what an interval is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, t

from unfreeze.judging.spread import margins
from unfreeze.probes.noise import Probed, finding, judged
from unfreeze.records.layer_scores import LayerScores
from unfreeze.tasks.kinds import TASKS, Task
from unfreeze.tasks.metrics import item_statistics, measure_of, score

ABOUT = LayerScores("q", 1, "data", "classification", "accuracy", "tiny", 10, 10, (), 0, "", 0.0, 0.0)
ITEMS = 400
ACCURACY = measure_of(TASKS["classification"])


def probed(layer: int, right: np.ndarray, dev: float, resamples: tuple[float, ...] = (0.5,)) -> Probed:
    """A probe that is right on these items."""
    statistics = np.stack([right.astype(float), np.ones(len(right))], 1)
    tried = ((1.0, dev - 0.1), (0.1, dev))
    return Probed(layer, tried, 1, {"accuracy": right.mean()}, statistics, resamples, True)


def answers(share: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(ITEMS) < share * ITEMS


def judge(*layers: Probed, task: Task = TASKS["classification"]) -> LayerScores:
    return judged(layers, measure_of(task), ABOUT)


def test_the_layer_is_chosen_on_dev_and_scored_on_test() -> None:
    scores = judge(probed(0, answers(0.9), 0.7), probed(1, answers(0.8, 1), 0.8), probed(2, answers(0.8, 2), 0.8))
    assert scores.chosen == 1
    assert [one.test for one in scores.layers] == [0.9, 0.8, 0.8]
    assert [one.dev for one in scores.layers] == [0.7, 0.8, 0.8]
    assert scores.layers[0].behind == pytest.approx(-0.1)
    assert [one.within_noise for one in scores.layers] == [False, True, True]
    assert (scores.layers[1].behind, scores.layers[1].behind_ci95) == (0.0, (0.0, 0.0))
    assert scores.layers[0].l2 == 0.1


def test_items_alone_give_the_interval_of_a_binomial() -> None:
    (one,) = judge(probed(0, answers(0.8), 0.8)).layers
    half = 1.96 * np.sqrt(0.8 * 0.2 / ITEMS)
    assert np.array(one.ci95) == pytest.approx([0.8 - half, 0.8 + half], abs=0.005)


def test_variances_of_items_and_training_rows_add() -> None:
    """Each part with its quantile: that of t with two degrees of freedom for three resamples."""
    resamples = (0.70, 0.74, 0.78)
    (alone,) = judge(probed(0, answers(0.8), 0.8)).layers
    (both,) = judge(probed(0, answers(0.8), 0.8, resamples)).layers
    for end, wider in zip(alone.ci95, both.ci95, strict=True):
        items, rows = ((end - 0.8) / norm.ppf(0.975)) ** 2, 0.04**2
        quantile = (norm.ppf(0.975) * items + t.ppf(0.975, 2) * rows) / (items + rows)
        assert abs(wider - 0.8) == pytest.approx(quantile * np.sqrt(items + rows))


@pytest.mark.parametrize(("resamples", "error"), [(2, 0.05), (5, 0.05), (5, 0.05 / 12)])
@pytest.mark.parametrize("items", [0.0, 0.3, 1.0, 3.0, 30.0])
def test_an_interval_of_one_pair_misses_as_often_as_it_says(items: float, resamples: int, error: float) -> None:
    """Whether training rows rule (items at 0 or 0.3 of their spread) or items do; where both matter it may be wide.

    100,000 comparisons: the share that is missed has a standard deviation of 1.4 % of 0.05, 5 % of the smaller one.
    """
    rng = np.random.default_rng(0)
    off = rng.normal(size=100_000) * np.hypot(1, items)
    spread = rng.normal(size=(100_000, resamples)).std(1, ddof=1)
    missed = float((np.abs(off) > margins(items**2, spread**2, resamples - 1, error)).mean())
    assert missed < 1.15 * error
    if items in (0.0, 30.0):
        assert missed > 0.85 * error


def test_layers_are_compared_on_the_same_items_and_the_same_training_rows() -> None:
    """A gap that is the same in every resample is certain, however much both scores move."""
    right = answers(0.7)
    better = right | (answers(0.9, 3) & answers(0.9, 4))
    first, second = (0.6, 0.7, 0.8), (0.7, 0.8, 0.9)
    low, high = judge(probed(0, right, 0.7, first), probed(1, better, 0.9, second)).layers
    assert high.ci95[0] < low.ci95[1]
    assert not low.within_noise
    assert low.behind_ci95[0] > 0
    moved = judge(probed(0, right, 0.7, (0.8, 0.7, 0.6)), probed(1, better, 0.9, second)).layers[0]
    assert moved.within_noise


def test_what_tuning_adds_is_paired() -> None:
    """The same items and the same training rows before and after, whatever the other layers do."""
    before, after = answers(0.7), answers(0.7) | answers(0.2, 3)
    first, second = probed(0, before, 0.7, (0.6, 0.8)), probed(0, after, 0.8, (0.65, 0.85))
    scores = judged([second, probed(1, before, 0.1, (0.7, 0.5))], ACCURACY, ABOUT, [first, first])
    gain, low, high = scores.layers[0].gain or (0.0, 0.0, 0.0)
    gap = after.astype(float) - before
    assert gain == pytest.approx(gap.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * gap.std() / np.sqrt(ITEMS), rel=0.06)
    one, *_ = judged([second], ACCURACY, ABOUT).layers
    assert one.gain is None
    assert np.array(one.ci95) == pytest.approx(scores.layers[0].ci95)
    assert scores.layers[1].gain is not None
    spread = np.std([0.7 - 0.6, 0.5 - 0.8], ddof=1)  # the training rows alone
    assert np.array(scores.layers[1].gain[1:]) == pytest.approx(np.array([-1, 1]) * t.ppf(0.975, 1) * spread)


def test_what_tuning_adds_to_all_layers_at_once_has_wider_intervals() -> None:
    """Bonferroni: of four layers each may miss in one case of eighty."""
    before, after = probed(0, answers(0.7), 0.7), probed(0, answers(0.7) | answers(0.2, 3), 0.8)
    (alone,) = judged([after], ACCURACY, ABOUT, [before]).layers
    assert alone.gain is not None
    assert alone.gain_together == pytest.approx(alone.gain[1:])
    four = judged([after] * 4, ACCURACY, ABOUT, [before] * 4).layers
    for one in four:
        assert one.gain == alone.gain
        wider = norm.ppf(1 - 0.05 / 8) / norm.ppf(0.975)
        assert np.array(one.gain_together) - alone.gain[0] == pytest.approx(
            wider * (np.array(alone.gain[1:]) - alone.gain[0])
        )
    (untuned,) = judge(after).layers
    assert untuned.gain_together is None


def test_intervals_stay_on_the_scale() -> None:
    (one,) = judge(probed(0, answers(1.0), 1.0, (0.8, 1.0))).layers
    assert one.ci95[1] == 1.0


def test_scores_of_regression_are_correlations() -> None:
    rng = np.random.default_rng(0)
    gold = rng.normal(size=80)
    said = gold + rng.normal(size=80)
    task = TASKS["regression"]
    one = replace(probed(0, answers(0.5), 0.5), statistics=item_statistics(task, gold, said))
    (layer,) = judge(one, task=task).layers
    assert layer.test == pytest.approx(score(task, gold, said)["pearson"])
    assert layer.ci95[0] < layer.test < layer.ci95[1]


def test_the_finding_tells_what_there_is_to_tell() -> None:
    alone = judge(probed(0, answers(0.8), 0.8)).finding
    assert alone.startswith("A linear probe on the encoder's one layer reaches 80.0 accuracy on test (")
    three = judge(probed(0, answers(0.5), 0.5), probed(1, answers(0.79, 1), 0.7), probed(2, answers(0.8), 0.8))
    assert "Layer 2 has the best linear probe on dev: 80.0 accuracy" in three.finding
    assert "Layer 1 cannot be told from it." in three.finding
    assert "Over layer 0, the embeddings, it gains +30.0 points [" in three.finding
    worse = judge(probed(0, answers(0.9), 0.5), probed(1, answers(0.5), 0.8)).finding
    assert "Layer 0, not chosen on dev, is better on test." in worse
    lowest = judge(probed(0, answers(0.9), 0.9), probed(1, answers(0.5), 0.5)).finding
    assert "embeddings" not in lowest
    several = judge(*(probed(i, answers(0.9), 0.9) for i in range(4)))
    assert "Layers 1, 2 and 3 cannot be told from it." in finding(several)
