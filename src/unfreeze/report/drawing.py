"""What all charts share: rows as data, tooltips, marks by look, and the end of every spec."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from unfreeze.inert import drawable
from unfreeze.language.choice import told
from unfreeze.language.message import say, template
from unfreeze.report.looks import Look

FIELDS = (
    template("score"), template("seed"), template("layer"), template("dev"), template("epoch"), template("recipe"),
    template("gold"), template("predicted"), template("count"), template("text"), template("mean"), template("low"),
    template("high"),
)  # fmt: skip
"""Names of fields that tooltips show."""
Spec = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]
Looks = Sequence[Look]


def axis_window(values: Sequence[float]) -> tuple[float, float]:
    """Range of a score axis, points: `values` with a margin, on whole points, at least 1 wide, up to 100 at most."""
    low, high = min(values), max(values)
    margin = max(0.15 * (high - low), 0.5)
    bottom, top = math.floor(low - margin), math.ceil(high + margin)
    return (max(bottom, 0) if low >= 0 else bottom), min(top, 100)


def drawing() -> AbstractContextManager[None]:
    """While charts are made: altair checks every part of each against its schema, which takes most of the time.

    Tests check all charts.
    """
    quickly: AbstractContextManager[None] = debug_mode(False)
    return quickly


def named() -> Any:
    """A chart of the rows that `finished` is given: altair would check each of them against its schema, for minutes."""
    return alt.Chart(alt.NamedData(name="rows"))


def of_rows(rows: Rows) -> Any:
    """A chart of a few rows, which stand in the spec."""
    return alt.Chart(alt.Data(values=list(rows)))


def tip(field: str, format: str = "", title: str | None = None) -> Any:
    """A field of the tooltip, by its own name where it has no title."""
    name = title or say(field.split(":")[0])
    return alt.Tooltip(field, title=name, format=format) if format else alt.Tooltip(field, title=name)


def by_look(looks: Looks, *, field: str = "arm", shape: bool = False, legend: bool = True) -> Any:
    """The colour or shape of marks by their field, which holds the names of looks."""
    values = [look.shape if shape else look.colour for look in looks]
    scale = alt.Scale(domain=[look.name for look in looks], range=values)
    columns = alt.ExprRef("width < 320 ? 2 : 3")  # names of three methods are wider than a phone's plot
    key = alt.Legend(orient="top", title=None, symbolOpacity=1, columns=columns) if legend else None
    return (alt.Shape if shape else alt.Color)(f"{field}:N", scale=scale, legend=key, sort=None)


def finished(chart: Any, height: int, description: str, rows: Rows | None = None) -> Spec:
    """The chart as wide as its container; `description` is read to people who cannot see it.

    Args:
        rows: data of the parts that `named` made.
    """
    spec: Spec = chart.properties(width="container", height=height, description=description).to_dict(validate=False)
    spec.pop("config", None)
    made: Spec = drawable(told(spec if rows is None else {**spec, "datasets": {"rows": list(rows)}}))
    return made
