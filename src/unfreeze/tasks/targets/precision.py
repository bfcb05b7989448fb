"""Average precision of labels, from their probabilities: which items are ranked first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from unfreeze.tasks.items import LabelSpace
from unfreeze.tasks.measures import Measure
from unfreeze.tasks.ranks import average_precisions
from unfreeze.tasks.targets.likelihoods import Likely
from unfreeze.tasks.targets.sums import Floats
from unfreeze.tasks.targets.thresholds import as_rows

LabelSet = tuple[str, ...]


def average_precision(
    labels: LabelSpace, names: Sequence[str], sets: Callable[[Sequence[Any]], Sequence[LabelSet]]
) -> Measure:
    """The mean average precision of some names of a label space; what is given for predictions are probabilities.

    A gold label that train lacks has no probability and does not enter.

    Args:
        sets: labels of items to the sets of names that they have.
    """
    index = labels.index()
    places = [index[name] for name in names]

    def statistics(gold: Sequence[Any], likely: Likely) -> Floats:
        """(items, 2 names): whether it has each name, and their probabilities."""
        return np.concatenate([as_rows(sets(gold), names), np.asarray(likely, float)[:, places]], axis=1)

    def constant(gold: Sequence[Any]) -> Floats:
        """(items, C) one probability for everything."""
        return np.zeros((len(gold), len(index)))

    return Measure(statistics, average_precisions, constant)  # type: ignore[arg-type]
