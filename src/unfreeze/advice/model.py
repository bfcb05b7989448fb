"""A small linear model of how much fine-tuning gains over feature extraction, with what it does not know.

Bayesian linear regression on a few signals (Bishop 2006, 3.3; hyperparameters as in MacKay 1992), made from comparisons
that `benchmarks/advice.py` ran. Its uncertainty is not the regression's own alone: that would take the sets it was made
from for all there are. The spread of a forecast is widened to what it missed by on sets that it had not seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unfreeze.advice.signals import Signals

Floats = npt.NDArray[np.float64]


def terms_of(signals: Signals) -> dict[str, float]:
    """What the model reads, by name; scores in points."""
    rows = math.log2(signals.rows)
    used, score = signals.probes[-1]
    before = signals.probes[-2][1]
    left = 100 * (1 - score)
    return {
        "log rows": rows,
        "log rows per answer": math.log2(signals.rows / signals.answers),
        "left above the probe": left,
        "probe above a constant": 100 * (score - signals.constant),
        "probe above words": 100 * (score - signals.words),
        "growth of the probe with rows": 100 * (score - before),
        "best layer above the top": 100 * (score - signals.top),
        "log parameters": math.log2(signals.parameters),
        "distance": signals.distance,
        "rows beyond the probe's": rows - math.log2(used),
        "pair": float(signals.kind.startswith("pair")),
        "tags": float(signals.kind == "tagging"),
        "scores": float("regression" in signals.kind),
    }


@dataclass(frozen=True)
class Model:
    """The model as it is kept.

    Attributes:
        names: of the terms that it reads.
        centre, scale: of each term.
        weights: of each standardised term, points; `intercept` too.
        covariance: (terms, terms) of the weights.
        noise: standard deviation of what the terms do not say, points, on sets that the model had not seen.
        made_from: numbers of comparisons, sets and encoders.
        missed: by how much forecasts for a set missed, mean of absolute values, without that set; points.
    """

    names: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    covariance: tuple[tuple[float, ...], ...]
    noise: float
    made_from: Mapping[str, int]
    missed: float

    def forecast(self, signals: Signals) -> tuple[float, float]:
        """Expected gain of fine-tuning over feature extraction, and its standard deviation, points."""
        found = terms_of(signals)
        values = np.array([found[name] for name in self.names])
        row = (values - np.array(self.centre)) / np.array(self.scale)
        spread = float(row @ np.array(self.covariance) @ row) + self.noise**2
        return float(row @ np.array(self.weights)) + self.intercept, math.sqrt(spread)
