"""What a comparison in folds shows fold by fold. No torch here."""

from __future__ import annotations

import numpy as np

from unfreeze.judging.read import Arm, Compared, Comparison
from unfreeze.judging.result import FoldsResult
from unfreeze.records.comparison import RunRecord


def folds_result(compared: Compared) -> FoldsResult | None:
    """The folds of a comparison; None where it has none."""
    parts = compared.first.parts
    if not parts:
        return None
    learned = [part.setting.data.sizes.get("train", 0) for part in parts]
    return FoldsResult(
        number=len(parts),
        group=compared.first.setting.data.columns.get("group"),
        sizes=tuple(len(part.items) for part in parts),
        trained_on=float(np.mean(learned)),
        scores={arm.id: _scores(arm) for arm in compared.arms},
        recipes={arm.id: tuple(run.recipe.name or run.recipe.brief for run in _chosen(arm)) for arm in compared.arms},
    )


def overlap_of(comparison: Comparison) -> float:
    """Items that a fold tests for each that the others hold; each fold tests about one in K."""
    return 1 / (len(comparison.parts) - 1)


def _scores(arm: Arm) -> tuple[float, ...]:
    metric = arm.comparison.setting.metric
    return tuple(
        float(np.mean([part.tests[run.id].metrics[metric] for run in part.finals(arm.method)]))
        for part in arm.comparison.parts
    )


def _chosen(arm: Arm) -> list[RunRecord]:
    return [part.finals(arm.method)[0] for part in arm.comparison.parts]
