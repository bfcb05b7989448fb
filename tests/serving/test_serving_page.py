"""The page in real headless Chromium: it asks its own server alone, shows every kind of answer, and fits a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from made_bundles import made
from made_server import Running, running

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
pytestmark = pytest.mark.browser
CASES = ("tuned mean", "tuned pair", "frozen label sets", "frozen scores", "crf", "plain tags")
HOSTILE = "<img src=x onerror=alert(3)> the cat"


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page of a server; its complaints must stay empty to the end of the test."""
    complaints: list[str] = []

    def open_page(server: Running, width: int = 1280, dark: bool = False) -> Any:
        page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light")
        page.on("request", lambda r: r.url.startswith((server.url, "data:")) or complaints.append(r.url))
        page.on("console", lambda message: "status of 4" in message.text or complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(server.url)
        return page

    yield open_page
    assert complaints == []


def ask(page: Any, *texts: str) -> list[Any]:
    """Type texts, ask by keyboard; the answers, the newest first."""
    before = page.locator("#said > li").count()
    for name, text in zip(("#first", "#second"), texts, strict=False):
        page.fill(name, text)
    page.keyboard.press("Control+Enter")
    page.locator("#said > li").nth(before).wait_for()
    return page.locator("#said > li").all()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "case", ["tuned mean", "tuned pair", "frozen label sets", "frozen scores", "crf", "plain tags"]
)
def test_every_kind_of_answer_is_shown_and_nothing_overflows(case: str, width: int, opened: Callable[..., Any]) -> None:
    predictor = made(case)
    text = "the cat sat on xyz Éa " + "x" * 90
    with running(predictor) as server:
        page = opened(server, width, dark=width < 1000)
        (answer,) = ask(page, text, *(["a dog"] if predictor.task.pair else []))
        shown = answer.inner_text()
        assert re.search(r"\d+ ms", shown)
        if predictor.task.target.per_word:
            parameters = {} if predictor.labels.scheme else {"ignore_labels": []}
            said = [(one["word"], one.get("entity_group", one.get("entity"))) for one in server.ask(text, **parameters)]
            marks = [tuple(mark.inner_text().split("\n")) for mark in answer.locator("mark").all()]
            assert [(m[0].removesuffix(kind), kind) for m, (_, kind) in zip(marks, said, strict=True)] == said
        elif predictor.model.objective.output == "scores":
            said = server.ask(text)[0]["score"]
            assert f"{float(format(said, '.3g')):g}" == answer.locator("strong").inner_text()
        else:
            asked = {"text": text, "text_pair": "a dog"} if predictor.task.pair else text
            names = [name.inner_text() for name in answer.locator(".bars .name").all()]
            marked = [("✓ " if one.get("predicted") else "") + one["label"] for one in server.ask(asked)]
            assert names == marked
            widths = [float(fill.bounding_box()["width"]) for fill in answer.locator(".fill").all()]
            assert widths == sorted(widths, reverse=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_texts_are_text_and_come_back_as_they_are(opened: Callable[..., Any]) -> None:
    with running(made("crf")) as server:
        page = opened(server)
        (answer,) = ask(page, HOSTILE + " 𝒳 Éa")
        assert page.locator("#said img").count() == 0
        bare = answer.locator(".text").evaluate(
            "p => { p.querySelectorAll('small').forEach(s => s.remove()); return p.innerText }"
        )
        assert bare == HOSTILE + " 𝒳 Éa"
        assert HOSTILE in page.locator("#curl").text_content()


def test_lines_are_texts_of_their_own_and_answers_can_be_removed(opened: Callable[..., Any]) -> None:
    with running(made("tuned mean")) as server:
        page = opened(server)
        page.check("#lines")
        answers = ask(page, "the cat\n\nreally " + "really " * 300)
        assert len(answers) == 2
        assert ["Only the beginning" in answer.inner_text() for answer in answers] == [False, True]
        assert len(ask(page, "another")) == 3
        assert "another" in page.locator("#said > li").first.inner_text()
        page.click("#clear")
        assert page.locator("#said > li").count() == 0


def test_problems_are_told_on_the_page(opened: Callable[..., Any]) -> None:
    with running(made("tuned mean")) as server:
        page = opened(server)
        page.click("#ask")
        assert "no text" in page.locator("[role=alert]").inner_text()
        page.fill("#first", "a" * 30_000)
        page.click("#ask")
        page.locator("#problem", has_text="characters").wait_for()


def test_the_policy_allows_the_page_s_own_script_and_style_alone() -> None:
    with running(made("tuned mean")) as server:
        reply = server.get("/")
        policy = reply.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert not re.search(r"(src|href)=\"(?!data:)", reply.body.decode())


def test_every_word_of_the_table_is_used_and_can_be_replaced() -> None:
    from unfreeze.serving.limits import Limits
    from unfreeze.serving.model import Model
    from unfreeze.serving.page import PAGE_WORDS, page_of

    replaced = {name: f"[{name}]" for name in PAGE_WORDS}
    pages = "".join(
        page_of(Model(made(case), "tiny"), Limits(), replaced, "zh") for case in ("tuned mean", "tuned pair", "crf")
    )
    assert '<html lang="zh">' in pages
    body, script = pages.partition("</script>")[0] + pages, re.findall(r"words\.(\w+)|filled\(\"(\w+)\"", pages)
    used = {name for pair in script for name in pair if name}
    for name, words in PAGE_WORDS.items():
        assert f">[{name}]" in body or f'"[{name}]"' in body or f" [{name}]" in body or name in used
        if words not in ("Text",):
            assert f">{words}<" not in body
