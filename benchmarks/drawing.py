"""Charts of results as SVG, on white, so that they can be read on a dark page too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert
from results import Chart, Ratio
from targets import Judged, Target

BLUE, GREY, INK = "#2f7ed8", "#9aa5b1", "#333333"
SERIES = (GREY, BLUE, "#d9730d", "#3a9a5b", "#8e5bb5", "#b0a030")
WIDTH = 560


def svg(chart: Chart) -> str:
    """A chart of a result."""
    return _converted(_bars(chart) if chart.kind == "bars" else _lines(chart), chart.title)


def targets_svg(rows: Sequence[Judged]) -> str:
    """What was measured, in shares of its target: at 1 it is met. A tick is its aim."""
    values = [_reached(row.target, row.ratio) for row in rows if row.ratio is not None]
    base = alt.Chart(alt.Data(values=values)).encode(y=alt.Y("name:N", sort=None, title=None, axis=_names(340)))
    title = "measured to target (line: least and greatest of the turns; tick: aim)"
    bars = base.mark_bar(color=BLUE, height=14).encode(x=alt.X("reached:Q", title=title))
    ranges = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    aims = base.transform_filter("datum.aim != null").mark_tick(color=INK, thickness=2, size=18).encode(x="aim:Q")
    met = alt.Chart(alt.Data(values=[{"one": 1}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="one:Q")
    return _converted(alt.layer(bars, ranges, aims, met), "Ratios and their targets")


def _reached(target: Target, ratio: Ratio) -> dict[str, str | float | None]:
    """A row of the chart; least and greatest are kept of ratios by the clock alone."""
    value = target.value(ratio) or 0.0
    ends = (ratio.low, ratio.high) if target.by == "clock" else (None, None)
    low, high = (target.reached(value if end is None else end) for end in ends)
    aim = None if target.aim is None else target.reached(target.aim)
    name = ratio.name + (", by processor time" if target.by == "processor" else "")
    return {"name": name, "reached": target.reached(value), "aim": aim, "low": low, "high": high}


def _bars(chart: Chart) -> Any:
    rows = [{"series": series, "x": str(x), "y": y} for series, x, y in chart.points]
    names = list(dict.fromkeys(row["series"] for row in rows))
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("y:Q", title=chart.y), y=alt.Y("x:N", sort=None, title=chart.x or None, axis=_names(260))
    )
    if len(names) == 1:
        return base.mark_bar(color=BLUE, height=14)
    offset = alt.YOffset("series:N", sort=names)
    return base.mark_bar().encode(color=_series(names), yOffset=offset)


def _lines(chart: Chart) -> Any:
    """On logarithmic axes a point at 0 has no place and is left out."""
    rows = [{"series": s, "x": float(x), "y": y} for s, x, y in chart.points if not chart.log or y > 0]
    names = list(dict.fromkeys(row["series"] for row in rows))
    scale = alt.Scale(type="log", nice=False, padding=12) if chart.log else alt.Scale()
    axis = alt.Axis(format="~s", tickCount=6)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("x:Q", title=chart.x, scale=scale, axis=axis),
        y=alt.Y("y:Q", title=chart.y, scale=scale, axis=axis),
        color=_series(names),
    )
    return (base.mark_line() + base.mark_point(filled=True, size=50)).properties(height=240)


def _names(limit: int) -> Any:
    return alt.Axis(labelLimit=limit, ticks=False, domain=False)


def _series(names: Sequence[str]) -> Any:
    colours = [SERIES[i % len(SERIES)] for i in range(len(names))]
    scale = alt.Scale(domain=list(names), range=colours)
    return alt.Color("series:N", scale=scale, legend=alt.Legend(title=None, orient="top", labelLimit=300))


def _converted(chart: Any, title: str) -> str:
    spec = chart.properties(width=WIDTH, title=title, background="white").to_dict()
    spec.setdefault("config", {}).update({"view": {"stroke": None}, "axis": {"gridColor": "#eeeeee"}})
    return str(vl_convert.vegalite_to_svg(spec))
