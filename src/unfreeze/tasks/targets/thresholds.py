"""Above which probability a label counts as predicted, chosen on dev for the metric that judges.

With calibrated probabilities one threshold for all labels is best for micro-F1 (Lipton, Elkan & Naryanaswamy 2014).
Where dev has enough positives of a label, its own threshold is then moved while the others stay (the cyclic
optimisation of Fan & Lin 2007); with few positives a threshold of its own would follow chance (Yang 2001). Both steps
find the best of all thresholds: probabilities are sorted once, and an aim says what the metric is with the first k
decisions positive, for every k.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unfreeze.tasks.targets.sums import Floats, Ints

LEAST = 20
"""Positives on dev from which on a label has a threshold of its own."""
USUAL = 0.5

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Thresholds:
    """A threshold for each label (`values`, (C,)); `common` is that of the labels without one of their own."""

    values: Floats
    common: float


@dataclass(frozen=True)
class Aim:
    """A metric that thresholds are chosen for.

    Attributes:
        common: gold (items, C) and the order of all decisions by falling probability to the metric with the first k of
            them positive, (decisions + 1,).
        own: gold, what is said (items, C), a label with a positive and the order of its items to the same with the
            first k of these positive and all else as it is said, (items + 1,).
    """

    common: Callable[[Bools, Ints], Floats]
    own: Callable[[Bools, Bools, int, Ints], Floats]


def best_thresholds(probabilities: Floats, gold: Bools, metric: str | None = None) -> Thresholds:
    """Thresholds with the best value of a metric; of equally good ones the nearest to that of all labels, or to 0.5.

    Args:
        probabilities, gold: (items, C) of dev.
        metric: one of `AIMS`; another one, which does not depend on thresholds, gets those of micro-F1.
    """
    aim, probabilities = AIMS.get(metric or "", MICRO), np.asarray(probabilities, np.float64)
    if not gold.any():
        return Thresholds(np.full(gold.shape[1], USUAL), USUAL)
    order = np.argsort(-probabilities.ravel(), kind="stable")
    common = _best(probabilities.ravel()[order], aim.common(gold, order), USUAL)
    values, positives = np.full(gold.shape[1], common), gold.sum(0)
    for c in np.argsort(-positives, kind="stable")[: int((positives >= LEAST).sum())].tolist():
        order = np.argsort(-probabilities[:, c], kind="stable")
        values[c] = _best(probabilities[order, c], aim.own(gold, probabilities >= values, c, order), common)
    return Thresholds(values, common)


def _best(falling: Floats, scores: Floats, near: float) -> float:
    """The threshold of the best score.

    Args:
        falling: (decisions,) probabilities, sorted.
        scores: (decisions + 1,) with the first k of them positive.
        near: the threshold to which the nearest of equally good ones is taken.
    """
    cuts = np.append(np.flatnonzero(falling[:-1] > falling[1:]) + 1, len(falling))  # decisions that are positive
    at_cuts = scores[cuts]
    middles = (falling[cuts - 1] + np.append(falling, 0.0)[cuts]) / 2
    if scores[0] > at_cuts.max():
        return (1.0 + float(falling[0])) / 2
    best = middles[at_cuts >= at_cuts.max() - 1e-12]
    return float(best[np.argmin(np.abs(best - near))])


def _sums(values: npt.NDArray[np.generic]) -> Floats:
    """(k + 1,) sums of the first 0, 1, ... k values."""
    return np.append(0.0, np.cumsum(values, dtype=float))


def _f1(gold: Bools, hits: int = 0, units: int = 0) -> Floats:
    """F1 with the first k of these decisions positive, beside others with that many hits and units."""
    every = np.maximum(units + np.arange(len(gold) + 1) + gold.sum(), 1)
    scores: Floats = 2 * (hits + _sums(gold)) / every
    return scores


def _micro_own(gold: Bools, said: Bools, label: int, order: Ints) -> Floats:
    others = np.arange(gold.shape[1]) != label
    units = said[:, others].sum() + gold[:, others].sum()
    return _f1(gold[order, label], int((said & gold)[:, others].sum()), int(units))


def _macro(gold: Bools, order: Ints) -> Floats:
    """Each decision changes the F1 of one label; labels that are neither gold nor said do not count."""
    items, labels = gold.shape
    places = np.argsort(order % labels, kind="stable").reshape(labels, items)  # of each label's decisions in the order
    changes, new = np.zeros(gold.size), np.zeros(gold.size)
    for row in places:
        own = gold.ravel()[order[row]]
        changes[row] = np.diff(_f1(own))
        new[row[0]] = not own.any()
    scores: Floats = _sums(changes) / (gold.any(0).sum() + _sums(new))
    return scores


def _subset(gold: Bools, order: Ints) -> Floats:
    """An item is right from its last gold label on until its first other one."""
    place = np.argsort(order, kind="stable").reshape(gold.shape)  # of each decision in the order
    begins = np.where(gold, place, -1).max(1) + 1
    ends = np.where(gold, gold.size, place).min(1) + 1
    right, size = begins < ends, gold.size + 2
    at_once = np.bincount(begins[right], minlength=size) - np.bincount(ends[right], minlength=size)
    scores: Floats = np.cumsum(at_once)[: gold.size + 1] / len(gold)
    return scores


def _subset_own(gold: Bools, said: Bools, label: int, order: Ints) -> Floats:
    rest = np.delete(said == gold, label, axis=1).all(1)
    own, decisive = gold[order, label], rest[order]
    before = (decisive & ~own).sum()
    scores: Floats = (before + _sums(np.where(own, 1, -1) * decisive)) / len(gold)
    return scores


MICRO = Aim(lambda gold, order: _f1(gold.ravel()[order]), _micro_own)
AIMS: Mapping[str, Aim] = {
    "macro_f1": Aim(_macro, lambda gold, said, label, order: _f1(gold[order, label])),
    "subset_accuracy": Aim(_subset, _subset_own),
}
"""Metric to its aim; others go by micro-F1."""


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
