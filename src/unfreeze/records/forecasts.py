"""What a run holds probable of each test item, as it is kept: all probabilities, or of many labels what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import ranks
from unfreeze.tasks.targets.sums import Floats

MOST = 50
"""Labels whose probabilities are kept one by one: 200 bytes an item."""
Singles = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Forecasts:
    """Probabilities of the labels of test items; one of the two is None.

    Attributes:
        likely: (items, C), labels in index order.
        losses: (items, 2) log-loss and Brier score (`tasks.targets.likelihoods`), where there are over `MOST` labels.
    """

    likely: Singles | None = None
    losses: Singles | None = None

    def fits(self, items: int, names: int) -> bool:
        """Whether these are of that number of items and labels, all finite."""
        kept = self.losses if self.likely is None else self.likely
        shape = (items, names if self.likely is not None else 2)
        return kept is not None and kept.shape == shape and bool(np.isfinite(kept).all())

    def item_losses(self, task: Task, gold: Sequence[object], names: Sequence[str]) -> Floats:
        """(items, 2) log-loss and Brier score. Raises `ValueError` where a task has no probabilities."""
        if self.likely is None:
            return np.asarray(self.losses, np.float64)
        return task.target.item_losses(gold, self.likely, names)


def likely_of(forecasts: Forecasts | None) -> Singles | None:
    """The probabilities (items, C); None where they were not kept one by one."""
    return None if forecasts is None else forecasts.likely


def forecasts_of(task: Task, gold: Sequence[object], likely: Singles | None, names: Sequence[str]) -> Forecasts | None:
    """What is kept of the probabilities (items, C) of the label space's `names`; None where there are none.

    All of them are, whatever their number, where the main metric is computed from them.
    """
    if likely is None:
        return None
    if len(names) <= MOST or ranks(task):
        return Forecasts(likely)
    return Forecasts(losses=task.target.item_losses(gold, likely, names).astype(np.float32))
