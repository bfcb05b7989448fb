"""From the run folders to `result.json`: scores with intervals, differences, the verdict. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from unfreeze.judging.arm_result import arm_result
from unfreeze.judging.evidence import evidence_of
from unfreeze.judging.read import Arm, Compared, Comparison, check_scores, item_statistics, metric_of, read_compared
from unfreeze.judging.result import EncoderResult, FloorResult, PairGap, ProbesResult, Result, ends, gap
from unfreeze.judging.result_json import write_result
from unfreeze.judging.simultaneous import Differences, differences, joint_intervals
from unfreeze.judging.stats import Difference, Floats, mean_ci, paired_difference
from unfreeze.judging.verdict import decide
from unfreeze.records.layer_scores import LayerScores

FLOOR_DRAWS = 2_000  # a fifth of the draws behind the difference: what is beside the question may be a little coarser


def judge(folder: Path) -> Result:
    """Judge a finished comparison, of one encoder or of several, and write its `result.json`.

    Raises:
        InputError: a run or file is missing or torn (see `read_compared`), or the result cannot be written.
    """
    compared = read_compared(folder)
    result = result_of(compared)
    write_result(folder, result)
    return result


def result_of(compared: Compared) -> Result:
    """The result of a comparison that was read.

    Raises:
        InputError: a test score that was written is not what the predictions beside it give.
    """
    arms, setting, metric = compared.arms, compared.first.setting, metric_of(compared.first)
    statistics = [arm.statistics for arm in arms]
    check_scores(compared, statistics)
    intervals = [mean_ci(values, metric) for values in statistics]
    joint = joint_intervals(statistics, intervals, metric)
    results = tuple(
        arm_result(arm, interval, ends(wide)) for arm, interval, wide in zip(arms, intervals, joint, strict=True)
    )
    pairs = differences(statistics, metric)
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
        differences=_gaps(arms, pairs),
        equivalence=compared.plan.equivalence,
        floor=floor,
        verdict=decide(evidence_of(compared, results, pairs, gains)),
        plan=compared.plan,
        environment=setting.environment,
    )


def _gaps(arms: Sequence[Arm], pairs: Differences) -> tuple[PairGap, ...]:
    """All pairs of arms, the later minus the earlier one: as a rule fine-tuning minus feature extraction."""
    gaps = []
    for earlier, later in combinations(range(len(arms)), 2):
        pair = pairs.of(later, earlier)
        alone, jointly = pair.alone, pair.jointly
        names = arms[later].id, arms[earlier].id
        gaps.append(PairGap(*names, alone.mean, ends(alone), alone.p, ends(jointly), jointly.p))
    return tuple(gaps)


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
    floor, name, metric = compared.floor, compared.first.setting.metric, metric_of(compared.first)
    if floor is None:
        return {}, None
    own = item_statistics(compared.first, floor.predictions)[None]
    gains = {
        arm.id: paired_difference(values, own, metric, FLOOR_DRAWS)
        for arm, values in zip(compared.arms, statistics, strict=True)
    }
    return gains, FloorResult(
        name=floor.name,
        dev=floor.dev[name],
        test=floor.test[name],
        ci95=ends(mean_ci(own, metric, FLOOR_DRAWS)),
        gains={arm: gap(gain) for arm, gain in gains.items()},
        metrics=floor.test,
        chosen=floor.chosen,
        trained_on=floor.trained_on,
        train_s=floor.train_s,
    )


def _probes(probes: LayerScores) -> ProbesResult:
    """As they are in their file, less what other keys of the result say."""
    return ProbesResult(
        probes.trained_on, probes.layers, probes.chosen, probes.finding, probes.extract_s, probes.probe_s
    )
