"""The top of the report, for a person who decides: the answer, what it rests on, and how sure it is."""

from __future__ import annotations

from typing import Any

from unfreeze.judging.read import Comparison
from unfreeze.judging.result import Result
from unfreeze.methods.table import method_named
from unfreeze.recipe import MethodName
from unfreeze.report import charts, tables
from unfreeze.report.numbers import axis_title, count, method_name, metric_name, points, seconds, settings, signed, unit
from unfreeze.tasks.kinds import task


def page(comparison: Comparison, result: Result) -> dict[str, Any]:
    """What `answer.html.j2` shows besides charts."""
    setting, metric = comparison.setting, comparison.setting.metric
    sizes = setting.data.sizes
    low, high = _window(comparison, result)
    trained = f"{count(sizes['train'])} training items" if "train" in sizes else ""
    kicker = (setting.data.name, setting.task.kind, f"encoder {setting.encoder.name}", trained)
    return {
        "task": setting.task,
        "title": f"unfreeze: {setting.data.name or 'comparison'}",
        "kicker": " · ".join(str(part) for part in kicker if part),
        "verdict": result.verdict,
        **_headline(comparison, result),
        "unit": unit(metric),
        "cards": [_card(comparison, result, method) for method in result.methods],
        "baseline": _baseline(comparison),
        "floor": tables.floor(result),
        "floor_line": _floor_line(result),
        "cost_caption": f"Large points are means over seeds, bars their 95 % intervals over items and seeds, small "
        f"points single seeds. Mind the axis: it runs from {low:g} to {high:g}, not from 0.",
        "difference": result.difference,
        **_difference(result),
    }


def _headline(comparison: Comparison, result: Result) -> dict[str, str]:
    """The answer in a few words (`short`), the rest of the verdict's headline (`lead`), and what to use."""
    verdict, methods = result.verdict, result.methods
    advised = method_name(verdict.use)
    if len(methods) == 1:
        score = points(methods[verdict.use].test.mean)
        short = f"{advised.capitalize()}: {score}{unit(result.metric)} {metric_name(result.metric)}"
    elif verdict.choice == "too-close":
        short = f"Too close to call: use {advised}, the cheaper one"
    else:
        short = method_named(verdict.choice).words.advice
    return {
        "short": short,
        "lead": verdict.detail,
        "advised": advised,
        "recipe": settings(comparison.finals(verdict.use)[0].recipe),
    }


def specs(comparison: Comparison, result: Result) -> dict[str, charts.Spec]:
    """The charts of `answer.html.j2` by name."""
    rows, seeds = [], []
    for method, values in result.methods.items():
        cost, test = values.cost, values.test
        low, high = test.ci95
        took = cost.extract_s + cost.train_s
        row = {"method": method_name(method), "seconds": took, "cost": seconds(took)}
        rows.append({**row, "score": 100 * test.mean, "low": 100 * low, "high": 100 * high})
        for run in comparison.finals(method):
            score = 100 * comparison.tests[run.id].metrics[comparison.setting.metric]
            seeds.append({**row, "seconds": cost.extract_s + run.train_s, "seed": run.seed, "score": score})
    title = axis_title(comparison.setting.metric, "test")
    result_specs = {"cost": charts.score_against_cost(rows, seeds, title, _window(comparison, result))}
    if difference := result.difference:
        points_of = (difference.mean, *difference.ci95, result.equivalence)
        result_specs["difference"] = charts.difference(*(100 * value for value in points_of))
    return result_specs


def _window(comparison: Comparison, result: Result) -> tuple[float, float]:
    ends = [100 * end for values in result.methods.values() for end in values.test.ci95]
    scores = [100 * comparison.tests[run.id].metrics[comparison.setting.metric] for run in comparison.all_finals()]
    return charts.axis_window([*ends, *scores])


def _card(comparison: Comparison, result: Result, method: MethodName) -> dict[str, Any]:
    values, metric = result.methods[method], comparison.setting.metric
    low, high = values.test.ci95
    cost, runs = values.cost, values.runs
    bad = [run.degenerate_on for run in runs if run.degenerate_on]
    where = {split for splits in bad for split in splits}
    what = f"every {where.pop()} item" if len(where) == 1 else "everything"
    return {
        "name": method_name(method),
        "colour": method_named(method).words.colour_class,
        "advised": method == result.verdict.use and len(result.methods) > 1,
        "score": points(values.test.mean),
        "interval": f"test {metric_name(metric)}, 95 % interval {points(low)} to {points(high)}",
        "cost": f"{seconds(cost.extract_s + cost.train_s)} to train, mean of {len(runs)} "
        f"{'seed' if len(runs) == 1 else 'seeds'}",
        "degenerate": f"{len(bad)} of {len(runs)} runs gave one answer for {what}." if bad else "",
    }


def _baseline(comparison: Comparison) -> str:
    """What a constant answer would score, so that a score can be read for what it is."""
    constant = comparison.setting.task.target.constant_line([item.label for item in comparison.items])
    return "" if constant is None else f"To compare: {constant[0]} scores {points(constant[1])} %."


def _floor_line(result: Result) -> str:
    """What the floor is, in a sentence."""
    if (floor := result.floor) is None:
        return ""
    model = task(result.task).target.regression
    return (
        f"A bag of words under {model} regression, trained in {seconds(floor.train_s)} on "
        f"{count(floor.trained_on)} training items, knows no encoder. What a method reaches above it is what the "
        "encoder adds."
    )


def _difference(result: Result) -> dict[str, str]:
    difference = result.difference
    if difference is None:
        return {}
    low, high = difference.ci95
    region = points(result.equivalence)
    line = (
        f"Fine-tuning minus feature extraction is {signed(difference.mean)} points, 95 % interval {signed(low)} to "
        f"{signed(high)}, {_p(difference.p)}."
    )
    caption = (
        f"The point is the mean, the bar its 95 % interval. The grey band is the region of practical equivalence, "
        f"{region} points to each side: differences inside it are too small to matter. p asks "
        "whether the luck of the items alone could explain it for these runs; the interval also allows for other seeds."
    )
    return {"difference_line": line, "difference_caption": caption}


def _p(p: float) -> str:
    return (
        f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{p:.3f}"
        if p >= 0.001
        else "p\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}0.001"
    )
