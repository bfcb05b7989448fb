"""From the run folders to `result.json`: scores with intervals, the difference, the verdict. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unfreeze.judging.evidence import evidence_of
from unfreeze.judging.method_result import method_result
from unfreeze.judging.read import (
    Comparison,
    check_scores,
    item_statistics,
    metric_of,
    read_comparison,
    statistics_of,
)
from unfreeze.judging.result import FloorResult, NamedGap, ProbesResult, Result, ends, gap
from unfreeze.judging.result_json import write_result
from unfreeze.judging.stats import Difference, Floats, mean_ci, paired_difference
from unfreeze.judging.verdict import decide
from unfreeze.recipe import MethodName
from unfreeze.records.layer_scores import LayerScores

FLOOR_DRAWS = 2_000  # a fifth of the draws behind the difference: what is beside the question may be a little coarser


def judge(folder: Path) -> Result:
    """Judge a finished comparison and write its `result.json`.

    Raises:
        InputError: a run or file is missing or torn (see `read_comparison`), or the result cannot be written.
    """
    comparison = read_comparison(folder)
    statistics = {method: statistics_of(comparison, method) for method in comparison.choices}
    check_scores(folder, comparison, statistics)
    result = result_of(comparison, statistics)
    write_result(folder, result)
    return result


def result_of(comparison: Comparison, statistics: Mapping[MethodName, Floats]) -> Result:
    """The result of a comparison.

    Args:
        statistics: see `statistics_of`.
    """
    setting, metric = comparison.setting, metric_of(comparison)
    methods = {
        method: method_result(comparison, method, mean_ci(values, metric)) for method, values in statistics.items()
    }
    difference = None
    if len(statistics) == 2:
        difference = paired_difference(statistics["fine-tuning"], statistics["feature-extraction"], metric)
    gains, floor = _above_the_floor(comparison, statistics)
    return Result(
        task=setting.task.kind,
        metric=setting.metric,
        data=setting.data,
        labels=setting.labels.names,
        audit=setting.audit,
        encoder=setting.encoder,
        methods=methods,
        difference=None if difference is None else _named(difference),
        equivalence=setting.plan.equivalence,
        floor=floor,
        probes=None if comparison.probes is None else _probes(comparison.probes),
        verdict=decide(evidence_of(comparison, methods, difference, gains)),
        plan=setting.plan,
        environment=setting.environment,
    )


def _named(difference: Difference) -> NamedGap:
    return NamedGap("fine-tuning - feature-extraction", difference.mean, ends(difference), difference.p)


def _above_the_floor(
    comparison: Comparison, statistics: Mapping[MethodName, Floats]
) -> tuple[dict[MethodName, Difference], FloorResult | None]:
    """How far each method is above the floor, and the floor's scores; nothing where there is no floor."""
    floor, name, metric = comparison.floor, comparison.setting.metric, metric_of(comparison)
    if floor is None:
        return {}, None
    own = item_statistics(comparison, floor.predictions)[None]
    gains = {method: paired_difference(values, own, metric, FLOOR_DRAWS) for method, values in statistics.items()}
    return gains, FloorResult(
        name=floor.name,
        dev=floor.dev[name],
        test=floor.test[name],
        ci95=ends(mean_ci(own, metric, FLOOR_DRAWS)),
        gains={method: gap(gain) for method, gain in gains.items()},
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
