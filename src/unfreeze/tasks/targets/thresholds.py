"""Above which probability a label counts as predicted, chosen on dev for micro-F1.

With calibrated probabilities one threshold for all labels is best for micro-F1 (Lipton, Elkan & Naryanaswamy 2014).
Where dev has enough positives of a label, its own threshold is then moved while the others stay (the cyclic
optimisation of Fan & Lin 2007); with few positives a threshold of its own would follow chance (Yang 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unfreeze.tasks.targets.sums import Floats

LEAST = 20
"""Positives on dev from which on a label has a threshold of its own."""
USUAL = 0.5

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Thresholds:
    """A threshold for each label (`values`, (C,)); `common` is that of the labels without one of their own."""

    values: Floats
    common: float


def best_thresholds(probabilities: Floats, gold: Bools) -> Thresholds:
    """Thresholds with the best micro-F1; of equally good ones the nearest to that of all labels, or to 0.5.

    Args:
        probabilities, gold: (items, C) of dev.
    """
    probabilities = np.asarray(probabilities, np.float64)
    if not gold.any():
        return Thresholds(np.full(gold.shape[1], USUAL), USUAL)
    common = _best(probabilities.ravel(), gold.ravel(), 0.0, 0.0, USUAL)
    values = np.full(gold.shape[1], common)
    said = probabilities >= values
    hits, units = (said & gold).sum(0).astype(float), (said.sum(0) + gold.sum(0)).astype(float)  # (C,) each
    positives = gold.sum(0)
    for c in np.argsort(-positives, kind="stable")[: int((positives >= LEAST).sum())].tolist():
        others = hits.sum() - hits[c], units.sum() - units[c]
        values[c] = _best(probabilities[:, c], gold[:, c], *others, common)
        chosen = probabilities[:, c] >= values[c]
        hits[c], units[c] = (chosen & gold[:, c]).sum(), chosen.sum() + positives[c]
    return Thresholds(values, common)


def _best(probabilities: Floats, gold: Bools, hits: float, units: float, near: float) -> float:
    """The threshold with the best F1 of these (items,) decisions and others, which have that many hits and units."""
    order = np.argsort(-probabilities, kind="stable")
    sorted_by = probabilities[order]
    cuts = np.append(np.flatnonzero(sorted_by[:-1] > sorted_by[1:]) + 1, len(order))  # decisions that are positive
    found = np.cumsum(gold[order])[cuts - 1]
    scores = 2 * (hits + found) / np.maximum(units + cuts + gold.sum(), 1)
    none = 2 * hits / max(units + gold.sum(), 1)
    below = np.append(sorted_by, 0.0)[cuts]
    middles = (sorted_by[cuts - 1] + below) / 2
    if none > scores.max():
        return (1.0 + float(sorted_by[0])) / 2
    best = middles[scores >= scores.max() - 1e-12]
    return float(best[np.argmin(np.abs(best - near))])


def as_sets(said: Bools, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The names of each row's positives, from (items, C)."""
    where = [np.flatnonzero(row).tolist() for row in said]
    return [tuple(names[i] for i in places) for places in where]


def as_rows(labels: Sequence[Sequence[str]], names: Sequence[str]) -> Bools:
    """(items, C) which of the names each label set has; others are passed over."""
    index = {name: i for i, name in enumerate(names)}
    rows = np.zeros((len(labels), len(names)), bool)
    for row, label in enumerate(labels):
        rows[row, [index[name] for name in label if name in index]] = True
    return rows
