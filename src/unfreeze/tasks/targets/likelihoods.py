"""How well probabilities of labels told what the labels are, item by item: log-loss and Brier score. Lower is better.

A probability counts as at least `LEAST` and at most 1 less that, so that one item never costs more than 16.1 nats:
in fp32 a softmax says 0 of what it only holds very unlikely.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unfreeze.tasks.targets.sums import Floats, Ints

LEAST = 1e-7
Likely = npt.NDArray[np.floating]


def of_one_name(likely: Likely, gold: Ints) -> Floats:
    """(items, 2) log-loss (nats) and Brier score (sum over classes of squared differences, 0 to 2).

    Args:
        likely: (items, C) probabilities of classes.
        gold: (items,) index of each item's class.
    """
    likely = np.asarray(likely, np.float64)
    right = np.take_along_axis(likely, gold[:, None], 1)[:, 0]
    brier = (likely * likely).sum(1) - 2 * right + 1
    return np.stack([-np.log(np.clip(right, LEAST, 1 - LEAST)), np.maximum(brier, 0)], axis=1)


def of_each_name(likely: Likely, gold: npt.NDArray[np.bool_]) -> Floats:
    """(items, 2) log-loss (nats) and Brier score of a yes or no for each label, their means over the labels.

    Args:
        likely: (items, C) probability of each label. gold: (items, C) whether the item has it.
    """
    likely = np.asarray(likely, np.float64)
    right = np.where(gold, likely, 1 - likely)
    losses = -np.log(np.clip(right, LEAST, 1 - LEAST))
    return np.stack([losses.mean(1), ((1 - right) ** 2).mean(1)], axis=1)
