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

from unfreeze.judging.layer_words import finding
from unfreeze.judging.spread import ERROR, Floats, margins
from unfreeze.judging.stats import LEVELS, resampled_items
from unfreeze.records.layer_scores import LayerScore, LayerScores
from unfreeze.tasks.measures import Measure

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
