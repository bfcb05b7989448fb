"""The report in real headless Chromium: quiet console, no network, charts drawn, phone, dark and paper."""

import shutil
import subprocess

import pytest
from made_arms import add_patching, make_encoders

from unfreeze.judging.judge import judge
from unfreeze.language.choice import speaking
from unfreeze.report.render import render

pytestmark = pytest.mark.browser
KINDS = ("classification", "pair-regression", "tagging")
HOSTILE = "</script><img src=x onerror=alert(3)>"


@pytest.fixture
def opened(comparison, chromium):
    """Opens the report of a new comparison; its complaints must stay empty to the end of the test."""
    complaints, pages = [], []

    def check(request):
        if request.url != pages[0].as_uri() and not request.url.startswith(("data:", "blob:")):
            complaints.append(request.url)

    def open_page(kind, width=1280, dark=False, folder=None, **options):
        folder = folder or comparison(kind, **options)
        pages.append(render(folder, judged=judge(folder)))
        scheme = "dark" if dark else "light"
        page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.on("request", check)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(pages[0].as_uri())
        page.wait_for_selector("html[data-drawn]", timeout=30_000)
        return page

    yield open_page
    assert complaints == []


def chart_sizes(page):
    return page.evaluate(
        "[...document.querySelectorAll('.chart')].map(chart => {"
        "const box = chart.querySelector('svg').getBoundingClientRect(); return [box.width, box.height]})"
    )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("kind", KINDS)
def test_charts_are_drawn_and_nothing_overflows(opened, kind, width):
    page = opened(kind, width)
    sizes = chart_sizes(page)
    assert len(sizes) == int(page.get_attribute("html", "data-drawn")) >= 6
    assert all(200 < w <= width and h > 40 for w, h in sizes)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 390, 360])
def test_many_arms_are_drawn_and_nothing_overflows(opened, width, tmp_path, monkeypatch):
    add_patching(monkeypatch)
    harder = {
        "sentence-transformers-all-MiniLM-L6-v2": 1.0,
        "<img src=x onerror=alert(3)>": 1.5,
        "a\u2028b'; throw 1; '": 2.0,
    }
    folder = make_encoders(tmp_path / "many", "classification", harder, items=60, seeds=1)
    page = opened("classification", width, folder=folder)
    assert len(chart_sizes(page)) == 5
    assert all(200 < w <= width and h > 40 for w, h in chart_sizes(page))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        "[...document.querySelectorAll('.chart')].flatMap(chart => [...chart.querySelectorAll('svg text')]).filter("
        "text => {const box = text.getBoundingClientRect(); return box.left < -1 || box.right > innerWidth + 1}).length"
    )
    assert outside == 0
    assert page.locator("[data-spec=spec-forest] text", has_text="onerror").count() == 3
    assert page.locator("img").count() == 0


def test_charts_have_marks_and_are_told_to_screen_readers(opened):
    page = opened("classification")
    paths = page.evaluate(
        "[...document.querySelectorAll('.chart')].map(c => c.querySelectorAll('svg path, svg line, svg text').length)"
    )
    assert min(paths) > 8
    labels = page.evaluate(
        "[...document.querySelectorAll('.chart')].map(c => c.getAttribute('aria-label') || "
        "c.querySelector('[aria-label]')?.getAttribute('aria-label'))"
    )
    assert all(labels)


def test_hostile_class_name_stays_text_in_charts_and_their_tooltips(opened):
    page = opened("classification", names=("fine", HOSTILE))
    cells = page.locator("[data-spec=spec-confusion-fine-tuning] .mark-rect path").all()
    tips = []
    for cell in cells:
        cell.hover(force=True)
        page.wait_for_timeout(60)
        tips.append(page.inner_text("#vg-tooltip-element"))
    assert any("<img src=x" in tip for tip in tips)
    assert page.locator("img").count() == 0


def test_dark_page_has_light_ink_in_text_and_charts(opened):
    page = opened("classification", dark=True)
    colour = "e => getComputedStyle(e).fill.match(/\\d+/g).slice(0, 3).map(Number)"
    label = page.locator(".chart svg .role-axis-label text").first
    assert min(label.evaluate(colour)) > 120
    background = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert max(background[:3]) < 60


@pytest.mark.parametrize("dark", [False, True])
def test_prints_on_paper_in_light_colours(opened, dark, tmp_path):
    page = opened("tagging", dark=dark)
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    data = (tmp_path / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 1
    page.emulate_media(media="print")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"


def test_reads_without_javascript(comparison, chromium):
    folder = comparison("classification")
    judge(folder)
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(render(folder).as_uri())
    assert "The charts need JavaScript" in page.inner_text("noscript")
    assert "macro F1" in page.inner_text("main")


GLYPHS = """() => {
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", {willReadFrequently: true});
  const drawn = new Set();
  for (const sign of "无法判定编码器微调") {
    pen.clearRect(0, 0, 60, 60);
    pen.font = "40px " + getComputedStyle(document.body).fontFamily;
    pen.fillText(sign, 5, 45);
    drawn.add(pen.getImageData(0, 0, 60, 60).data.join());
  }
  return drawn.size;
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_in_chinese_every_sign_has_a_glyph_and_nothing_overflows(opened, width):
    lister = shutil.which("fc-list")
    if lister is None or not subprocess.run([lister, ":lang=zh"], capture_output=True, check=False).stdout:
        pytest.skip("no font with Chinese characters is installed")
    with speaking("zh"):
        page = opened("classification", width)
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert "测试集准确率" in page.text_content(".chart svg >> nth=0")
    assert page.evaluate(GLYPHS) == len(set("无法判定编码器微调"))  # boxes for missing ones would all be alike
    assert page.evaluate("document.documentElement.scrollWidth") <= width
