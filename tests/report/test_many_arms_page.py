"""The page of more than two arms: three methods of one encoder, and several encoders with one that was dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import vl_convert
from made_arms import METHODS, PATCHED, RATES, add_patching, count_work, make_encoders
from made_comparison import make_comparison
from report_pages import Page

from unfreeze.judging.judge import judge
from unfreeze.judging.result import Result
from unfreeze.report.render import render

HOSTILE = "<img src=x onerror=alert(4)>"
REASON = "its best probe reaches 51.0 on dev"
Made = tuple[Path, Result, str]


def made(folder: Path) -> Made:
    result = judge(folder)
    return folder, result, render(folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def third_method() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        add_patching(patch)
        yield


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("three")
    make_comparison(folder, "classification", methods=METHODS, rates=RATES, items=120, seeds=2, floor=0.4, probes=True)
    count_work(folder)
    return made(folder)


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Made:
    harder, dropped = {"glove": 1.6, HOSTILE: 1.0, "elmo": 3.0}, {"elmo": REASON}
    folder = tmp_path_factory.mktemp("six")
    return made(make_encoders(folder, "classification", harder, dropped=dropped, items=120, seeds=2))


def specs(html: str) -> dict[str, dict]:
    """The specs of a page by name."""
    found = re.findall(r'<script type="application/json" id="spec-([^"]*)">(.*?)</script>', html, re.DOTALL)
    return {name: json.loads(spec) for name, spec in found}


def rows_of(spec: dict) -> list[dict]:
    """The rows with labels of a chart."""
    data = [*spec.get("datasets", {}).values(), *(layer.get("data", {}).get("values", []) for layer in spec["layer"])]
    data.append(spec.get("data", {}).get("values", []))
    return next(rows for rows in data if rows and "label" in rows[0])


def test_the_answer_names_the_arm_to_use_the_leader_and_who_contends(three: Made, six: Made) -> None:
    for _, result, html in (three, six):
        text = Page(html).text
        assert result.verdict.detail in text
        for arm in (result.used, result.arm(result.verdict.leader)):
            low, high = arm.test.ci95
            assert f"95 % interval {100 * low:.1f} to {100 * high:.1f}" in text
        others = len(result.arms) - 1
        near = len(result.verdict.contenders) - 1
        assert f"{near or others} of {others}" in text


def test_the_forest_has_every_arm_by_score_with_both_intervals_and_the_floor(six: Made) -> None:
    _, result, html = six
    rows = rows_of(specs(html)["forest"])
    *arms, floor = rows
    assert [row["score"] for row in arms] == sorted((100 * arm.test.mean for arm in result.arms), reverse=True)
    by_score = sorted(result.arms, key=lambda arm: -arm.test.mean)
    for row, arm in zip(arms, by_score, strict=True):
        assert (row["low"], row["high"]) == tuple(100 * end for end in arm.test.ci95)
        assert (row["wide_low"], row["wide_high"]) == tuple(100 * end for end in arm.test.joint_ci95)
        assert arm.encoder in row["label"]
    assert "to use" in arms[[arm.id for arm in by_score].index(result.verdict.use)]["label"]
    assert (floor["score"], floor["floor"]) == (100 * result.floor.test, True) if result.floor else False


def test_differences_from_the_leader_have_their_simultaneous_intervals(six: Made) -> None:
    _, result, html = six
    by_score = sorted(result.arms, key=lambda arm: -arm.test.mean)[1:]
    for row, arm in zip(rows_of(specs(html)["gaps"]), by_score, strict=True):
        pair = result.between(arm.id, result.verdict.leader)
        assert (row["score"], row["low"], row["high"]) == tuple(100 * end for end in (pair.mean, *pair.joint_ci95))


def test_colours_and_shapes_are_those_of_the_methods_and_no_name_of_an_encoder_is_in_a_scale(six: Made) -> None:
    _, _, html = six
    for name in ("forest", "front", "gaps", "method-steps", "encoder-steps"):
        text = json.dumps(specs(html)[name])
        assert "#8a5cd6" in text
        domains = re.findall(r'"domain": (\[[^\]]*\])', text)
        assert not any("img" in domain for domain in domains)


def test_all_pairs_are_in_a_table_with_the_better_first(three: Made, six: Made) -> None:
    for _, result, html in (three, six):
        text = Page(html.split('id="differences"')[1]).text.replace("\N{MINUS SIGN}", "-")
        for pair in result.differences:
            better = pair if pair.mean >= 0 else pair.reversed()
            assert f"{100 * better.mean:+.2f}" in text
            assert f"{100 * better.joint_ci95[0]:+.2f} to {100 * better.joint_ci95[1]:+.2f}" in text


def test_a_third_method_takes_its_place_between_the_two(three: Made) -> None:
    _, _, html = three
    text = Page(html).text
    assert "frozen → patched" in text
    assert "patched → tuned" in text
    assert "frozen → tuned" not in text
    assert ".by-patching { color: #5b35a0; }" in html
    assert "(prefers-color-scheme: dark) { .by-patching { color: #b79af0; } }" in html
    used = set(re.findall(r'class="(by-[\w-]+)"', html))
    assert used
    assert all(f".{name} {{ color: #" in html for name in used)
    assert "encoder-steps" not in specs(html)


def test_details_have_every_arm_of_one_encoder(three: Made) -> None:
    _, _, html = three
    assert {f"confusion-{method}" for method in METHODS} <= set(specs(html))
    assert {f"curves-{method}" for method in METHODS} <= set(specs(html))
    text = Page(html).text
    assert "Recipes of patching, best on dev first" in text
    assert {"differences", "recipes", "seeds", "errors", "layers", "training", "mistakes"} <= set(Page(html).ids())


def test_of_several_encoders_details_are_left_to_their_own_pages_which_are_linked(six: Made) -> None:
    folder, result, html = six
    page = Page(html)
    links = [attrs["href"] or "" for tag, attrs in page.elements if tag == "a"]
    below = {unquote(link) for link in links if not link.startswith("#")}
    assert len(below) == len(result.encoders) == 2
    for link in below:
        judge((folder / link).parent)
        assert render((folder / link).parent) == folder / link
    assert not {"recipes", "seeds", "errors", "training", "mistakes"} & set(page.ids())
    anchors = {link[1:] for link in links if link.startswith("#")}
    assert anchors <= set(page.ids())
    assert "metrics" in anchors
    assert "Test items by which method" in page.text


def test_a_dropped_encoder_is_told_with_its_reason(six: Made) -> None:
    assert f"elmo was dropped before any training: {REASON}." in Page(six[2]).text


def test_a_hostile_name_of_an_encoder_stays_text(six: Made) -> None:
    page = Page(six[2])
    assert HOSTILE in page.text
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]


def test_two_encoders_with_one_method_each_are_arms_too(tmp_path: Path) -> None:
    folder = make_encoders(tmp_path, "pair-regression", {"a": 1.0, "b": 1.5}, methods=[PATCHED], items=60, seeds=1)
    _, result, html = made(folder)
    assert len(result.arms) == 2
    assert {"forest", "gaps", "front", "encoder-steps"} == set(specs(html))
    assert "patched: a → b" in Page(html).text


def test_one_arm_that_is_left_of_two_encoders_is_shown_alone(tmp_path: Path) -> None:
    folder = make_encoders(
        tmp_path, "tagging", {"a": 1.0, "b": 1.5}, methods=[PATCHED], dropped={"b": REASON}, items=24, seeds=1
    )
    _, _, html = made(folder)
    assert {"forest", "front"} == set(specs(html))
    assert "disagreements" not in Page(html).ids()


def test_charts_compile_without_a_warning(six: Made, capfd: pytest.CaptureFixture[str]) -> None:
    for spec in specs(six[2]).values():
        assert vl_convert.vegalite_to_vega(spec)["marks"]
        assert spec["description"]
    assert "WARN" not in capfd.readouterr().err
