"""The page as text: what it says, that nothing escapes, and that it is made without torch."""

import json
import re
import subprocess
import sys

import pytest
import yaml
from report_pages import Page

from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.plan import plan_from
from unfreeze.report.details import SECTIONS
from unfreeze.report.render import render

KINDS = ("classification", "pair-regression", "tagging")


def page_of(folder):
    judge(folder)
    return render(folder).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_texts_stay_text(comparison, kind):
    html = page_of(comparison(kind))
    page = Page(html)
    scripts = [attrs for tag, attrs in page.elements if tag == "script"]
    charts = sum("chart" in (attrs.get("class") or "").split() for _, attrs in page.elements)
    assert len(scripts) == charts + 2
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text
    assert "<script>alert" not in html


def test_hostile_class_names_and_headings_stay_text(comparison):
    bad = "</script><img src=x onerror=alert(3)>"
    page = Page(page_of(comparison("classification", names=("fine", bad))))
    assert bad in page.text
    assert not [tag for tag, _ in page.elements if tag == "img"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_section_is_there_and_in_the_contents(comparison, kind):
    page = Page(page_of(comparison(kind)))
    ids = page.ids()
    assert len(ids) == len(set(ids))
    wanted = set(SECTIONS) - {"differences", "metrics", "folds"}  # of more arms, encoders or folds
    wanted -= {"second"} if kind == "tagging" else set()
    assert wanted <= set(ids)
    links = {attrs["href"] for tag, attrs in page.elements if tag == "a"}
    assert links == {f"#{anchor}" for anchor in wanted}
    assert dict(page.elements)["html"]["lang"] == "en"


def test_the_answer_is_that_of_the_result(comparison):
    folder = comparison("classification", items=600, rates={"feature-extraction": 0.5, "fine-tuning": 0.05})
    result = judge(folder)
    text = Page(page_of(folder)).text
    assert "Fine-tune the encoder" in text
    for sentence in (*result.verdict.reasons, *result.verdict.doubts, result.verdict.next_step):
        assert sentence in text
    for values in result.methods.values():
        assert f"{100 * values.test.mean:.1f}" in text
        assert f"{100 * values.test.ci95[0]:.1f} to {100 * values.test.ci95[1]:.1f}" in text


def test_too_close_names_the_cheaper_method(comparison):
    text = Page(page_of(comparison("classification", rates={"feature-extraction": 0.1, "fine-tuning": 0.1}))).text
    assert "Undecided: until then use feature extraction" in text


@pytest.mark.parametrize("kind", KINDS)
def test_one_method_has_no_difference_and_no_disagreements(comparison, kind):
    page = Page(page_of(comparison(kind, methods=("fine-tuning",), seeds=1)))
    assert "disagreements" not in page.ids()
    assert "layers" not in page.ids()
    assert "spec-difference" not in page.ids()
    assert "Fine-tuning: " in page.text


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_encoder_adds_is_told_where_there_is_a_floor(comparison, kind):
    folder = comparison(kind, floor=0.3)
    text = Page(page_of(folder)).text
    floor = judge(folder).floor
    assert "What the encoder adds" in text
    assert ("ridge" if kind == "pair-regression" else "logistic") in text
    assert f"{100 * floor.test:.1f}" in text
    for gain in floor.gains.values():
        assert f"{100 * gain.mean:+.1f} (" in text.replace("\N{MINUS SIGN}", "-")


def test_a_comparison_without_a_floor_has_no_such_section(comparison):
    folder = comparison("classification")
    assert "What the encoder adds" not in Page(page_of(folder)).text
    values = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    del values["floor"]  # as an earlier version wrote it
    (folder / "result.json").write_text(json.dumps(values), encoding="utf-8")
    assert "What the encoder adds" not in Page(render(folder).read_text(encoding="utf-8")).text


def test_cut_axes_say_so(comparison):
    text = Page(page_of(comparison("classification"))).text
    assert re.search(r"Mind the axis: it runs from \d+ to \d+, not from 0", text)


def test_nothing_is_asked_of_a_network_and_only_known_scripts_may_run(comparison):
    page = Page(page_of(comparison("classification")))
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'sha256-" in policy
    assert not [tag for tag, attrs in page.elements if "src" in attrs or tag == "link"]


def test_the_plan_can_be_read_again(comparison):
    html = page_of(comparison("classification"))
    command, plan = re.findall(r"<pre[^>]*>(.*?)</pre>", html.split("<footer")[0], re.DOTALL)
    assert command == "unfreeze compare data/reviews --plan plan.yaml"
    assert plan_from(yaml.safe_load(plan)).encoder == "minilm"


def test_an_unjudged_folder_is_an_input_error(comparison):
    folder = comparison("classification")
    with pytest.raises(InputError, match=r"result\.json"):
        render(folder)
    assert not (folder / "report.html").exists()


def test_judging_and_rendering_never_import_torch(comparison):
    folder = comparison("tagging")
    code = (
        "import sys; from pathlib import Path; from unfreeze.judging.judge import judge;"
        "from unfreeze.report.render import render; folder = Path(sys.argv[1]); judge(folder); render(folder);"
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
    assert (folder / "report.html").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_scores_by_layer_are_shown_where_there_are_probes(comparison, kind):
    page = Page(page_of(comparison(kind, probes=True, methods=("fine-tuning",))))
    assert {"layers", "spec-probes-minilm"} <= set(page.ids())
    assert "Layer 2 has the best linear probe on dev: 74.0" in page.text
    assert "learns from 800 of 1,000 training items" in page.text
    assert "-2.0 (-4.0 to 0.0) *" in page.text.replace("\N{MINUS SIGN}", "-")
    assert "4.0 (2.0 to 6.0)" in page.text


def test_a_comparison_without_probes_has_only_learned_weights_under_layers(comparison):
    page = Page(page_of(comparison("classification")))
    assert "layers" in page.ids()
    assert not any(name.startswith("spec-probes") for name in page.ids())
    assert "linear probe" not in page.text
