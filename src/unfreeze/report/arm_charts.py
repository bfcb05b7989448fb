"""Charts of any number of arms. Names of encoders are data, never a part of a scale.

A row's name stands above its marks and not on an axis, so that it has the whole width, also of a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from unfreeze.language.message import say, template
from unfreeze.report.drawing import Looks, Rows, Spec, axis_window, by_look, finished, of_rows, tip

ROW = 42  # pixels
NARROW = 520  # pixels: a phone
BILLIONS = (
    (1e15, template("quadrillion multiply-adds to train")),
    (1e12, template("trillion multiply-adds to train")),
    (1e9, template("billion multiply-adds to train")),
    (1e6, template("million multiply-adds to train")),
    (1.0, template("multiply-adds to train")),
)


def forest(rows: Rows, seeds: Rows, looks: Looks, title: str, *, joint: bool) -> Spec:
    """Test score of each arm with its intervals, one below the other; small points are single seeds.

    Args:
        rows: `place`, `label`, `method`, `score`, `low`, `high`, `wide_low`, `wide_high` (points), `shown`, `brief`;
            a row whose method is none of the looks, the floor, is drawn without colour.
        seeds: `place`, `method`, `seed`, `score`.
        looks: of the methods.
        joint: draw the wide interval too.
    """
    ends = [row[end] for row in rows for end in ("low", "high", "wide_low", "wide_high")]
    low, high = axis_window([*ends, *(row["score"] for row in seeds)])
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    tips = [
        tip("label:N", "", say("arm")),
        tip("score:Q", ".2f"),
        tip("low:Q", ".2f", say("95 % from")),
        tip("high:Q", ".2f", say("to")),
    ]
    if joint:
        tips += [tip("wide_low:Q", ".2f", say("all at once from")), tip("wide_high:Q", ".2f", say("to "))]
    base = of_rows(rows).encode(y=_rows_axis(), tooltip=tips)
    single = (
        of_rows(seeds)
        .mark_point(size=20, filled=True, opacity=0.6, yOffset=8)
        .encode(x=alt.X("score:Q", scale=scale), y=_rows_axis(), color=by_look(looks, field="method"))
        .encode(tooltip=[tip("seed:Q"), tip("score:Q", ".2f")])
    )
    marks = _marks(base, looks, scale, title, joint)
    below = base.transform_filter("datum.floor")
    floor = [
        below.mark_rule(style="quiet", strokeWidth=3).encode(x=alt.X("low:Q", scale=scale), x2="high:Q"),
        below.mark_point(style="dark-dot", shape="cross", filled=True, size=90, opacity=1).encode(
            x=alt.X("score:Q", scale=scale)
        ),
    ]
    layers = [*marks[:-1], *floor, single, marks[-1], *_names(base)]
    height = ROW * len(rows)
    return finished(alt.layer(*layers), height, say("Test score of every arm with its 95 % interval, highest first"))


def gaps(rows: Rows, looks: Looks, region: float, title: str, description: str) -> Spec:
    """Differences of two arms each, one below the other, with the region of practical equivalence.

    Args:
        rows: `place`, `label`, `method`, `score` (the difference), `low`, `high` (points), `shown`, `brief`.
        looks: of the methods.
        region: half-width, points.
    """
    reach = [end for row in rows for end in (row["low"], row["high"])]
    margin = 0.06 * (max(*reach, region) - min(*reach, -region))
    domain = [min(*reach, -region) - margin, max(*reach, region) + margin]
    scale = alt.Scale(domain=domain, nice=False, zero=False)
    tips = [tip("label:N", "", " "), tip("score:Q", "+.2f", say("difference")), tip("low:Q", "+.2f", say("from"))]
    base = of_rows(rows).encode(y=_rows_axis(), tooltip=[*tips, tip("high:Q", "+.2f", say("to"))])
    one = of_rows([{"from": -region, "to": region, "zero": 0}])
    band = one.mark_rect(style="band").encode(x=alt.X("from:Q", scale=scale, title=title), x2="to:Q")
    zero = one.mark_rule(style="quiet", strokeDash=[3, 3]).encode(x=alt.X("zero:Q", scale=scale))
    layers = [band, zero, *_marks(base, looks, scale, title, False), *_names(base)]
    return finished(alt.layer(*layers), ROW * len(rows), description)


def front(rows: Rows, looks: Looks, title: str) -> Spec:
    """Test score against counted work, a numbered point for each arm; a line joins those on the front.

    Args:
        rows: `place`, `label`, `method`, `score`, `low`, `high` (points), `work`
            (multiply-adds), `counted`, `on_front`.
        looks: of the methods.
    """
    unit, word = next(pair for pair in BILLIONS if max(row["work"] for row in rows) >= pair[0] or pair[0] == 1.0)
    rows = [{**row, "units": row["work"] / unit} for row in rows]
    low, high = axis_window([row[end] for row in rows for end in ("low", "high")])
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    x = _work_axis([row["units"] for row in rows], word)
    tips = [
        tip("label:N", "", say("arm")),
        tip("score:Q", ".2f"),
        tip("low:Q", ".2f", say("95 % from")),
        tip("high:Q", ".2f", say("to")),
    ]
    base = of_rows(rows).encode(x=x, tooltip=[*tips, tip("counted:N", "", say("multiply-adds"))])
    score = alt.Y("score:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5))
    colour, shape = by_look(looks, field="method"), by_look(looks, field="method", shape=True)
    line = base.transform_filter("datum.on_front").mark_line(style="quiet", strokeDash=[5, 4], interpolate="step-after")
    bars = base.mark_rule(strokeWidth=2, strokeCap="round", opacity=0.6).encode(
        y=alt.Y("low:Q", title=title, scale=scale), y2="high:Q", color=colour
    )
    points = base.mark_point(size=130, filled=True, opacity=1).encode(y=score, color=colour, shape=shape)
    numbers = base.mark_text(style="figure", dx=9, dy=-9, align="left").encode(y=score, text="place:N")
    layers = (line.encode(y=score, order="units:Q"), bars, points, numbers)
    return finished(alt.layer(*layers), 300, say("Test score of every arm against counted work"))


def _rows_axis() -> Any:
    return alt.Y("place:O", sort=None, title=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))


def _marks(base: Any, looks: Looks, scale: Any, title: str, joint: bool) -> list[Any]:
    """The interval of each row that has a look, and its point last."""
    base = base.transform_filter("!datum.floor").encode(color=by_look(looks, field="method"))
    axis = alt.Axis(tickCount=6)
    mean = base.mark_point(size=130, filled=True, opacity=1).encode(
        x=alt.X("score:Q", scale=scale, title=title, axis=axis), shape=by_look(looks, field="method", shape=True)
    )
    bar = base.mark_rule(strokeWidth=4, strokeCap="round").encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q")
    wide = base.mark_rule(strokeWidth=1.5).encode(x=alt.X("wide_low:Q", scale=scale, axis=axis), x2="wide_high:Q")
    return [*([wide] if joint else []), bar, mean]


def _names(base: Any) -> list[Any]:
    """The name of each row above its marks, and at the right its numbers, on a phone without the interval."""
    limit = alt.ExprRef(f"width > {NARROW} ? width - 130 : width - 50")
    name = base.mark_text(style="row", align="left", dy=-13, limit=limit)
    numbers = alt.ExprRef(f"width > {NARROW} ? datum.shown : datum.brief")
    shown = base.mark_text(style="row", align="right", dy=-13, text=numbers)
    return [name.encode(x=alt.value(0), text="label:N"), shown.encode(x=alt.value("width"))]


def _work_axis(values: Sequence[float], word: str) -> Any:
    """An axis of counted work; logarithmic, and saying so, when the largest is over five times the smallest."""
    low, high = min(values), max(values)
    log = low > 0 and high / low > 5
    domain = [low / 1.6, high * 1.6] if log else [0, 1.15 * high or 1]
    scale = alt.Scale(type="log", domain=domain) if log else alt.Scale(domain=domain, nice=False)
    name = say("{axis} (log scale)", axis=say(word)) if log else say(word)
    ticks = {}
    if log:
        decades = [10.0**power for power in range(math.floor(math.log10(domain[0])), math.ceil(math.log10(domain[1])))]
        within = [step * decade for decade in decades for step in (1, 2, 5) if domain[0] <= step * decade <= domain[1]]
        ticks = {"values": within if len(within) <= 6 else [tick for tick in decades if domain[0] <= tick]}
    return alt.X("units:Q", title=name, scale=scale, axis=alt.Axis(grid=False, format="~r", **ticks))
