"""The report's section about probabilities: log-loss, Brier score and calibration, or the error of scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unfreeze.judging.gaps import PairGap
from unfreeze.judging.read import Compared
from unfreeze.judging.result import Result
from unfreeze.judging.second_result import Bin, Estimate, SecondMeasure, SecondResult
from unfreeze.judging.second_words import comparison, measure_words, notable
from unfreeze.language.message import joined, opening, say, template
from unfreeze.report import charts
from unfreeze.report.drawing import Spec
from unfreeze.report.looks import looks
from unfreeze.report.numbers import points
from unfreeze.report.tables import Table

ABSENT = say(
    "This comparison has no second measure: some of its runs are of a version that kept no "
    "probabilities. Another output folder measures them."
)
MOST_ARMS = 3
PROBABILITIES = say(
    "Log-loss and Brier score judge how sure a method is of the right answer, not only which answer it gives: lower is "
    "better."
)
LOWER = template("Of the {measure}, lower is better.")
INTERVALS = say(
    "Intervals are those of the main metric: paired over test items, over items and seeds, of several pairs together. "
    "The verdict does not depend on them."
)
CALIBRATION = say(
    "Points on the dashed line keep their promise: what was said with 80 % came true in 80 % of cases. Points below it "
    "are overconfident. Each has about as many answers as the others, of all seeds together; larger ones have more. "
    "The calibration error is the mean distance from the line; debiased, its root mean square less what luck adds. A "
    "bootstrap would add luck a second time, so they have no interval. Log-loss is in nats, and no probability counts "
    "as less than 0.0000001."
)


def page(compared: Compared, result: Result) -> dict[str, Any]:
    """What `second.html.j2` shows; `second` is None where there is nothing to show or to say."""
    target = compared.first.setting.task.target
    if not target.seconds:
        return {"second": None}
    if result.second is None:
        return {"second": {"line": ABSENT, "table": None, "notable": [], "pairs": [], "charts": [], "calibration": ""}}
    told, first = result.second, result.second.measures[0]
    names = {arm: look.name for arm, look in looks(compared.arms).items()}
    words = measure_words(result, first.name)
    lower = say(LOWER, measure=words) if len(told.measures) == 1 else PROBABILITIES
    about = joined((lower, INTERVALS), " ")
    sentences = [comparison(first, pair, names) for pair in _shown(result, first)]
    special = notable(result)
    drawn = [(chart, names[chart.removeprefix("calibration-")]) for chart in specs(compared, result)]
    return {
        "second": {
            "line": about,
            "table": _table(result, told, names),
            "notable": special,
            "pairs": [
                say("{measure} {comparison}.", measure=opening(words), comparison=told)
                for told in sentences
                if not any(told in line for line in special)
            ],
            "charts": [(chart, say("{description}.", description=opening(name))) for chart, name in drawn],
            "calibration": CALIBRATION if drawn else "",
        }
    }


def _shown(result: Result, measure: SecondMeasure) -> list[PairGap]:
    """All pairs of up to three arms, of more those of the leader."""
    few, leader = len(result.arms) <= MOST_ARMS, result.verdict.leader
    return [pair for pair in measure.differences if few or leader in (pair.first, pair.second)]


def specs(compared: Compared, result: Result) -> dict[str, Spec]:
    """A calibration curve for each arm of one encoder, all on the same axes; of several each has its own report."""
    found = {} if result.second is None or compared.several else result.second.calibration
    if not found:
        return {}
    ends = [end for each in found.values() for one in each.bins for end in (one.likely, one.true)]
    least, look = 10 * int(10 * min(ends)), looks(compared.arms)
    rows = {arm: [_row(one) for one in each.bins] for arm, each in found.items()}
    return {f"calibration-{arm}": charts.calibration(each, look[arm], (least, 100)) for arm, each in rows.items()}


def _row(one: Bin) -> dict[str, float]:
    return {"said": 100 * one.likely, "true": 100 * one.true, "answers": one.answers}


def _table(result: Result, told: SecondResult, names: Mapping[str, str]) -> Table:
    """A row for each arm, the best first."""
    columns = [measure_words(result, measure.name) for measure in told.measures]
    calibrated = (say("calibration error"), say("debiased")) if told.calibration else ()
    first, rows = told.measures[0].arms, []
    for arm in sorted(first, key=lambda arm: first[arm].mean):
        cells = [_estimate(measure.arms[arm]) for measure in told.measures]
        if (each := told.calibration.get(arm)) is not None:
            cells += [
                say("{error} points", error=points(each.error)),
                say("{debiased} points", debiased=points(each.debiased)),
            ]
        rows.append((names[arm], *cells))
    heads = (say("method"), *columns, *calibrated)
    caption = say(
        "Lower is better. Means over seeds with 95 % intervals, {items:,} test items",
        items=result.data.sizes.get("test", 0),
    )
    return Table(caption, heads, tuple(rows), frozenset(range(1, len(heads))))


def _estimate(told: Estimate) -> str:
    low, high = told.ci95
    return f"{told.mean:.3f} [{low:.3f}, {high:.3f}]"
