"""How sure the scores of the layers are, and which layers cannot be told from the best one. No torch here.

The layer is chosen on dev and judged on test, so its test score is not the luckiest of many. An interval allows for
other test items (bootstrap, all layers on the same resamples) and for other training rows (the spread between probes on
resampled training rows), which are independent: their variances add, on each side of the score. A spread of R probes is
itself uncertain, so its part counts with the quantile of t with R - 1 degrees of freedom (2.8 for five, 12.7 for two),
the part of the items with that of the normal distribution (1.96). The gap between two layers, or of one layer before
and after tuning, is judged in the same way: both lose or gain the same items, and both are fitted on the same training
rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from unfreeze.judging.spread import ERROR, Floats, margins
from unfreeze.judging.stats import LEVELS, resampled_items
from unfreeze.judging.wording import ends, points
from unfreeze.records.layer_scores import LayerScore, LayerScores
from unfreeze.tasks.measures import Measure
from unfreeze.tasks.metrics import metric_named

DRAWS = 2_000


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


def judged(
    probed: Sequence[Probed], measure: Measure, about: LayerScores, before: Sequence[Probed] | None = None
) -> LayerScores:
    """`about` with the layers' scores, the layer chosen on dev (of equal ones the lowest), and the finding.

    Args:
        measure: the main metric.
        before: probes of the same layers before tuning, on the same rows.
    """
    everyone = [*probed, *(before or ())]
    statistics = np.stack([one.statistics for one in everyone])
    test = measure.of(statistics)  # (layers,), after which those before tuning, as in the next two
    drawn = resampled_items(statistics, measure, DRAWS)  # (draws, layers)
    trained = np.array([one.resamples for one in everyone])  # (layers, resamples)

    def apart(a: int, b: int, error: float = ERROR) -> tuple[float, float, float]:
        gap = float(test[a] - test[b])
        return gap, *_interval(gap, drawn[:, a] - drawn[:, b], trained[a] - trained[b], error)

    count = len(probed)
    best = max(range(count), key=lambda i: probed[i].dev)
    layers = []
    for i, one in enumerate(probed):
        ci95 = _interval(float(test[i]), drawn[:, i], trained[i])
        behind, low, high = apart(best, i)
        layers.append(LayerScore(
            layer=one.layer, dev=one.dev, test=float(test[i]), ci95=(max(-1.0, ci95[0]), min(1.0, ci95[1])),
            resamples=one.resamples, l2=one.l2, tried=one.tried, metrics=dict(one.metrics), behind=behind,
            behind_ci95=(low, high), within_noise=low <= 0 <= high, settled=one.settled,
            gain=None if before is None else apart(i, count + i),
            gain_together=None if before is None else apart(i, count + i, ERROR / count)[1:],  # Bonferroni
        ))  # fmt: skip
    scores = replace(about, layers=tuple(layers), chosen=probed[best].layer)
    return replace(scores, finding=finding(scores))


def _interval(value: float, drawn: Floats, trained: Floats, error: float = ERROR) -> tuple[float, float]:
    """Interval that misses in a share `error` of cases, from a value's (draws,) over items and (resamples,) of rows."""
    low, high = np.percentile(drawn, LEVELS)
    sides = np.maximum(0, [value - low, high - value]) / ndtri(1 - ERROR / 2)
    spread = float(np.var(trained, ddof=1)) if len(trained) > 1 else 0.0
    below, above = margins(sides**2, spread, len(trained) - 1 or math.inf, error)
    return value - float(below), value + float(above)


def finding(scores: LayerScores) -> str:
    """Which layer to read, in a sentence or two."""
    chosen = scores.layers[scores.chosen]
    metric = metric_named(scores.metric).words
    reached = f"{100 * chosen.test:.1f} {metric} on test ({_between(*chosen.ci95)})"
    if len(scores.layers) == 1:
        return f"A linear probe on the encoder's one layer reaches {reached}."
    others = [one for one in scores.layers if one is not chosen]
    near = [one.layer for one in others if one.within_noise]
    above = [one.layer for one in others if one.behind_ci95[1] < 0]
    sentences = [f"Layer {chosen.layer} has the best linear probe on dev: {reached}."]
    if near:
        sentences.append(f"{_listed(near).capitalize()} cannot be told from it.")
    if above:
        sentences.append(f"{_listed(above).capitalize()}, not chosen on dev, {_are(above)} better on test.")
    if chosen.layer != 0:
        bottom = scores.layers[0]
        sentences.append(f"Over layer 0, the embeddings, it gains {points(bottom.behind)} {ends(*bottom.behind_ci95)}.")
    return " ".join(sentences)


def _are(layers: Sequence[int]) -> str:
    return "are" if len(layers) > 1 else "is"


def _between(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _listed(layers: Sequence[int]) -> str:
    """`layer 4`, or `layers 0, 1 and 3`."""
    *first, last = map(str, layers)
    return f"layers {', '.join(first)} and {last}" if first else f"layer {last}"
