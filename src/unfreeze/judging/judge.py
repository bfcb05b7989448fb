"""From the run folders to `result.json`: scores with intervals, differences, the verdict. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unfreeze.judging.arm_result import arm_result
from unfreeze.judging.evidence import evidence_of
from unfreeze.judging.fold_scores import folds_result, measured_for
from unfreeze.judging.gaps import ends, gap, pair_gaps
from unfreeze.judging.layer_words import finding
from unfreeze.judging.read import Compared, Comparison, check_scores, item_statistics, read_compared
from unfreeze.judging.result import EncoderResult, FloorResult, ProbesResult, Result
from unfreeze.judging.result_json import write_result
from unfreeze.judging.second import second_of
from unfreeze.judging.simultaneous import differences, joint_intervals
from unfreeze.judging.stats import Difference
from unfreeze.judging.two_way import Measured
from unfreeze.judging.verdict import decide
from unfreeze.records.comparison import FloorRecord
from unfreeze.records.layer_scores import LayerScores


def judge(folder: Path, compared: Compared | None = None) -> Result:
    """Judge a finished comparison, of one encoder or of several, and write its `result.json`.

    Args:
        compared: what is in the folder, where it was read already.

    Raises:
        InputError: a run or file is missing or torn (see `read_compared`), or the result cannot be written.
    """
    compared = compared or read_compared(folder)
    result = result_of(compared)
    write_result(folder, result)
    return result


def result_of(compared: Compared) -> Result:
    """The result of a comparison that was read.

    Raises:
        InputError: a test score that was written is not what the predictions beside it give.
    """
    arms, setting = compared.arms, compared.first.setting
    statistics = [arm.statistics for arm in arms]
    check_scores(compared, statistics)
    floor = compared.floor
    own = [] if floor is None else [item_statistics(compared.first, floor)[None]]
    together = measured_for(compared.first, [*statistics, *own], compared.first.measure)
    scored = together.of_first(len(arms))
    joint = joint_intervals(scored)
    results = tuple(arm_result(arm, scored.score(place), ends(joint[place])) for place, arm in enumerate(arms))
    pairs = differences(scored, compared.error)
    gains = _gains(compared, together) if floor is not None else {}
    return Result(
        task=setting.task.kind,
        metric=setting.metric,
        data=setting.data,
        labels=setting.labels.names,
        audit=setting.audit,
        encoders={name: _encoder(comparison) for name, comparison in compared.comparisons.items()},
        dropped=compared.dropped,
        arms=results,
        differences=pair_gaps([arm.id for arm in arms], pairs, compared.plan.equivalence),
        equivalence=compared.plan.equivalence,
        looks=compared.looks,
        floor=None if floor is None else _floor(floor, setting.metric, together, gains),
        verdict=decide(evidence_of(compared, results, scored, pairs, gains)),
        plan=compared.plan,
        environment=setting.environment,
        folds=folds_result(compared),
        second=second_of(compared),
    )


def _encoder(comparison: Comparison) -> EncoderResult:
    setting = comparison.setting
    return EncoderResult(
        **vars(setting.encoder),
        question=setting.data.question,
        precision=setting.environment.precision,
        begun_in=setting.environment.begun_in,
        truncated=setting.data.truncated,
        over_limit=setting.audit.over_limit,
        unread=setting.audit.unread,
        probes=None if comparison.probes is None else _probes(comparison.probes),
    )


def _gains(compared: Compared, together: Measured) -> dict[str, Difference]:
    """How far each arm is above the floor, which is the last arm of `together`."""
    floors = len(compared.arms)
    return {arm.id: together.difference(_minus(place, floors, floors + 1)) for place, arm in enumerate(compared.arms)}


def _floor(floor: FloorRecord, metric: str, together: Measured, gains: Mapping[str, Difference]) -> FloorResult:
    return FloorResult(
        name=floor.name,
        dev=floor.dev[metric],
        test=floor.test[metric],
        ci95=ends(together.score(len(together.scores) - 1)),
        gains={arm: gap(gain) for arm, gain in gains.items()},
        metrics=floor.test,
        chosen=floor.chosen,
        trained_on=floor.trained_on,
        train_s=floor.train_s,
    )


def _minus(first: int, second: int, arms: int) -> list[float]:
    """Weights of arm `first` minus arm `second`."""
    return [float(place == first) - float(place == second) for place in range(arms)]


def _probes(probes: LayerScores) -> ProbesResult:
    """As they are in their file, less what other keys of the result say."""
    return ProbesResult(
        probes.trained_on, probes.layers, probes.chosen, finding(probes), probes.extract_s, probes.probe_s
    )
