"""The top of the report, for a person who decides: the answer, what it rests on, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unfreeze.judging.machines import on_machines
from unfreeze.judging.read import Compared, Comparison
from unfreeze.judging.result import NO_CHOICE, ArmResult, Result, Verdict
from unfreeze.methods.table import method_named
from unfreeze.report import arms, charts, tables
from unfreeze.report.drawing import Spec, axis_window
from unfreeze.report.looks import Look, looks
from unfreeze.report.numbers import axis_title, count, metric_name, points, seconds, settings, signed, unit
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import best_constant, ranks

COST_CAPTION = (
    "Large points are means over seeds, bars their 95 % intervals over items and seeds, small points single seeds. "
    "Mind the axis: it runs from {:g} to {:g}, not from 0."
)


def page(compared: Compared, result: Result) -> dict[str, Any]:
    """What `answer.html.j2` shows besides charts."""
    setting = compared.first.setting
    sizes, names = setting.data.sizes, {arm: look.name for arm, look in looks(result.arms).items()}
    many = arms.is_many(compared)
    trained = f"{count(sizes['train'])} training items" if "train" in sizes else ""
    kicker = (setting.data.name, setting.task.kind, _encoders(result), trained)
    return {
        "task": setting.task,
        "title": f"unfreeze: {setting.data.name or 'comparison'}",
        "kicker": " · ".join(str(part) for part in kicker if part),
        "verdict": result.verdict,
        **_headline(compared, result),
        "many": many,
        **(arms.page(compared, result) if many else _methods(result, names)),
        "baseline": _baseline(compared.first),
        "floor": tables.floor(result, names),
        "floor_line": _floor_line(result),
    }


def _methods(result: Result, names: Mapping[str, str]) -> dict[str, Any]:
    """What `methods.html.j2` shows, one method or two of one encoder."""
    low, high = _window(result)
    return {
        "unit": unit(result.metric),
        "cards": [_card(result, arm, look) for arm, look in zip(result.arms, looks(result.arms).values(), strict=True)],
        "cost_caption": "" if result.seconds_differ else COST_CAPTION.format(low, high),
        "why_not_compared": result.why_not_compared or "",
        "difference": result.difference,
        **_difference(result, names),
    }


def _encoders(result: Result) -> str:
    names = [about.name or name for name, about in result.encoders.items()]
    return f"encoder {names[0]}" if len(names) == 1 else f"encoders {', '.join(result.encoders)}"


def _headline(compared: Compared, result: Result) -> dict[str, str]:
    """The answer in a few words (`short`), the rest of the verdict's headline (`lead`), and what to use."""
    verdict, used = result.verdict, result.used
    advised = looks(result.arms)[used.id].name
    if len(result.arms) == 1:
        score = points(used.test.mean)
        short = f"{advised[:1].upper()}{advised[1:]}: {score}{unit(result.metric)} {metric_name(result.metric)}"
    elif verdict.choice in NO_CHOICE:
        short = _no_choice(verdict, advised, len(result.arms))
    else:
        short = method_named(used.method).words.advice.format(
            encoder="the encoder" if len(result.encoders) == 1 else used.encoder
        )
    return {"short": short, "lead": verdict.detail, "advised": advised, "recipe": settings(used.recipe)}


def _no_choice(verdict: Verdict, advised: str, arms: int) -> str:
    """The short answer where no arm is better than every other."""
    if verdict.choice == "not-measured":
        return "Nothing was measured: no run learned anything"
    near = len(verdict.contenders)
    if verdict.choice == "equal":
        cheap = "cheaper one" if arms == 2 else f"cheapest of {near}"
        return f"No difference that matters: use {advised}, the {cheap}"
    cheap = "cheaper one" if arms == 2 else f"cheapest of {near} that cannot be distinguished"
    return f"Undecided: until then use {advised}, the {cheap}"


def specs(compared: Compared, result: Result) -> dict[str, Spec]:
    """The charts of `answer.html.j2` by name."""
    return arms.specs(compared, result) if arms.is_many(compared) else _method_specs(compared, result)


def _method_specs(compared: Compared, result: Result) -> dict[str, Spec]:
    rows, seeds, look = [], [], looks(result.arms)
    for arm in result.arms:
        cost, test = arm.cost, arm.test
        low, high = test.ci95
        took = cost.extract_s + cost.train_s
        row = {"arm": look[arm.id].name, "seconds": took, "cost": seconds(took)}
        rows.append({**row, "score": 100 * test.mean, "low": 100 * low, "high": 100 * high})
        records = compared.comparisons[arm.encoder].records
        for run in arm.runs:
            took = cost.extract_s + records[run.id].train_s
            seeds.append({**row, "seconds": took, "seed": run.seed, "score": 100 * run.test})
    title, window, result_specs = axis_title(result.metric, "test"), _window(result), dict[str, Spec]()
    if not result.seconds_differ:
        result_specs["cost"] = charts.score_against_cost(rows, seeds, list(look.values()), title, window)
    if pair := result.difference:
        low, high = pair.ci95
        values = 100 * pair.mean, 100 * low, 100 * high
        names = look[pair.first].name, look[pair.second].name
        result_specs["difference"] = charts.difference(values, 100 * result.equivalence, *names)
    return result_specs


def _window(result: Result) -> tuple[float, float]:
    ends = [100 * end for arm in result.arms for end in arm.test.ci95]
    return axis_window([*ends, *(100 * run.test for arm in result.arms for run in arm.runs)])


def _card(result: Result, arm: ArmResult, look: Look) -> dict[str, Any]:
    low, high = arm.test.ci95
    cost, runs = arm.cost, arm.runs
    bad = [run.degenerate_on for run in runs if run.degenerate_on]
    where = {split for splits in bad for split in splits}
    what = f"every {where.pop()} item" if len(where) == 1 else "everything"
    on = on_machines(cost.machines, result.seconds_differ)
    return {
        "name": look.name,
        "colour": look.css,
        "advised": arm.id == result.verdict.use and len(result.arms) > 1,
        "score": points(arm.test.mean),
        "interval": f"test {metric_name(result.metric)}, 95 % interval {points(low)} to {points(high)}",
        "cost": f"{seconds(cost.extract_s + cost.train_s)} to train, mean of {len(runs)} "
        f"{'seed' if len(runs) == 1 else 'seeds'}{_in_folds(result)}{on}",
        "degenerate": f"{len(bad)} of {len(runs)} runs gave one answer for {what}." if bad else "",
    }


def _in_folds(result: Result) -> str:
    return "" if result.folds is None else f" in each of {result.folds.number} folds"


def _baseline(comparison: Comparison) -> str:
    """What a constant answer would score, so that a score can be read for what it is."""
    setting = comparison.setting
    label, reached = best_constant(setting.task, [item.label for item in comparison.items], setting.labels)
    same = "giving every item the same probabilities"
    words = same if ranks(setting.task) else setting.task.target.constant_words(label)
    return "" if words is None else f"To compare: {words} scores {points(reached)}{unit(setting.metric)}."


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


def _difference(result: Result, names: Mapping[str, str]) -> dict[str, str]:
    difference = result.difference
    if difference is None:
        return {}
    low, high = difference.ci95
    region = points(result.equivalence)
    first, second = names[difference.first], names[difference.second]
    line = (
        f"{first[:1].upper()}{first[1:]} minus {second} is {signed(difference.mean)} points, 95 % interval "
        f"{signed(low)} to {signed(high)}, {_p(difference.p)}."
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
