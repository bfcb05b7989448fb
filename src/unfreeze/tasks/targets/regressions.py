"""The linear models of the floor, by scikit-learn."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

C = (0.3, 1.0, 3.0, 10.0, 30.0)  # inverse penalties of logistic regression on vectors of length one, strongest first
_STEPS = 100  # of the solver; the score on dev has settled long before


def logistic(c: float, rows: Any, labels: np.ndarray[Any, Any]) -> Any:
    """Logistic regression with the inverse penalty `c`, or a constant where all labels are one."""
    from sklearn.dummy import DummyClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(labels)) == 1:  # words that all have one tag: nothing to distinguish
        return DummyClassifier(strategy="most_frequent").fit(rows, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=c, max_iter=_STEPS, tol=1e-3).fit(rows, labels)


def ridge(alpha: float, rows: Any, scores: np.ndarray[Any, Any]) -> Any:
    """Ridge regression with the penalty `alpha`."""
    from sklearn.linear_model import Ridge

    return Ridge(alpha=alpha).fit(rows, scores)
