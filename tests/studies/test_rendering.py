"""Pages as files: Markdown, HTML without scripts, and back from JSON; hostile names do no harm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from unfreeze.errors import InputError
from unfreeze.studies.figures import dots, gaps, lines
from unfreeze.studies.findings import findings_markdown, gathered, judged
from unfreeze.studies.page import Claim, Entry, Figure, Page, Table
from unfreeze.studies.rendering import markdown, read_study, svg, write_index, write_study

HOSTILE = "<script>alert(1)</script> | x"
FIGURE = gaps([{"row": HOSTILE, "mean": 1.0, "low": -1.0, "high": 2.0, "published": 0.5}], "Gaps")
PAGE = Page(
    "table2", "Frozen or tuned?", "Paper, Table 2", "Of 2 findings, 1 holds.",
    (Table("Scores", ("", "SST-2"), ((HOSTILE, Entry("82.2 ± 0.4", "93.0")), ("tuned", "–")), "A note."),
     Table("Nothing", ("", "a"), ())),
    (Claim("tuned is better", HOSTILE, "holds", "+1.3 [+0.2, +2.4]", 4),
     Claim("frozen is better", "elmo", "does not hold", "+1.3 [+0.2, +2.4]", 3), Claim("x", "y", "open", "z", 3)),
    ("Other encoders.",), (("seeds", "5"), ("training time", "3.2 h on a processor")), FIGURE,
)  # fmt: skip


def test_markdown() -> None:
    said = markdown(PAGE)
    assert "| &lt;script>alert(1)&lt;/script> \\| x | 82.2 ± 0.4 (93.0) |" in said
    assert "![Gaps](table2.svg)" in said
    assert "Nothing" not in said
    assert "- seeds: 5" in said
    widths = {line.replace("\\|", "").count("|") for line in said.splitlines() if line.startswith("|")}
    assert widths == {3, 5}


def test_files(tmp_path: Path) -> None:
    write_study(tmp_path, PAGE)
    assert {path.name for path in tmp_path.iterdir()} == {"table2.html", "table2.md", "table2.svg", "table2.json"}
    html = (tmp_path / "table2.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "published 93.0" in html
    assert "http" not in html.replace("http://www.w3.org/", "").replace("http-equiv", "")
    assert read_study(tmp_path, "table2") == PAGE
    assert read_study(tmp_path, "layers") is None
    write_index(tmp_path, [PAGE], gathered([PAGE]))
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<a href="table2.html">' in index
    assert "No evidence yet" in index
    (tmp_path / "table2.json").write_text('{"tables": 3}', encoding="utf-8")
    with pytest.raises(InputError):
        read_study(tmp_path, "table2")


def test_findings_say_what_the_claims_say() -> None:
    found = dict(gathered([PAGE]))
    assert [len(claims) for claims in found.values()] == [0, 0, 2, 1, 0]
    assert [judged(claims) for claims in found.values()] == [
        "No evidence yet.", "No evidence yet.", "Did not hold in 1 of 2 cases; 1 stay open.",
        "Held in 1 of 1 cases, against it none; 0 stay open.", "No evidence yet.",
    ]  # fmt: skip
    assert judged(PAGE.claims) == "Mixed: held in 1 of 3 cases, did not in 1; 1 stay open."
    assert judged([PAGE.claims[2]]) == "Open: none of 1 cases is clear."
    said = findings_markdown([PAGE])
    assert "## 3. ELMo: extract features" in said
    assert "| [table2](table2.md) | Frozen or tuned? | Of 2 findings, 1 holds. | 3.2 h on a processor |" in said
    assert "| frozen is better | elmo | +1.3 [+0.2, +2.4] | does not hold |" in said


def test_findings_are_held_against_an_earlier_run() -> None:
    assert "run before" not in findings_markdown([PAGE])
    earlier = replace(PAGE, claims=tuple(replace(c, held="open", evidence="wide") for c in PAGE.claims))
    said = findings_markdown([PAGE, replace(PAGE, name="layers", question="Which layer?")], [earlier])
    assert "| Frozen or tuned? | 0 of 3 | 2 of 3 |" in said
    assert "| Which layer? | – | 2 of 3 |" in said
    assert "| frozen is better | elmo | open: wide | does not hold |" in said
    assert said.count("open: wide") == 2, "a finding that is open still has not changed"


ROWS: list[dict[str, object]] = [
    {"series": s, "x": x, "y": 50.0 + x, "low": 49.0, "high": 52.0, "about": "a", "name": "n"} for s in "ab"
    for x in (1, 2, 4)
]  # fmt: skip


@pytest.mark.parametrize("figure", [
    FIGURE, lines(ROWS, "x", "y", "c"), lines(ROWS, "x", "y", "c", logarithmic=True, facet="about"),
    lines([*ROWS, {**ROWS[0], "about": "b"}], "x", "y", "c", facet="about"),
    dots(ROWS, "x", "y", "c"),
])  # fmt: skip
def test_charts_draw_every_row(figure: Figure | None) -> None:
    assert figure is not None
    drawn = svg(figure)
    ElementTree.fromstring(drawn)
    assert "NaN" not in drawn
    assert drawn.count("<path") > 6


def test_one_panel_takes_the_page_s_width() -> None:
    one = lines(ROWS, "x", "y", "c", facet="about")
    two = lines([*ROWS, {**ROWS[0], "about": "b"}], "x", "y", "c", facet="about")
    assert one is not None
    assert two is not None
    assert (one.spec["title"], two.spec["columns"]) == ("a", 2)
    assert one.spec["width"] > 2 * two.spec["spec"]["width"]


def test_nothing_is_drawn_of_nothing() -> None:
    assert gaps([], "c") is lines([], "x", "y", "c") is dots([], "x", "y", "c") is None
    assert svg(None) == ""
