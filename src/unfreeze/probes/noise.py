"""How sure the scores of the layers are, and which layers cannot be told from the best one. No torch here.

The layer is chosen on dev and judged on test, so its test score is not the luckiest of many. An interval allows for
other test items (bootstrap, all layers on the same resamples) and for other training rows (the spread between probes
on resampled training rows), which are independent: their variances add, on each side of the score. The gap between two
layers is judged in the same way: both lose or gain the same items, and both are fitted on the same training rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from unfreeze.amounts import points, signed
from unfreeze.analysis.stats import LEVELS, Floats, resampled_items
from unfreeze.experiment.layer_scores import LayerScore, LayerScores
from unfreeze.judge import METRIC_NAMES
from unfreeze.metrics import from_statistics
from unfreeze.tasks import Task

DRAWS = 2_000
_Z95 = 1.96


@dataclass(frozen=True)
class Probed:
    """What one layer's probe gave; see `LayerScore`.

    Attributes:
        chosen: the place in `tried` of the penalty that was best on dev.
        statistics: (test items, k), see `metrics.item_statistics`.
    """

    layer: int
    tried: tuple[tuple[float, float], ...]
    chosen: int
    metrics: Mapping[str, float]
    statistics: Floats
    resamples: tuple[float, ...]
    settled: bool

    @property
    def l2(self) -> float:
        """The penalty."""
        return self.tried[self.chosen][0]

    @property
    def dev(self) -> float:
        """The main metric on dev."""
        return self.tried[self.chosen][1]


def judged(probed: Sequence[Probed], task: Task, about: LayerScores) -> LayerScores:
    """`about` with the layers' scores, the layer chosen on dev (of equal ones the lowest), and the finding."""
    statistics = np.stack([one.statistics for one in probed])
    test = from_statistics(task, statistics.sum(1))  # (layers,)
    drawn = resampled_items(statistics, lambda sums: from_statistics(task, sums), DRAWS)  # (draws, layers)
    trained = np.array([one.resamples for one in probed])  # (layers, resamples)
    best = max(range(len(probed)), key=lambda i: probed[i].dev)
    layers = []
    for i, one in enumerate(probed):
        ci95 = _interval(float(test[i]), drawn[:, i], trained[i])
        gap = float(test[best] - test[i])
        behind = _interval(gap, drawn[:, best] - drawn[:, i], trained[best] - trained[i])
        layers.append(LayerScore(
            layer=one.layer, dev=one.dev, test=float(test[i]), ci95=(max(-1.0, ci95[0]), min(1.0, ci95[1])),
            resamples=one.resamples, l2=one.l2,
                tried=one.tried, metrics=dict(one.metrics), behind=gap, behind_ci95=behind,
            within_noise=behind[0] <= 0 <= behind[1], settled=one.settled,
        ))  # fmt: skip
    scores = replace(about, layers=tuple(layers), chosen=probed[best].layer)
    return replace(scores, finding=finding(scores))


def _interval(value: float, drawn: Floats, trained: Floats) -> tuple[float, float]:
    """95 % interval of a value: both ends of that over items, moved out by the spread over training rows."""
    low, high = np.percentile(drawn, LEVELS)
    spread = _Z95 * float(np.std(trained, ddof=1)) if len(trained) > 1 else 0.0
    return value - math.hypot(max(0.0, value - low), spread), value + math.hypot(max(0.0, high - value), spread)


def finding(scores: LayerScores) -> str:
    """Which layer to read, in a sentence or two."""
    chosen = scores.layers[scores.chosen]
    metric = METRIC_NAMES.get(scores.metric, scores.metric)
    reached = f"{100 * chosen.test:.1f} {metric} on test ({_between(*chosen.ci95)})"
    if len(scores.layers) == 1:
        return f"A linear probe on the encoder's one layer reaches {reached}."
    others = [one for one in scores.layers if one is not chosen]
    near = [one.layer for one in others if one.within_noise]
    above = [one.layer for one in others if one.behind_ci95[1] < 0]
    sentences = [f"Of all layers, {chosen.layer} has the best linear probe on dev: {reached}."]
    if near:
        sentences.append(f"Not to be told from it: {_listed(near)}.")
    if above:
        sentences.append(f"Better than it on test: {_listed(above)}.")
    if chosen.layer != 0:
        low, high = (signed(end) for end in scores.layers[0].behind_ci95)
        sentences.append(f"Over layer 0, the embeddings, it gains {points(scores.layers[0].behind)} [{low}, {high}].")
    return " ".join(sentences)


def _between(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _listed(layers: Sequence[int]) -> str:
    """`layer 4`, or `layers 0, 1 and 3`."""
    *first, last = map(str, layers)
    return f"layers {', '.join(first)} and {last}" if first else f"layer {last}"
