"""Charts of results as SVG, on white, so that they can be read on a dark page too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert
from results import Chart, Ratio

BLUE, GREY, INK = "#2f7ed8", "#9aa5b1", "#333333"
SERIES = (GREY, BLUE, "#d9730d", "#3a9a5b", "#8e5bb5", "#b0a030")
WIDTH = 560


def svg(chart: Chart) -> str:
    """A chart of a result."""
    return _converted(_bars(chart) if chart.kind == "bars" else _lines(chart), chart.title)


def targets_svg(ratios: Sequence[Ratio]) -> str:
    """Every ratio that has a target, in shares of it: at 1 it is met. A tick is its aim."""
    rows = [
        {"name": r.name, "reached": r.ratio / r.target, "aim": r.aim / r.target if r.aim else None,
         "low": (r.low or r.ratio) / r.target, "high": (r.high or r.ratio) / r.target}
        for r in ratios if r.target
    ]  # fmt: skip
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("name:N", sort=None, title=None, axis=_names(340)))
    title = "measured to target (line: least and greatest of the turns; tick: aim)"
    bars = base.mark_bar(color=BLUE, height=14).encode(x=alt.X("reached:Q", title=title))
    ranges = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    aims = base.transform_filter("datum.aim != null").mark_tick(color=INK, thickness=2, size=18).encode(x="aim:Q")
    met = alt.Chart(alt.Data(values=[{"one": 1}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="one:Q")
    return _converted(alt.layer(bars, ranges, aims, met), "Ratios and their targets")


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
