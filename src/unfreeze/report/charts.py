"""Charts as Vega-Lite specs. Neutral colours are `style` names that the page fills in, to follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from unfreeze.language.message import joined, say
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.report.drawing import Looks, Rows, Spec, axis_window, by_look, finished, named, of_rows, tip
from unfreeze.report.looks import Look

TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10800, 36000, 86400)
STEPS = (0.01, 0.1, 0.5, 1, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000, 86400)
DURATION = (
    "datum.value >= 3600 ? format(datum.value / 3600, '~r') + ' h' :"
    " datum.value >= 60 ? format(datum.value / 60, '~r') + ' min' : format(datum.value, '~r') + ' s'"
)


def score_against_cost(rows: Rows, seeds: Rows, looks: Looks, title: str, window: tuple[float, float]) -> Spec:
    """Test score with its 95 % interval against training seconds, a point for each arm; small ones are single seeds.

    Args:
        rows: `arm`, `seconds`, `score`, `low`, `high` (points), `cost` (seconds in words).
        seeds: `arm`, `seconds`, `score`, `seed`.
        window: range of the score axis, points.
    """
    x = _time_axis([row["seconds"] for row in (*rows, *seeds)])
    y_scale = alt.Scale(domain=list(window), nice=False, zero=False)
    tooltip = [
        tip("arm:N", "", say("method")),
        tip("score:Q", ".2f"),
        tip("low:Q", ".2f", say("95 % from")),
        tip("high:Q", ".2f", say("to")),
    ]
    base = of_rows(rows).encode(x=x, color=by_look(looks), tooltip=[*tooltip, alt.Tooltip("cost:N", title=say("time"))])
    y = alt.Y("low:Q", title=title, scale=y_scale, axis=alt.Axis(tickCount=5))
    interval = base.mark_rule(strokeWidth=3, strokeCap="round").encode(y=y, y2="high:Q")
    mean = base.mark_point(size=150, filled=True, opacity=1).encode(
        y=alt.Y("score:Q", title=title, scale=y_scale), shape=by_look(looks, shape=True)
    )
    single = (
        of_rows(seeds)
        .mark_point(size=28, opacity=0.55, strokeWidth=1.5)
        .encode(x=x, y=alt.Y("score:Q", title=title, scale=y_scale), color=by_look(looks))
        .encode(tooltip=[tip("arm:N", "", say("method")), tip("seed:Q"), tip("score:Q", ".2f")])
    )
    return finished(
        alt.layer(single, interval, mean), 260, say("Test score with its 95 % interval against training time")
    )


def difference(values: tuple[float, float, float], region: float, first: str, second: str) -> Spec:
    """One arm minus another (points) with its interval, and the region of practical equivalence.

    Args:
        values: the difference and both ends of its interval.
        first, second: names of the arms.
    """
    mean, low, high = values
    reach = 1.2 * max(abs(low), abs(high), region)
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    row = {"mean": mean, "low": low, "high": high, "from": -region, "to": region, "zero": 0}
    base = of_rows([row]).encode(tooltip=[tip("mean:Q", ".2f"), tip("low:Q", ".2f"), tip("high:Q", ".2f")])
    x = alt.X("low:Q", scale=scale, title=say("{first} \N{MINUS SIGN} {second} (points)", first=first, second=second))
    band = base.mark_rect(style="band").encode(x=alt.X("from:Q", scale=scale, title=None), x2="to:Q")
    zero = base.mark_rule(style="quiet", strokeDash=[3, 3]).encode(x=alt.X("zero:Q", scale=scale))
    interval = base.mark_rule(style="ink", strokeWidth=4, strokeCap="round").encode(x=x, x2="high:Q", y=alt.value(52))
    point = base.mark_point(style="dark-dot", filled=True, size=160, opacity=1).encode(
        x=alt.X("mean:Q", scale=scale), y=alt.value(52)
    )
    left = base.mark_text(style="note", align="left", text=say("← {second} better", second=second))
    right = base.mark_text(style="note", align="right", text=say("{first} better \N{RIGHTWARDS ARROW}", first=first))
    layers = [band, zero, left.encode(x=alt.value(4), y=alt.value(12)), interval, point]
    layers.append(right.encode(x=alt.value("width"), y=alt.value(12)))
    return finished(alt.layer(*layers), 90, say("Difference of the methods with its 95 % interval"))


def seed_strip(rows: Rows, looks: Looks, title: str, window: tuple[float, float]) -> Spec:
    """Every final run's test score. Rows: `arm`, `seed`, `score` (points)."""
    x = alt.X("score:Q", title=title, scale=alt.Scale(domain=list(window), nice=False, zero=False))
    x = x.axis(tickCount=6)
    chart = (
        of_rows(rows)
        .mark_point(size=90, filled=True, opacity=0.8)
        .encode(x=x, y=alt.Y("arm:N", title=None, axis=alt.Axis(grid=True, domain=False, ticks=False)))
        .encode(color=by_look(looks, legend=False), shape=by_look(looks, shape=True, legend=False))
        .encode(tooltip=[tip("arm:N", "", say("method")), tip("seed:Q"), tip("score:Q", ".2f")])
    )
    return finished(chart, 40 + 30 * len({row["arm"] for row in rows}), say("Test score of every seed"))


def confusion(rows: Rows, look: Look) -> Spec:
    """Gold class against predicted class; shade and figure are the share of the gold class.

    Figures are left out past 12 classes, where they would not fit.

    Args:
        rows: `gold`, `predicted`, `count`, `share` (percent): a row for every pair, in the order of the axes.
    """
    classes = math.isqrt(len(rows))
    side = max(200, min(26 * classes, 700)) if classes > 4 else 48 * classes
    labels = alt.Axis(labelLimit=110, labelAngle=-30 if classes > 3 else 0, domain=False, ticks=False)
    # Sorted as the rows come: a list of names would be written into an expression, where not every name can stand.
    base = named().encode(
        x=alt.X("predicted:N", sort=None, title=say("predicted"), axis=labels),
        y=alt.Y("gold:N", sort=None, title=say("gold"), axis=alt.Axis(labelLimit=110, domain=False, ticks=False)),
        tooltip=[tip("gold:N"), tip("predicted:N"), tip("count:Q"), tip("share:Q", ".1f", say("% of gold"))],
    )
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 100], range=[0.03, 0.75]), legend=None)
    layers = [base.mark_rect(color=look.colour, stroke=None).encode(opacity=shade)]
    if classes <= 12:
        layers.append(base.mark_text(style="figure").encode(text=alt.Text("share:Q", format=".0f")))
    return finished(alt.layer(*layers), side, say("Confusion matrix of {name}", name=look.name), rows)


def most_confused(rows: Rows, look: Look) -> Spec:
    """The most frequent confusions, a bar each. Rows: `pair`, `gold`, `predicted`, `count`, `share` (percent)."""
    bars = (
        named()
        .mark_bar(color=look.colour)
        .encode(
            x=alt.X("count:Q", title=say("times, all seeds together"), axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("pair:N", sort=None, title=None, axis=alt.Axis(labelLimit=230, domain=False, ticks=False)),
            tooltip=[tip("gold:N"), tip("predicted:N"), tip("count:Q"), tip("share:Q", ".1f", say("% of gold"))],
        )
    )
    described = say("The most frequent confusions of {name}, gold class and predicted class", name=look.name)
    return finished(bars, max(18 * len(rows), 60), described, rows)


def scatter(rows: Rows, look: Look, ends: tuple[float, float]) -> Spec:
    """Predicted against gold score with the line of equality.

    Args:
        rows: `gold`, `predicted`, `text`.
        ends: of both axes, the same for every method so that charts can be compared.
    """
    domain = alt.Scale(domain=list(ends), zero=False)
    points = (
        named()
        .mark_circle(size=26, opacity=0.45, color=look.colour)
        .encode(
            x=alt.X("gold:Q", scale=domain, title=say("gold")),
            y=alt.Y("predicted:Q", scale=domain, title=say("predicted")),
        )
        .encode(tooltip=[tip("gold:Q", ".2f"), tip("predicted:Q", ".2f"), tip("text:N")])
    )
    corners = of_rows([{"gold": end, "predicted": end} for end in ends])
    line = corners.mark_line(style="quiet", strokeDash=[4, 4]).encode(x="gold:Q", y="predicted:Q")
    return finished(alt.layer(line, points), 280, say("Predicted against gold score of {name}", name=look.name), rows)


def calibration(rows: Rows, look: Look, ends: tuple[float, float]) -> Spec:
    """Share of answers that came true against the probability that they were given, with the line of equality.

    Args:
        rows: a bin each, `said` and `true` in per cent, `answers`.
        ends: of both axes, the same for every method so that charts can be compared.
    """
    domain, told = alt.Scale(domain=list(ends), nice=False, zero=False), alt.Axis(tickCount=5, grid=False)
    x = alt.X("said:Q", scale=domain, title=say("said probability (%)"), axis=told)
    y = alt.Y("true:Q", scale=domain, title=say("came true (%)"), axis=told)
    tips = [tip("said:Q", ".1f", say("said, %")), tip("true:Q", ".1f", say("came true, %")), tip("answers:Q", ",")]
    base = of_rows(rows).encode(x=x, y=y)
    line = base.mark_line(color=look.colour, opacity=0.6, strokeWidth=1.5)
    size = alt.Size("answers:Q", scale=alt.Scale(zero=True, range=[20, 110]), legend=None)
    points = base.mark_point(color=look.colour, shape=look.shape, filled=True, opacity=1)
    points = points.encode(size=size, tooltip=tips)
    corners = of_rows([{"said": end, "true": end} for end in ends]).encode(x=x, y=y)
    promise = corners.mark_line(style="quiet", strokeDash=[4, 4])
    each = joined(
        (say("{said:.0f} % said, {true:.0f} % true", said=row["said"], true=row["true"]) for row in rows), "; "
    )
    return finished(
        alt.layer(promise, line, points), 240, say("Calibration of {name}: {each}", name=look.name, each=each)
    )


def layer_weights(rows: Rows, look: Look) -> Spec:
    """Learned weight of each layer, bar: mean over seeds, points: seeds. Rows: `layer`, `weight` (percent), `seed`."""
    layers = len({row["layer"] for row in rows})
    x = alt.X("layer:O", title=say("layer (0 is the embedding layer)"), axis=alt.Axis(labelAngle=0))
    base = of_rows(rows)
    y = alt.Y("mean(weight):Q", title=say("weight (%)"), scale=alt.Scale(zero=True))
    tips = [tip("layer:O"), tip("mean(weight):Q", ".2f", say("mean weight, %"))]
    bars = base.mark_bar(color=look.colour, opacity=0.55).encode(x=x, y=y, tooltip=tips)
    seeds = base.mark_point(style="dark-dot", filled=True, size=22, opacity=0.75).encode(
        x=x, y="weight:Q", tooltip=[tip("layer:O"), tip("seed:Q"), tip("weight:Q", ".2f", say("weight, %"))]
    )
    even = of_rows([{"even": 100 / layers}]).mark_rule(style="quiet", strokeDash=[3, 3]).encode(y="even:Q")
    return finished(alt.layer(bars, even, seeds), 200, say("Learned layer weights of {name}", name=look.name))


def layer_scores(rows: Rows, resamples: Rows, title: str) -> Spec:
    """Test score of each layer's linear probe with its 95 % interval; small points are probes on resampled rows.

    Args:
        rows: `layer`, `score`, `low`, `high`, `dev` (points), `chosen`.
        resamples: `layer`, `score`.
    """
    window = axis_window([row[end] for row in rows for end in ("low", "high")])
    x = alt.X("layer:O", title=say("layer (0 is the embedding layer)"), axis=alt.Axis(labelAngle=0, grid=False))
    scale = alt.Scale(domain=list(window), nice=False, zero=False)
    tips = [tip("layer:O"), tip("score:Q", ".2f", say("test")), tip("low:Q", ".2f", say("95 % from"))]
    tips += [tip("high:Q", ".2f", say("to")), tip("dev:Q", ".2f")]
    base = of_rows(rows).encode(x=x, tooltip=tips)
    low = alt.Y("low:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5))
    score = alt.Y("score:Q", title=title, scale=scale)
    drawn = of_rows(resamples).mark_point(style="dot", size=14, opacity=0.5, filled=True, clip=True)
    colour = FEATURE_EXTRACTION.words.colour
    rule = base.mark_rule(color=colour, strokeWidth=3, strokeCap="round").encode(y=low, y2="high:Q")
    point = base.mark_point(color=colour, size=90, filled=True, opacity=1).encode(y=score)
    best = base.transform_filter("datum.chosen").mark_point(style="ink", size=230, strokeWidth=2).encode(y=score)
    layers = (drawn.encode(x=x, y=score), rule, point, best)
    return finished(alt.layer(*layers), 220, say("Test score of a linear probe on each layer, with its 95 % interval"))


def training_curves(rows: Rows, title: str, look: Look) -> Spec:
    """Dev score by epoch, one line a run; final runs in colour, other trials grey, the kept epoch as a filled point.

    Rows: `run`, `recipe`, `seed`, `final`, `kept`, `epoch`, `dev` (points), `loss`.
    """
    window = axis_window([row["dev"] for row in rows])
    tips = [
        tip("recipe:N"),
        tip("seed:Q"),
        tip("epoch:Q"),
        tip("dev:Q", ".2f"),
        tip("loss:Q", ".4f", say("train loss")),
    ]
    last = max(row["epoch"] for row in rows)
    ticks = alt.Axis(values=list(range(1, last + 1, max(1, math.ceil(last / 12)))), format="d", grid=False)
    x = alt.X("epoch:Q", title=say("epoch"), axis=ticks, scale=alt.Scale(domain=[1, max(last, 2)], padding=10))
    y = alt.Y("dev:Q", title=title, scale=alt.Scale(domain=list(window), zero=False, nice=False))
    base = named().encode(x=x, y=y, detail="run:N", tooltip=tips)
    trials = [base.mark_line(style="quiet", opacity=0.6), base.mark_point(style="dot", size=14, filled=True)]
    finals = [
        base.mark_line(color=look.colour, strokeWidth=2),
        base.mark_point(color=look.colour, size=20, filled=True, opacity=1),
        base.transform_filter("datum.kept").mark_point(color=look.colour, size=90, filled=True, opacity=1),
    ]
    layers = [layer.transform_filter("!datum.final") for layer in trials]
    layers += [layer.transform_filter("datum.final") for layer in finals]
    return finished(alt.layer(*layers), 220, say("Dev score by epoch, {name}", name=look.name), rows)


def _time_axis(seconds: Sequence[float]) -> Any:
    """An axis of durations; logarithmic, and saying so, when the longest is over five times the shortest."""
    low, high = min(seconds), max(seconds)
    log = low > 0 and high / low > 5
    domain = [low / 2, high * 2] if log else [0, 1.15 * high or 1]
    step = next((step for step in STEPS if domain[1] / step <= 6), STEPS[-1])  # whole seconds, minutes or hours
    even = [n * step for n in range(int(domain[1] / step) + 1)]
    ticks = [tick for tick in TICKS if domain[0] <= tick <= domain[1]] if log else even
    scale = alt.Scale(type="log", domain=domain) if log else alt.Scale(domain=domain, nice=False)
    axis = alt.Axis(grid=False, values=ticks, labelExpr=DURATION)
    return alt.X(
        "seconds:Q",
        title=say("training time with extraction (log scale)") if log else say("training time with extraction"),
        scale=scale,
        axis=axis,
    )
