"""How much of the labels a linear probe reads from vectors, in bits: a lower bound of their mutual information.

A probe that never saw an item says how likely each label is; the labels' entropy less the cross-entropy of what it says
is at most the mutual information of vectors and labels (Barber & Agakov 2003, NIPS 16), and with probes of one family
it is what that family can use (Xu et al. 2020, ICLR, "predictive V-information"). Vectors are whitened first, that is
measured by their own covariance. So an invertible linear map of them changes nothing, and in particular it is not a
gain that a direction with information becomes longer. The price: D directions need clearly more than D vectors to be
whitened; those of other items, on which the encoder may have been tuned, serve as well.
"""

from __future__ import annotations

import math
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve
from scipy.optimize import minimize
from scipy.special import log_softmax, ndtri

from unfreeze.judging.spread import ERROR, Floats
from unfreeze.judging.stats import Interval

FOLDS = 10
PENALTIES = (0.01, 0.1, 1.0, 10.0)  # of a ridge regression on whitened vectors, for each row
Z95 = float(-ndtri(ERROR / 2))
_RANK = 1e-6  # times the largest singular value: less is rounding of 32-bit numbers
Ints = npt.NDArray[np.int64]
Labelled = tuple[Floats, Ints]


def item_information(states: Floats, labels: Ints, others: Labelled | None = None, seed: int = 0) -> Floats:
    """Bits that a linear probe reads about the label of each item; their mean is the bound, about 0 without any.

    Folds depend on labels and seed alone, so the bits of the same items in two layers, or before and after tuning, are
    paired. Items of labels that have fewer than `FOLDS` are left out.

    Args:
        states: (N, D) vectors.
        labels: (N,) from 0.
        others: (M, D) vectors and (M,) labels of further items, for the whitening alone.

    Returns:
        (at most N,), in the items' order; bits of a single item can be below 0, where the probe is wrong.
    """
    vectors = whitened(states, others)
    kept = np.bincount(labels)[labels] >= FOLDS
    vectors, labels = vectors[kept], np.unique(labels[kept], return_inverse=True)[1].astype(np.int64)
    if labels.max(initial=0) == 0:
        return np.zeros(len(labels))
    folds = _folds(labels, seed)
    gold = np.eye(int(labels.max()) + 1)[labels]
    scores = _scores(vectors, gold, folds)
    nats = np.empty(len(labels))
    for fold in range(FOLDS):
        nats[folds == fold] = _held_out(scores[:, fold], gold, folds == fold)
    bits: Floats = nats / math.log(2) - np.log2(gold.mean(0))[labels]
    return bits


def interval_of(bits: Floats) -> Interval:
    """Mean of items' bits (N,), or of their differences, with its 95 % interval.

    It allows for other items and, as Nadeau & Bengio (2003, Machine Learning 52(3)) do, for probes fitted on others.
    """
    if len(bits) < 2:
        return Interval(0.0, 0.0, 0.0)
    spread = float(bits.std(ddof=1)) * math.sqrt((1 + FOLDS / (FOLDS - 1)) / len(bits))
    mean = float(bits.mean())
    return Interval(mean, mean - Z95 * spread, mean + Z95 * spread)


def whitened(states: Floats, others: Labelled | None = None) -> Floats:
    """(N, D) to (N, rank): centred, and measured by their covariance together with that of others within a label."""
    centred = states - states.mean(0)
    rows = centred if others is None else np.concatenate([centred, _within(*others)])
    _, spread, directions = np.linalg.svd(rows, full_matrices=False)
    used = spread > _RANK * spread.max(initial=0)
    turned: Floats = centred @ (directions[used].T / spread[used]) * math.sqrt(len(rows))
    return turned


def _within(states: Floats, labels: Ints) -> Floats:
    """Vectors (M, D) less the mean of their label."""
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), states.shape[1]))
    np.add.at(means, places, states)
    centred: Floats = states - (means / counts[:, None])[places]
    return centred


def _folds(labels: Ints, seed: int) -> Ints:
    """The fold of each item: each label spread evenly."""
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    folds = np.empty(len(labels), np.int64)
    folds[order] = np.arange(len(labels)) % FOLDS
    return folds


def _scores(vectors: Floats, gold: Floats, folds: Ints) -> Floats:
    """(penalties, folds, N, K) scores of the labels: those of an item by a ridge regression that saw neither fold.

    "Neither" is the fold of the second axis and the item's own; `gold` (N, K) has a 1 at each item's label.
    """
    rows = np.column_stack([vectors, np.ones(len(vectors))])
    parts = [(rows[folds == fold], gold[folds == fold]) for fold in range(FOLDS)]
    squares = np.stack([x.T @ x for x, _ in parts])
    products = np.stack([x.T @ y for x, y in parts])
    all_squares, all_products = squares.sum(0), products.sum(0)
    scores = np.empty((len(PENALTIES), FOLDS, *gold.shape))
    for a, b in combinations_with_replacement(range(FOLDS), 2):
        out = [a] if a == b else [a, b]
        square, product = all_squares - squares[out].sum(0), all_products - products[out].sum(0)
        for place, penalty in enumerate(PENALTIES):
            weights = _ridge(square, product, penalty)
            scores[place, a, folds == b] = parts[b][0] @ weights
            scores[place, b, folds == a] = parts[a][0] @ weights
    return scores


def _ridge(square: Floats, product: Floats, penalty: float) -> Floats:
    """(D + 1, K) weights from sums of squares and products of rows that end in a constant 1, which is not penalised."""
    framed = square.copy()
    framed[np.diag_indices(len(square) - 1)] += penalty * square[-1, -1]  # the constant's square: how many rows
    weights: Floats = solve(framed, product, assume_a="pos", overwrite_a=True, check_finite=False)
    return weights


def _held_out(scores: Floats, gold: Floats, out: npt.NDArray[np.bool_]) -> Floats:
    """(items that are out,) log-likelihood of their labels, nats, by scores that did not see them.

    Penalty and calibration are those that are best for the other items, on scores that saw neither them nor those out.

    Args:
        scores: (penalties, N, K).
    """
    shares = gold[~out].mean(0)
    tried = [_calibrated(some[~out], gold[~out], shares) for some in scores]
    chosen = min(range(len(tried)), key=lambda i: tried[i][0])
    slope, *biases = tried[chosen][1]
    likely = np.exp(log_softmax(slope * scores[chosen][out] + biases, axis=1))
    least = 1 / (~out).sum()  # what is sure and wrong costs no more than this many items can tell
    nats: Floats = np.log((((1 - least) * likely + least * shares) * gold[out]).sum(1))
    return nats


def _calibrated(scores: Floats, gold: Floats, shares: Floats) -> tuple[float, Floats]:
    """The softmax of slope * scores + biases that fits best: its mean loss, nats, and (1 + K,) slope, biases.

    The slope is at least 0: a probe without information ranks labels the wrong way round on items that it did not see.
    """

    def loss(settings: Floats) -> tuple[float, Floats]:
        nats = log_softmax(settings[0] * scores + settings[1:], axis=1)
        excess = np.exp(nats) - gold
        gradient = np.concatenate([[(excess * scores).sum()], excess.sum(0)])
        return float(-(nats * gold).sum()) / len(gold), gradient / len(gold)

    start = np.concatenate([[0.0], np.log(shares)])
    bounds = [(0.0, None), *[(None, None)] * len(shares)]
    fitted = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", tol=1e-10)
    return float(fitted.fun), fitted.x
