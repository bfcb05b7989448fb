"""The second measure: what arms' probabilities, or the distances of their scores, say beside the main metric.

Log-loss and Brier score are means over items like accuracy, but every item says how far it is right, where accuracy
knows right and wrong only; so they often tell arms apart that accuracy cannot. Intervals are those of `two_way`, paired
over items, over items and seeds; those of all pairs hold together as for the main metric. Lower is better. The verdict
does not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

import numpy as np

from unfreeze.judging.arm_result import mean_std
from unfreeze.judging.calibration import calibration_of
from unfreeze.judging.fold_scores import measured_for
from unfreeze.judging.gaps import pair_gaps
from unfreeze.judging.read import Arm, Compared, Comparison
from unfreeze.judging.second_result import Estimate, SecondMeasure, SecondResult
from unfreeze.judging.simultaneous import differences
from unfreeze.judging.spread import Floats
from unfreeze.judging.two_way import Measured, measured_means
from unfreeze.tasks.measures import Measure, of_sums
from unfreeze.tasks.targets.target import Second


def second_of(compared: Compared) -> SecondResult | None:
    """The second measures of all arms; None where there are none, or a run did not keep its probabilities."""
    seconds, arms = compared.first.setting.task.target.seconds, compared.arms
    losses = [each for each in map(_losses, arms) if each is not None]
    if not seconds or len(losses) < len(arms):
        return None
    names = [arm.id for arm in arms]
    measures = []
    for k, second in enumerate(seconds):
        scored = _scored(compared.first, second, [each[..., k] for each in losses])
        measures.append(_measure(second.name, scored, names))
    found = {arm.id: calibration_of(arm) for arm in arms}
    return SecondResult(tuple(measures), {arm: each for arm, each in found.items() if each is not None})


def _losses(arm: Arm) -> Floats | None:
    """(seeds, items, measures) of an arm's final runs; None where one did not keep its probabilities."""
    task, names = arm.comparison.setting.task, arm.comparison.setting.labels.names
    gold, runs = [item.label for item in arm.comparison.items], []
    for run in arm.finals:
        test = arm.comparison.tests[run.id]
        if any(second.root for second in task.target.seconds):
            runs.append(task.target.squared_errors(gold, test.predictions)[:, None])
        elif test.forecasts is None:
            return None
        else:
            runs.append(test.forecasts.item_losses(task, gold, names))
    return np.stack(runs)


def _scored(first: Comparison, second: Second, losses: Sequence[Floats]) -> Measured:
    """Arms with what the means of the items' losses (seeds, items), or the roots of them, vary by."""
    if not (first.parts or second.root):
        return measured_means(losses)
    statistics = [np.stack([each, np.ones_like(each)], axis=-1) for each in losses]
    return measured_for(first, statistics, _measure_of(_root_of_mean if second.root else _mean))


def _measure_of(score: Callable[[Floats], Floats]) -> Measure:
    """A measure of statistics that are given; it makes none of labels."""

    def unused(*labels: Sequence[object]) -> NoReturn:
        raise ValueError("a second measure is made of losses, not of labels")

    return Measure(unused, of_sums(score), unused, shares=False)


def _mean(sums: Floats) -> Floats:
    mean: Floats = sums[..., 0] / sums[..., 1]
    return mean


def _root_of_mean(sums: Floats) -> Floats:
    return np.sqrt(_mean(sums))


def _measure(name: str, scored: Measured, names: Sequence[str]) -> SecondMeasure:
    arms = {}
    for place, arm in enumerate(names):
        own = scored.difference(np.eye(len(names))[place])
        told = mean_std(list(scored.scores[place]))
        arms[arm] = Estimate(told.mean, told.std, (max(0.0, own.lo), own.hi))
    return SecondMeasure(name, arms, pair_gaps(names, differences(scored)))
