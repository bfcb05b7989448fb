"""The features that probes are fitted on, and the directions in which they vary."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

WIDEST = 1024  # features up to here get all their axes; the time for them grows with the cube
_ROWS = 8  # rows a feature: enough to see the axes by
_LEAST_REST = 1e-4  # of standardised features, whose mean square is 1: an estimate of 0 is never quite true


@dataclass(frozen=True)
class Design:
    """Rows of features with a last one that is always 1, whose weight is the bias.

    The axes make a solver quick (`convex.fit`) and change no solution: features of neighbouring units go together, and
    along its principal axes the loss of a linear model bends by the variance there.

    Attributes:
        rows: (N, D + 1).
        axes: (D + 1, A) orthonormal columns, the last one the bias.
        variance: (A,) mean square of the rows along each axis.
        rest: mean square in the directions that are not an axis; None where there is no such direction.
    """

    rows: Tensor
    axes: Tensor
    variance: Tensor
    rest: float | None


def design(features: Tensor) -> Design:
    """The design of features (N, D); standardised ones make the axes those of the correlations."""
    count, width = features.shape
    rows = torch.cat([features, features.new_ones(count, 1)], 1)
    axes, variance = _axes(features)
    rest = None
    if axes.shape[1] < width:
        total = float(features.square().sum(dtype=torch.float64)) / count
        rest = max(_LEAST_REST, (total - float(variance.sum())) / (width - axes.shape[1]))
    framed = torch.nn.functional.pad(axes, (0, 1, 0, 1))
    framed[-1, -1] = 1.0
    return Design(rows, framed, torch.cat([variance, variance.new_ones(1)]), rest)


def _axes(features: Tensor) -> tuple[Tensor, Tensor]:
    """Principal axes (D, A) with the mean squares (A,) along them."""
    count, width = features.shape
    seen = _spread(features, _ROWS * width if width <= WIDEST else WIDEST)
    if width <= WIDEST:
        variance, axes = torch.linalg.eigh(seen.T @ seen / len(seen))
        return axes, variance.clamp(min=0)
    # Too wide for a quick decomposition of the covariance: the axes of some rows, from what these have in common. Of
    # the axes of fewer rows than there are features, the smaller half say more about the rows than about the features.
    variance, common = torch.linalg.eigh(seen @ seen.T / len(seen))
    kept = variance > 1e-5 * variance[-1]
    if len(seen) < count:
        kept[: len(seen) // 2] = False
    variance, common = variance[kept], common[:, kept]
    return seen.T @ common / (variance * len(seen)).sqrt(), variance


def _spread(features: Tensor, most: int) -> Tensor:
    """At most `most` rows, evenly spread."""
    if len(features) <= most:
        return features
    return features[torch.linspace(0, len(features) - 1, most, device=features.device).round().long()]
