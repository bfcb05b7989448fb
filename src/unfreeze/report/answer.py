"""The top of the report, for a person who decides: the answer, what it rests on, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unfreeze.judging.machines import on_machines
from unfreeze.judging.read import Compared, Comparison
from unfreeze.judging.result import NO_CHOICE, ArmResult, Result, Verdict
from unfreeze.language.message import joined, opening, say, template
from unfreeze.methods.table import method_named
from unfreeze.report import arms, charts, tables
from unfreeze.report.drawing import Spec, axis_window
from unfreeze.report.looks import Look, looks
from unfreeze.report.numbers import axis_title, metric_name, points, seconds, settings, signed, unit
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import best_constant, ranks

COST_CAPTION = template(
    "Large points are means over seeds, bars their 95 % intervals over items and seeds, small points single seeds. "
    "Mind the axis: it runs from {low:g} to {high:g}, not from 0."
)


def page(compared: Compared, result: Result) -> dict[str, Any]:
    """What `answer.html.j2` shows besides charts."""
    setting = compared.first.setting
    sizes, names = setting.data.sizes, {arm: look.name for arm, look in looks(result.arms).items()}
    many = arms.is_many(compared)
    trained = say("{items:,} training items", items=sizes["train"]) if "train" in sizes else ""
    kicker = (setting.data.name, setting.task.kind, _encoders(result), trained)
    return {
        "task": setting.task,
        "title": say("unfreeze: {name}", name=setting.data.name or say("comparison")),
        "kicker": joined((part for part in kicker if part), " · "),
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
        "cost_caption": "" if result.seconds_differ else say(COST_CAPTION, low=low, high=high),
        "why_not_compared": result.why_not_compared or "",
        "difference": result.difference,
        **_difference(result, names),
    }


def _encoders(result: Result) -> str:
    names = [about.name or name for name, about in result.encoders.items()]
    if len(names) == 1:
        return say("encoder {name}", name=names[0])
    return say("encoders {names}", names=joined(result.encoders))


def _headline(compared: Compared, result: Result) -> dict[str, str]:
    """The answer in a few words (`short`), the rest of the verdict's headline (`lead`), and what to use."""
    verdict, used = result.verdict, result.used
    advised = looks(result.arms)[used.id].name
    if len(result.arms) == 1:
        score = f"{points(used.test.mean)}{unit(result.metric)}"
        short = say(
            "{arm}: {score} {metric}", arm=opening(advised), score=score, metric=metric_name(result.metric)
        )  # fmt: skip
    elif verdict.choice in NO_CHOICE:
        short = _no_choice(verdict, advised, len(result.arms))
    else:
        short = method_named(used.method).words.advice_for(None if len(result.encoders) == 1 else used.encoder)
    return {"short": short, "lead": verdict.detail, "advised": advised, "recipe": settings(used.recipe)}


def _no_choice(verdict: Verdict, advised: str, arms: int) -> str:
    """The short answer where no arm is better than every other."""
    if verdict.choice == "not-measured":
        return say("Nothing was measured: no run learned anything")
    equal = verdict.choice == "equal"
    if arms == 2:
        return say(_EQUAL_OF_TWO if equal else _UNDECIDED_OF_TWO, advised=advised)
    return say(_EQUAL if equal else _UNDECIDED, advised=advised, near=len(verdict.contenders))


_EQUAL_OF_TWO = template("No difference that matters: use {advised}, the cheaper one")
_EQUAL = template("No difference that matters: use {advised}, the cheapest of {near}")
_UNDECIDED_OF_TWO = template("Undecided: until then use {advised}, the cheaper one")
_UNDECIDED = template("Undecided: until then use {advised}, the cheapest of {near} that cannot be distinguished")


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
    if len(where) == 1:
        failed = say(_ONE_ANSWER[where.pop()], bad=len(bad), runs=len(runs))
    else:
        failed = say("{bad} of {runs} runs gave one answer for everything.", bad=len(bad), runs=len(runs))
    return {
        "name": look.name,
        "colour": look.css,
        "advised": arm.id == result.verdict.use and len(result.arms) > 1,
        "score": points(arm.test.mean),
        "interval": say(
            "test {metric}, 95 % interval {low} to {high}",
            metric=metric_name(result.metric), low=points(low), high=points(high),
        ),
        "cost": say(
            _COST[len(runs) == 1], time=seconds(cost.extract_s + cost.train_s), runs=len(runs), folds=_in_folds(result),
            machines=on_machines(cost.machines, result.seconds_differ),
        ),
        "degenerate": failed if bad else "",
    }  # fmt: skip


_COST = {
    True: template("{time} to train, mean of {runs} seed{folds}{machines}"),
    False: template("{time} to train, mean of {runs} seeds{folds}{machines}"),
}
_ONE_ANSWER = {
    "dev": template("{bad} of {runs} runs gave one answer for every dev item."),
    "test": template("{bad} of {runs} runs gave one answer for every test item."),
}


def _in_folds(result: Result) -> str:
    return "" if result.folds is None else say(" in each of {folds} folds", folds=result.folds.number)


def _baseline(comparison: Comparison) -> str:
    """What a constant answer would score, so that a score can be read for what it is."""
    setting = comparison.setting
    label, reached = best_constant(setting.task, [item.label for item in comparison.items], setting.labels)
    same = say("giving every item the same probabilities")
    words = same if ranks(setting.task) else setting.task.target.constant_words(label)
    if words is None:
        return ""
    score = f"{points(reached)}{unit(setting.metric)}"
    return say("To compare: {words} scores {score}.", words=words, score=score)


def _floor_line(result: Result) -> str:
    """What the floor is, in a sentence."""
    if (floor := result.floor) is None:
        return ""
    return say(
        "A bag of words under {model} regression, trained in {time} on {items:,} training items, knows no encoder. "
        "What a method reaches above it is what the encoder adds.",
        model=say(task(result.task).target.regression), time=seconds(floor.train_s), items=floor.trained_on,
    )  # fmt: skip


def _difference(result: Result, names: Mapping[str, str]) -> dict[str, str]:
    difference = result.difference
    if difference is None:
        return {}
    low, high = difference.ci95
    first, second = names[difference.first], names[difference.second]
    line = say(
        "{first} minus {second} is {mean} points, 95 % interval {low} to {high}, {p}.",
        first=opening(first), second=second, mean=signed(difference.mean), low=signed(low), high=signed(high),
        p=_p(difference.p),
    )  # fmt: skip
    caption = say(
        "The point is the mean, the bar its 95 % interval. The grey band is the region of practical equivalence, "
        "{region} points to each side: differences inside it are too small to matter. p asks whether the luck of the "
        "items alone could explain it for these runs; the interval also allows for other seeds.",
        region=points(result.equivalence),
    )
    return {"difference_line": line, "difference_caption": caption}


def _p(p: float) -> str:
    return (
        f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{p:.3f}"
        if p >= 0.001
        else "p\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}0.001"
    )
