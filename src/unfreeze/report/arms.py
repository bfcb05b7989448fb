"""The answer where there are more than two arms, or several encoders: cards, forest, front, and what each step buys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from unfreeze.judging.gaps import PairGap
from unfreeze.judging.machines import on_machines
from unfreeze.judging.read import Compared
from unfreeze.judging.result import ArmResult, EncoderResult, Result
from unfreeze.judging.wording import floor_words
from unfreeze.language.message import joined, say, template
from unfreeze.report import arm_charts, arm_tables
from unfreeze.report.drawing import Looks, Spec
from unfreeze.report.looks import Look, look_of
from unfreeze.report.numbers import axis_title, megabytes, metric_name, points, seconds, signed, unit
from unfreeze.report.ranking import Ranked, Step, encoder_steps, method_steps, ranked
from unfreeze.report.tables import counted

NAMED = 4  # arms that a card names
FLOOR = "floor"


def is_many(compared: Compared) -> bool:
    """Whether the answer is shown by this page rather than by that of two methods."""
    return compared.several or len(compared.arms) > 2


def page(compared: Compared, result: Result) -> dict[str, Any]:
    """What `arms.html.j2` shows besides charts."""
    rows = ranked(result)
    return {
        "arm_cards": _cards(result, rows),
        "forest_caption": _forest_caption(result, rows),
        "arm_table": arm_tables.arms(result, rows),
        "times_line": result.why_not_compared or say("Training is the time of one run."),
        "leader": rows[0].look.name,
        "gaps_caption": _gaps_caption(result) if len(rows) > 1 else "",
        "front_caption": FRONT_CAPTION,
        "steps": [
            (title, name, STEP_CAPTION, arm_tables.steps(steps, title, result.equivalence))
            for name, title, steps in _steps(result)
        ],
        "dropped": list(result.dropped.items()),
        "reports": _reports(compared, result),
    }


def specs(compared: Compared, result: Result) -> dict[str, Spec]:
    """The charts of `arms.html.j2` by name."""
    rows, methods = ranked(result), _methods(result)
    title = axis_title(result.metric, "test")
    drawn = [_row(result, row) for row in rows]
    seeds = [
        {"place": row.place, "method": _method(row.arm).name, "seed": run.seed, "score": 100 * run.test}
        for row in rows
        for run in row.arm.runs
    ]
    floor = _floor_rows(result, len(rows) + 1)
    made = {
        "forest": arm_charts.forest([*drawn, *floor], seeds, methods, title, joint=len(rows) > 2),
        "front": arm_charts.front(drawn, methods, title),
    }
    behind = [_gap_row(row.place, row.label, row.arm, row.behind) for row in rows if row.behind is not None]
    if behind:
        axis = say("points, each arm \N{MINUS SIGN} arm 1")
        described = say("Each arm minus the one of the highest score, with simultaneous 95 % intervals")
        made["gaps"] = arm_charts.gaps(behind, methods, 100 * result.equivalence, axis, described)
    for name, title, steps in _steps(result):
        changes = [
            _gap_row(place, step.label, result.arm(step.gap.first), step.gap) for place, step in enumerate(steps, 1)
        ]
        made[name] = arm_charts.gaps(changes, methods, 100 * result.equivalence, say("points gained"), title)
    return made


FRONT_CAPTION = say(
    "Numbers are places by score. Cost is counted and not timed: multiply-adds of every recipe tried, every seed and "
    "the layer states that they read. The dashed line joins the front, the arms that no other arm beats for the same "
    "cost or less. Neither axis need start at 0."
)
STEP_CAPTION = say("Intervals hold for all pairs of arms at once; the band is the region of practical equivalence.")


def _steps(result: Result) -> list[tuple[str, str, list[Step]]]:
    """Name of the chart, title and steps, where there are any."""
    groups = [
        ("method-steps", say("What the next method buys"), method_steps(result)),
        ("encoder-steps", say("What the next encoder buys, the cheapest to predict with first"), encoder_steps(result)),
    ]
    return [group for group in groups if group[2]]


def _methods(result: Result) -> Looks:
    """The looks of the methods themselves."""
    return [look_of(name) for name in dict.fromkeys(arm.method for arm in result.arms)]


def _method(arm: ArmResult) -> Look:
    return look_of(arm.method)


def _row(result: Result, row: Ranked) -> dict[str, Any]:
    test, cost = row.arm.test, row.arm.cost
    (low, high), (wide_low, wide_high) = test.ci95, test.joint_ci95
    return {
        "place": row.place,
        "label": say("{label} (to use)", label=row.label) if row.arm.id == result.verdict.use else row.label,
        "method": _method(row.arm).name,
        "score": 100 * test.mean,
        "low": 100 * low,
        "high": 100 * high,
        "wide_low": 100 * wide_low,
        "wide_high": 100 * wide_high,
        "brief": points(test.mean),
        "shown": say("{mean} ({low} to {high})", mean=points(test.mean), low=points(low), high=points(high)),
        "floor": False,
        "work": cost.work,
        "counted": counted(cost),
        "on_front": row.on_front,
    }


def _floor_rows(result: Result, place: int) -> list[dict[str, Any]]:
    if (floor := result.floor) is None:
        return []
    low, high = floor.ci95
    ends = {"low": 100 * low, "high": 100 * high, "wide_low": 100 * low, "wide_high": 100 * high}
    label = say("{floor}, no encoder", floor=floor_words(floor.name))
    shown = say("{mean} ({low} to {high})", mean=points(floor.test), low=points(low), high=points(high))
    row = {"place": place, "label": label, "method": FLOOR, "score": 100 * floor.test, "shown": shown}
    return [{**row, **ends, "brief": points(floor.test), "floor": True}]


def _gap_row(place: int, label: str, arm: ArmResult, gap: PairGap) -> dict[str, Any]:
    low, high = gap.joint_ci95
    return {
        "place": place,
        "label": label,
        "method": _method(arm).name,
        "score": 100 * gap.mean,
        "low": 100 * low,
        "high": 100 * high,
        "brief": signed(gap.mean, 1),
        "shown": say("{mean} ({low} to {high})", mean=signed(gap.mean, 1), low=signed(low, 1), high=signed(high, 1)),
    }


def _cards(result: Result, rows: Sequence[Ranked]) -> list[dict[str, Any]]:
    """The arm to use, that of the highest score where it is another one, and how sure that is."""
    used, first = next(row for row in rows if row.arm.id == result.verdict.use), rows[0]
    cards = [_arm_card(result, used, say("To use") if used != first else say("To use, and the highest score"))]
    if used != first:
        cards.append(_arm_card(result, first, say("Highest score")))
    return [*cards, _certainty(result, rows)] if len(rows) > 1 else cards


def _arm_card(result: Result, row: Ranked, title: str) -> dict[str, Any]:
    (low, high), cost = row.arm.test.ci95, row.arm.cost
    failed = [run for run in row.arm.runs if run.degenerate or run.diverged]
    lines = [
        say(
            "test {metric}, 95 % interval {low} to {high}",
            metric=metric_name(result.metric), low=points(low), high=points(high),
        ),
        say(
            "{time} to train once{machines}, {size} to keep for this task",
            time=seconds(cost.extract_s + cost.train_s), machines=on_machines(cost.machines, result.seconds_differ),
            size=megabytes(cost.stored_mb),
        ),
    ]  # fmt: skip
    if failed:
        lines.append(
            say(
                "{failed} of {runs} runs diverged or gave one answer for everything.",
                failed=len(failed), runs=len(row.arm.runs),
            )
        )  # fmt: skip
    score = f"{points(row.arm.test.mean)}{unit(result.metric)}"
    return {"title": title, "name": row.look.name, "colour": row.look.css, "score": score, "lines": lines}


def _certainty(result: Result, rows: Sequence[Ranked]) -> dict[str, Any]:
    contenders = [row for row in rows[1:] if row.arm.id in result.verdict.contenders]
    if contenders:
        named = [row.look.name for row in contenders[:NAMED]]
        more = [say("and {number} more", number=len(contenders) - NAMED)] if contenders[NAMED:] else []
        lines = [say("cannot be told from the highest score:"), *named, *more]
        score = say("{number} of {all}", number=len(contenders), all=len(rows) - 1)
    else:
        score = say("{number} of {all}", number=len(rows) - 1, all=len(rows) - 1)
        nearest = next(row for row in rows if row.behind is not None)
        lines = [say("other arms are worse beyond doubt; the nearest is"), nearest.look.name, _behind(nearest)]
    lines.append(say("All arms were compared at once; together the intervals hold in 95 % of cases."))
    return {"title": say("How sure"), "name": "", "colour": "", "score": score, "lines": lines}


def _behind(row: Ranked) -> str:
    if row.behind is None:
        return ""
    low, high = row.behind.joint_ci95
    return say(
        "{mean} points, {low} to {high}", mean=signed(row.behind.mean, 1), low=signed(low, 1), high=signed(high, 1)
    )


def _forest_caption(result: Result, rows: Sequence[Ranked]) -> str:
    sentences = [say(_POINTS_AND_BARS if len(rows) > 2 else _POINTS)]
    if result.floor is not None:
        sentences.append(say("The cross is a bag of words without any encoder."))
    return joined([*sentences, _COMPARED], " ")


_POINTS = template(
    "Large points are means over seeds, small ones single seeds; thick bars are 95 % intervals over items and seeds."
)
_POINTS_AND_BARS = template(
    "Large points are means over seeds, small ones single seeds; thick bars are 95 % intervals over items and seeds, "
    "thin bars the ones that hold for all arms at once."
)
_COMPARED = say(
    "Arms are held against each other by the differences below, which tell more than bars that overlap. The axis does "
    "not start at 0."
)


def _gaps_caption(result: Result) -> str:
    return say(
        "Differences from the highest score, with intervals that hold for all pairs of arms at once. The grey band is "
        "the region of practical equivalence, {region} points to each side. An arm is worse beyond doubt if its bar "
        "does not reach the dashed line and its point lies outside the band.",
        region=points(result.equivalence),
    )


def _reports(compared: Compared, result: Result) -> list[dict[str, str]]:
    """Each encoder with the way to its own report; none where there is one encoder and no folder below."""
    if not compared.several:
        return []
    return [
        {
            "name": name,
            "href": f"encoders/{quote(comparison.folder.name)}/report.html",
            "about": _about(result.encoders[name], result.metric),
        }
        for name, comparison in compared.comparisons.items()
    ]


def _about(encoder: EncoderResult, metric: str) -> str:
    parts = []
    if encoder.parameters:
        parts.append(say("{number:,} parameters", number=encoder.parameters))
    if encoder.mb:
        parts.append(megabytes(encoder.mb))
    if encoder.probes is not None:
        best = next(one for one in encoder.probes.layers if one.layer == encoder.probes.chosen)
        parts.append(
            say(
                "best linear probe on layer {layer}, {score} {metric}",
                layer=best.layer, score=points(best.test), metric=metric_name(metric),
            )
        )  # fmt: skip
    return joined(parts)
