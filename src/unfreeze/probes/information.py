"""Mutual information of vectors and labels: nearest neighbours (Ross 2014, PLoS ONE 9(2)), in bits.

An item's distance to its k-th nearest neighbour of the same label, and how many items of any label lie within it,
tell how much denser its label is there than the rest. Distances say little in hundreds of dimensions, so vectors are
first brought to their main directions; what these tell of the label is at most what the whole vector tells.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import digamma

from unfreeze.judging.stats import Interval

DIRECTIONS, NEIGHBOURS = 10, 3
HALVES = 40  # half-samples for the interval
SHUFFLES = 40
MOST = 2_000  # items; the distances of all pairs are held
_Z95 = 1.96
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def main_directions(states: Floats, directions: int = DIRECTIONS) -> Floats:
    """(N, D) to (N, at most `directions`): principal components of the centred vectors."""
    centred = states - states.mean(0)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    reduced: Floats = left[:, :directions] * spread[:directions]
    return reduced


def mutual_information(states: Floats, labels: Ints, neighbours: int = NEIGHBOURS) -> float:
    """Bits that vectors (N, D) tell of labels (N,): 0 or more, at most about the labels' entropy.

    Labels with fewer than two items are left out.
    """
    return _information(_distances(states), labels, neighbours)


def _distances(states: Floats) -> Floats:
    """(N, N) Euclidean ones, an item infinitely far from itself."""
    square = (states**2).sum(1)
    far: Floats = np.sqrt(np.maximum(square[:, None] + square - 2 * states @ states.T, 0))
    np.fill_diagonal(far, np.inf)
    return far


def _information(far: Floats, labels: Ints, neighbours: int = NEIGHBOURS) -> float:
    counts = np.bincount(labels)
    kept = np.flatnonzero(counts[labels] > 1)
    if len(kept) < len(labels):
        far, labels = far[np.ix_(kept, kept)], labels[kept]
    if len(np.unique(labels)) < 2:
        return 0.0
    size = counts[labels]
    nearest = np.minimum(neighbours, size - 1)
    same = np.where(labels[:, None] == labels, far, np.inf)
    most = int(nearest.max())
    ranked = np.sort(np.partition(same, most - 1, axis=1)[:, :most], axis=1)
    reach = ranked[np.arange(len(labels)), nearest - 1]
    within = (far <= reach[:, None]).sum(1)
    nats = digamma(len(labels)) + digamma(nearest).mean() - digamma(size).mean() - digamma(within).mean()
    return max(0.0, float(nats / np.log(2)))


def information(states: Floats, labels: Ints, seed: int = 0) -> tuple[Interval, float]:
    """The information of vectors (N, D) with its 95 % interval, and what shuffled labels reach once in twenty times.

    The interval is of the delete-half jackknife (Shao & Wu 1989): items must not be drawn twice, since a copy would be
    its own neighbour. More than `MOST` items are thinned at random.
    """
    rng = np.random.default_rng(seed)
    if len(labels) > MOST:
        some = rng.choice(len(labels), MOST, replace=False)
        states, labels = states[some], labels[some]
    far = _distances(main_directions(states))
    value = _information(far, labels)
    halves = []
    for _ in range(HALVES):
        some = rng.choice(len(labels), len(labels) // 2, replace=False)
        halves.append(_information(far[np.ix_(some, some)], labels[some]))
    spread = _Z95 * float(np.std(halves, ddof=1))
    chance = [_information(far, rng.permutation(labels)) for _ in range(SHUFFLES)]
    return Interval(value, max(0.0, value - spread), value + spread), float(np.quantile(chance, 0.95))
