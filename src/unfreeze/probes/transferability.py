"""How well frozen vectors suit a task, by a formula in place of training: the evidence of a linear model, and H-score.

Both are cheap orderings of encoders and layers, not scores: they compare vectors on the same texts and labels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.covariance import ledoit_wolf

Floats = npt.NDArray[np.float64]
_RATIOS = np.linspace(-20, 20, 161)  # logarithms of alpha / beta over the mean square of a direction
_TINY = 1e-12


def log_evidence(vectors: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """LogME: the highest log evidence of a linear model with Gaussian weights and noise, per text, mean over columns.

    You et al. 2021 (ICML), equation 2: y ~ N(0, I / beta + F F' / alpha), alpha and beta chosen for each column. Their
    fixed point counts all dimensions in one term and min(texts, dimensions) in another where texts are fewer. Here, for
    a ratio alpha / beta, the best beta has a closed form, and the ratio is searched for along the spectrum of F, so
    columns of zeros and duplicated directions change nothing that the model does not.

    Args:
        vectors: (texts, dimensions), finite.
        targets: (texts,) scores, or (texts, columns), such as 1 for the class of a text and 0 for others.

    Raises:
        ValueError: the shapes differ, there are no texts, or a number is not finite.
    """
    made = _matrix(vectors)
    wanted = _matrix(targets)
    if len(made) != len(wanted):
        raise ValueError(f"{len(made)} vectors and {len(wanted)} targets")
    left, spread, _ = np.linalg.svd(made, full_matrices=False)  # (texts, r), (r,)
    seen = (left.T @ wanted) ** 2  # (r, columns): squares of what each direction says
    unseen = np.maximum((wanted**2).sum(0) - seen.sum(0), 0.0)
    scale = float((spread**2).mean()) or 1.0
    return float(
        np.mean([_best(spread**2 / scale, own, rest, len(made)) for own, rest in zip(seen.T, unseen, strict=True)])
    )


def h_score(vectors: npt.ArrayLike, classes: npt.ArrayLike) -> float:
    """How distant the means of classes are, measured by the vectors' spread: from 0 to classes - 1.

    Bao et al. 2019 (ICIP): trace(cov(f)^-1 cov(E[f | y])), both covariances over the same texts and divided by their
    number. As in Ibrahim et al. 2022 (ECML) both are shrunk, the first towards a multiple of the identity (Ledoit &
    Wolf 2004), since with fewer texts than dimensions its inverse would call all vectors perfect. Noise scores above 0
    as well, the more the fewer texts there are for each dimension.

    Args:
        vectors: (texts, dimensions), finite.
        classes: (texts,) of any type.

    Raises:
        ValueError: the shapes differ, there are no texts, or a number is not finite.
    """
    made = _matrix(vectors)
    names, place = np.unique(np.asarray(classes), return_inverse=True)
    if len(place) != len(made):
        raise ValueError(f"{len(made)} vectors and {len(place)} classes")
    centred = made - made.mean(0)
    if not centred.any():
        return 0.0
    counts = np.bincount(place, minlength=len(names))
    means = np.stack([centred[place == c].mean(0) for c in range(len(names))])  # (classes, dimensions)
    between = (means * counts[:, None]).T @ means / len(made)
    whole, shrunk = ledoit_wolf(centred, assume_centered=True)
    return float((1 - shrunk) * np.trace(np.linalg.lstsq(whole, between, rcond=None)[0]))


def _best(squares: Floats, seen: Floats, unseen: float, texts: int) -> float:
    """The highest log evidence of one column, per text.

    Args:
        squares: (r,) of singular values. seen: (r,) squares of the column along them. unseen: what is left of it.
    """
    if unseen + seen.sum() < _TINY:
        return 0.0

    def less(ratio: float) -> float:
        spread = 1 + squares * np.exp(-ratio)  # variances times beta
        noise = ((seen / spread).sum() + unseen) / texts
        return float(0.5 * np.log(2 * np.pi * max(noise, _TINY)) + 0.5 + np.log(spread).sum() / (2 * texts))

    values = [less(float(ratio)) for ratio in _RATIOS]
    lowest = int(np.argmin(values))
    around = float(_RATIOS[max(0, lowest - 1)]), float(_RATIOS[min(len(_RATIOS) - 1, lowest + 1)])
    found = minimize_scalar(less, bounds=around, method="bounded", options={"xatol": 1e-8})
    return -min(float(found.fun), values[lowest])


def _matrix(numbers: npt.ArrayLike) -> Floats:
    made = np.asarray(numbers, dtype=np.float64)
    made = made[:, None] if made.ndim == 1 else made
    if made.ndim != 2 or not made.size:
        raise ValueError(f"numbers of the shape {made.shape}; (texts, dimensions) are needed, neither of them 0")
    if not np.isfinite(made).all():
        raise ValueError("a number is not finite")
    return made
