"""What a comparison in folds shows fold by fold. No torch here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unfreeze.judging.folds import measured_in_folds
from unfreeze.judging.folds_result import FoldsResult
from unfreeze.judging.read import Arm, Compared, Comparison
from unfreeze.judging.spread import Floats
from unfreeze.judging.two_way import Measured, measured
from unfreeze.records.comparison import RunRecord
from unfreeze.tasks.measures import Measure


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


def measured_for(comparison: Comparison, statistics: Sequence[Floats], measure: Measure) -> Measured:
    """Scores of arms with what they vary by: over one test set, or over the folds of the comparison.

    Args:
        statistics: (seeds, items, k) of the measure for each arm, items in the comparison's order.
    """
    parts = comparison.parts
    if not parts:
        return measured(statistics, measure)
    return measured_in_folds(statistics, measure, [len(part.items) for part in parts])


def _scores(arm: Arm) -> tuple[float, ...]:
    metric = arm.comparison.setting.metric
    return tuple(
        float(np.mean([part.tests[run.id].metrics[metric] for run in part.finals(arm.method)]))
        for part in arm.comparison.parts
    )


def _chosen(arm: Arm) -> list[RunRecord]:
    return [part.finals(arm.method)[0] for part in arm.comparison.parts]
