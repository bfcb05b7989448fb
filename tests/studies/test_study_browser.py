"""Pages of studies in headless Chromium, wide and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unfreeze.studies.page import Page, Table
from unfreeze.studies.rendering import write_study

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_names_of_rows_stay_words_beside_many_columns(width: int, chromium: Any, tmp_path: Path) -> None:
    columns = tuple(f"elmo-mini, CoNLL-{n}" for n in range(7))
    rows = (("discriminative rates", *("+2.9 [+1.2, +4.7]",) * 7),)
    write_study(tmp_path, Page("tricks", "What?", "3", "Open.", (Table("Effects", ("", *columns), rows),), (), (), ()))
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto((tmp_path / "tricks.html").as_uri())
    name = page.locator("tbody th[scope=row]").first.bounding_box()
    assert name["width"] > 90
    assert name["height"] < 90
    assert page.evaluate("document.documentElement.scrollWidth") <= width
