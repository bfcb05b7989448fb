"""From the run folders to `result.json`: scores with intervals, differences, the verdict. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from unfreeze.judging.arm_result import arm_result
from unfreeze.judging.evidence import evidence_of
from unfreeze.judging.fold_scores import folds_result, measured_for
from unfreeze.judging.read import Compared, Comparison, check_scores, item_statistics, read_compared
from unfreeze.judging.result import EncoderResult, FloorResult, ProbesResult, Result, ends, gap, pair_gaps
from unfreeze.judging.result_json import write_result
from unfreeze.judging.second import second_of
from unfreeze.judging.simultaneous import differences, joint_intervals
from unfreeze.judging.spread import Floats
from unfreeze.judging.stats import Difference
from unfreeze.judging.verdict import decide
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
    scored = measured_for(compared.first, statistics, compared.first.measure)
    joint = joint_intervals(scored)
    results = tuple(arm_result(arm, scored.score(place), ends(joint[place])) for place, arm in enumerate(arms))
    pairs = differences(scored, compared.error)
    gains, floor = _above_the_floor(compared, statistics)
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
        floor=floor,
        verdict=decide(evidence_of(compared, results, pairs, gains)),
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


def _above_the_floor(
    compared: Compared, statistics: Sequence[Floats]
) -> tuple[Mapping[str, Difference], FloorResult | None]:
    """How far each arm is above the floor, and the floor's scores; nothing where there is no floor."""
    floor, name = compared.floor, compared.first.setting.metric
    if floor is None:
        return {}, None
    own = item_statistics(compared.first, floor)[None]
    scored = measured_for(compared.first, [*statistics, own], compared.first.measure)
    floors = len(statistics)
    gains = {arm.id: scored.difference(_minus(place, floors, floors + 1)) for place, arm in enumerate(compared.arms)}
    return gains, FloorResult(
        name=floor.name,
        dev=floor.dev[name],
        test=floor.test[name],
        ci95=ends(scored.score(floors)),
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
        probes.trained_on, probes.layers, probes.chosen, probes.finding, probes.extract_s, probes.probe_s
    )
