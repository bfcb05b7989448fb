"""Charts of studies as Vega-Lite specs. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from unfreeze.studies.page import Figure

COLOURS = ("#2f7ed8", "#d9730d", "#2e8b47", "#a04fc4", "#9aa5b1", "#c8402f")
_WIDTH = 620
Rows = Sequence[Mapping[str, Any]]


def gaps(rows: Rows, caption: str) -> Figure | None:
    """Differences with their intervals, one per row; `published` as rings where there is one.

    Args:
        rows: `row`, `mean`, `low`, `high` and perhaps `published`, points.
    """
    if not rows:
        return None
    base = alt.Chart(alt.Data(values=list(rows)))
    y = alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelLimit=260))
    zero = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color="#9aa5b1", strokeDash=[3, 3]).encode(x="zero:Q")
    bars = base.mark_rule(strokeWidth=3, color=COLOURS[0]).encode(x=alt.X("low:Q", title="points"), x2="high:Q", y=y)
    points = base.mark_point(filled=True, size=70, color=COLOURS[0], opacity=1).encode(x="mean:Q", y=y)
    rings = base.transform_filter("isValid(datum.published)").mark_point(size=90, color=COLOURS[1], strokeWidth=2)
    layers = [zero, bars, points, rings.encode(x="published:Q", y=y)]
    return Figure(_spec(alt.layer(*layers), 20 * len(rows) + 10), caption)


def lines(
    rows: Rows, x: str, y: str, caption: str, *, logarithmic: bool = False, facet: str | None = None
) -> Figure | None:
    """A line with its band for each `series`, over numbers.

    Args:
        rows: `series`, `x`, `y`, and perhaps `low` and `high`; and the column `facet`.
        x, y: titles of the axes.
    """
    if not rows:
        return None
    base = alt.Chart(alt.Data(values=list(rows)))
    scale = alt.Scale(type="log", base=2, nice=False) if logarithmic else alt.Scale(nice=False)
    across = alt.X("x:Q", title=x, scale=scale, axis=alt.Axis() if logarithmic else alt.Axis(tickMinStep=1))
    up = alt.Y("y:Q", title=y, scale=alt.Scale(zero=False))
    colour = alt.Color("series:N", sort=None, scale=alt.Scale(range=list(COLOURS)), legend=alt.Legend(
        orient="bottom", title=None, columns=2, labelLimit=300, symbolOpacity=1))  # fmt: skip
    band = base.transform_filter("isValid(datum.low)").mark_area(opacity=0.15).encode(
        x=across, y=alt.Y("low:Q", title=y, scale=alt.Scale(zero=False)), y2="high:Q", color=colour
    )  # fmt: skip
    line = base.mark_line(point=True, strokeWidth=2).encode(x=across, y=up, color=colour)
    layered = alt.layer(band, line)
    panels = [None] if facet is None else list(dict.fromkeys(row[facet] for row in rows))
    if len(panels) == 1:
        return Figure(_spec(layered if panels[0] is None else layered.properties(title=panels[0]), 280), caption)
    drawn = layered.properties(width=_WIDTH // 2 - 40, height=200).facet(
        facet=alt.Facet(f"{facet}:N", sort=None, title=None), columns=2
    )
    return Figure(drawn.resolve_scale(y="independent").configure_view(stroke=None).to_dict(), caption)


def dots(rows: Rows, x: str, y: str, caption: str) -> Figure | None:
    """Points with names and intervals.

    Args:
        rows: `name`, `series`, `x`, `y`, `low`, `high`.
        x, y: titles of the axes.
    """
    if not rows:
        return None
    base = alt.Chart(alt.Data(values=list(rows)))
    across = alt.X("x:Q", title=x, scale=alt.Scale(zero=False))
    colour = alt.Color("series:N", sort=None, scale=alt.Scale(range=list(COLOURS)),
                       legend=alt.Legend(orient="bottom", title=None, symbolOpacity=1))  # fmt: skip
    bars = base.mark_rule(strokeWidth=2, opacity=0.6).encode(
        x=across, y=alt.Y("low:Q", title=y, scale=alt.Scale(zero=False)), y2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=across, y="y:Q", color=colour)
    names = base.mark_text(align="left", dx=7, fontSize=11, color="#5c6570").encode(x=across, y="y:Q", text="name:N")
    return Figure(_spec(alt.layer(bars, points, names), 300), caption)


def _spec(chart: alt.LayerChart, height: int) -> dict[str, Any]:
    drawn: dict[str, Any] = chart.properties(width=_WIDTH, height=height).configure_view(stroke=None).to_dict()
    return drawn
