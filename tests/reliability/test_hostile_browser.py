"""Hostile names and texts on every page, in real headless Chromium: all charts there, nothing run, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_record import RECORD
from markdown_it import MarkdownIt

from unfreeze.judging.judge import judge
from unfreeze.pretraining.card import write_card
from unfreeze.pretraining.page import write_page
from unfreeze.report.render import render
from unfreeze.studies.figures import gaps
from unfreeze.studies.findings import findings_markdown, gathered
from unfreeze.studies.page import Claim, Entry, Page, Table
from unfreeze.studies.rendering import write_index, write_study

pytestmark = pytest.mark.browser
NAMES = (
    "</script><img src=x onerror=hit()>", "<script>hit()</script>", "a\u2028b\u2029c", "datum.x", "datum['count']",
    "'];hit();//", '"+hit()+"', "${hit()}", "{{hit()}}", "\\u003cscript>", "__proto__", "constructor", "<!--", "]]>",
    "&lt;b&gt;", "javascript:hit()", "`|` \\| **b** [a](javascript:hit())", "if(true,hit(),1)", "\u202eevil",
)  # fmt: skip
HIT = "window.hit = () => { window.was_hit = true; document.title = 'HIT' }"
HANDLERS = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/i.test(a.name))).length"
PAGE_SCRIPTS = "[...document.scripts].filter(s => !s.type.includes('json')).length"


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page; whatever it complains about, runs or fetches fails the test."""
    found: list[str] = []

    def open_page(path: Path) -> Any:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(HIT)
        page.on("request", lambda request: None if is_own(request.url, path) else found.append(request.url))
        page.on("console", lambda message: found.append(message.text))
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("dialog", lambda dialog: found.append(dialog.message))
        page.goto(path.as_uri())
        return page

    yield open_page
    assert found == []


def is_own(url: str, path: Path) -> bool:
    """The page itself, what lies in it, and the figure beside it."""
    return url == path.as_uri() or url.startswith(("data:", "blob:")) or url == (path.parent / "table2.svg").as_uri()


def inert(page: Any) -> None:
    """Nothing ran, and no element came in with a name."""
    assert not page.evaluate("window.was_hit || false")
    assert page.title() != "HIT"
    assert page.locator("img[src=x], iframe, object, embed, base").count() == 0
    assert page.evaluate(HANDLERS) == 0
    assert page.locator("a[href^=javascript]").count() == 0


def renamed(folder: Path) -> None:
    """Hostile names of data, columns, files and encoder in what the page is made from."""
    path = folder / "comparison.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["data"]["name"] = values["encoder"]["name"] = values["plan"]["encoder"] = "".join(NAMES[:8])
    values["data"]["columns"] = {"text": NAMES[0], "label": NAMES[3]}
    values["data"]["said"] = [f"The column '{name}' is taken for the text." for name in NAMES]
    values["audit"]["lines"] = [f"Warning: {name}" for name in NAMES]
    path.write_text(json.dumps(values), encoding="utf-8")


@pytest.mark.parametrize("kind", ["classification", "pair-regression", "tagging"])
def test_a_report(kind: str, comparison: Callable[..., Path], opened: Callable[..., Any]) -> None:
    folder = comparison(kind, names=NAMES, items=200, floor=0.4, probes=True)
    renamed(folder)
    judge(folder)
    page = opened(render(folder))
    page.wait_for_selector("html[data-drawn]", timeout=60_000)
    charts = page.locator("script[type='application/json'][id^='spec-']").count()
    assert int(page.get_attribute("html", "data-drawn")) == charts == page.locator(".chart svg").count() >= 6
    boxes = page.evaluate("[...document.querySelectorAll('.chart svg')].map(s => s.getBoundingClientRect().height)")
    assert min(boxes) > 40
    inert(page)
    for chart in page.locator(".chart svg").all()[:9]:
        chart.hover(force=True)
        page.wait_for_timeout(20)
    inert(page)
    if kind == "classification":
        said = page.inner_text("main")
        assert "<script>hit()</script>" in said


def test_the_page_of_a_pretraining(tmp_path: Path, opened: Callable[..., Any]) -> None:
    asked = replace(RECORD.settings, corpus=NAMES, start=NAMES[0], out=NAMES[1])
    record = replace(RECORD, settings=asked, machine=NAMES[1], sizes={NAMES[0]: 1})
    page = opened(write_page(tmp_path, record))
    inert(page)
    assert page.evaluate(PAGE_SCRIPTS) == 0
    write_card(tmp_path, record)
    inert(opened(as_page(tmp_path / "README.md")))


def as_page(path: Path) -> Path:
    """Markdown as a page, HTML inside it left as it is: what a careless program shows."""
    page = path.with_suffix(".shown.html")
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(path.read_text(encoding="utf-8"))
    page.write_text(f"<!doctype html><meta charset=utf-8><title>x</title><main>{shown}</main>", encoding="utf-8")
    return page


def test_pages_of_studies(tmp_path: Path, opened: Callable[..., Any]) -> None:
    rows = tuple((name, Entry(name, name), name) for name in NAMES)
    claims = tuple(Claim(name, name, "holds", name, 3) for name in NAMES)
    drawn = [{"row": name, "mean": 1.0, "low": -1.0, "high": 2.0, "published": 0.5} for name in NAMES]
    made = Page("table2", NAMES[0], NAMES[1], NAMES[4], (Table(NAMES[0], ("", NAMES[1], NAMES[2]), rows, NAMES[16]),),
                claims, NAMES, tuple((name, name) for name in NAMES), gaps(drawn, NAMES[0]))  # fmt: skip
    write_study(tmp_path, made)
    write_index(tmp_path, [made], gathered([made]))
    (tmp_path / "findings.md").write_text(findings_markdown([made]), encoding="utf-8")
    for name in ("table2.html", "index.html"):
        page = opened(tmp_path / name)
        inert(page)
        assert page.evaluate(PAGE_SCRIPTS) == 0
    assert "<script>hit()</script>" in page.inner_text("body")
    for name in ("table2.md", "findings.md"):
        page = opened(as_page(tmp_path / name))
        inert(page)
        assert "<script>hit()</script>" in page.inner_text("body")
