"""Charts of studies: what is drawn, and that nothing is drawn of nothing."""

from __future__ import annotations

from typing import Any

import pytest

from unfreeze.studies.figures import dots, gaps, lines
from unfreeze.studies.page import Figure


def point(about: str, x: int) -> dict[str, object]:
    return {"series": "frozen", "x": x, "y": 50.0 + x, "low": 49.0 + x, "high": 51.0 + x, "about": about}


def spec(figure: Figure | None) -> dict[str, Any]:
    assert figure is not None
    return dict(figure.spec)


def test_one_panel_has_the_page_s_width_and_several_stand_side_by_side() -> None:
    one = spec(lines([point("sst2", 1), point("sst2", 2)], "x", "y", "c", facet="about"))
    two = spec(lines([point("sst2", 1), point("mrpc", 2)], "x", "y", "c", facet="about"))
    assert (one["title"], "facet" in one) == ("sst2", False)
    assert two["columns"] == 2
    assert two["spec"]["width"] < one["width"]


@pytest.mark.parametrize("drawn", [
    lambda rows: gaps(rows, "c"), lambda rows: lines(rows, "x", "y", "c", facet="about"),
    lambda rows: dots(rows, "x", "y", "c"),
])  # fmt: skip
def test_nothing_is_drawn_of_nothing(drawn: Any) -> None:
    assert drawn([]) is None
