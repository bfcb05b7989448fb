"""A folder's report in Chinese: the same numbers as in English, nothing left in English but what is data."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from unfreeze.judging.judge import judge
from unfreeze.judging.read import read_compared
from unfreeze.language.choice import speaking, told
from unfreeze.records.comparison import read_items
from unfreeze.report.render import render
from unfreeze.terminal.summary import summary

KINDS = ("classification", "pair-regression", "tagging")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")


def shown(page: str) -> list[str]:
    """The lines that a person reads."""
    page = re.sub(r"<(script|style|pre).*?</\1>", "\n", page, flags=re.DOTALL)
    lines = html.unescape(
        re.sub(r"</?(?:p|h\d|li|td|th|div|figcaption|caption|b|span|small|a|code|mark)\b[^>]*>", "\n", page)
    )
    return [line.strip() for line in re.sub(r"<[^>]+>", " ", lines).split("\n") if line.strip()]


def in_both(folder: Path) -> tuple[str, str]:
    """Its report in English and in Chinese."""
    pages = []
    for language in ("en", "zh"):
        with speaking(language):
            compared = read_compared(folder)
            pages.append(render(folder, compared, judge(folder, compared)).read_text(encoding="utf-8"))
    return pages[0], pages[1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_chinese_report_has_the_numbers_of_the_english_one(kind: str, comparison: Callable[..., Path]) -> None:
    english, chinese = in_both(comparison(kind, probes=True))
    assert '<html lang="en">' in english
    assert '<html lang="zh-CN">' in chinese
    numbers = [Counter(NUMBER.findall("\n".join(shown(page)))) for page in (english, chinese)]
    assert numbers[0] == numbers[1]
    assert sum(numbers[0].values()) > 200


@pytest.mark.parametrize("kind", KINDS)
def test_charts_have_the_same_data_in_both_languages(kind: str, comparison: Callable[..., Path]) -> None:
    specs = [
        [json.loads(text) for text in re.findall(r'type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)]
        for page in in_both(comparison(kind, probes=True))
    ]
    assert len(specs[0]) == len(specs[1]) >= 4
    for one, other in zip(*specs, strict=True):
        first, second = (re.findall(r"\d+(?:\.\d+)?", json.dumps(spec, ensure_ascii=False)) for spec in (one, other))
        assert first == second
    titles = re.findall(r'"title": "([^"]*)"', json.dumps(specs[1], ensure_ascii=False))
    assert [title for title in titles if re.search("[a-z]{3} [a-z]{3}", title)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_stays_english_is_data(kind: str, comparison: Callable[..., Path]) -> None:
    folder = comparison(kind, probes=True)
    setting = read_compared(folder).first.setting
    _, chinese = in_both(folder)
    texts = [text for item in read_items(folder) for text in (item.text, item.text_b or "")]
    data = "\n".join([*texts, *setting.data.said, *setting.audit.lines, *setting.encoder.said])
    left = [
        line
        for line in shown(chinese)
        if re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", line) and line.rstrip("…. ") not in data
    ]
    known = ("et al.", "unfreeze predict", "alert(1)")  # sources of recipes, a command, a text of the audit
    assert [line for line in left if not any(part in line for part in known)] == []


def test_the_result_is_english_whatever_is_spoken(comparison: Callable[..., Path]) -> None:
    folder = comparison("classification")
    in_both(folder)
    written = (folder / "result.json").read_text(encoding="utf-8")
    verdict = json.loads(written)["verdict"]
    assert "Undecided" in verdict["headline"]
    assert not re.search("[\u4e00-\u9fff]", json.dumps([verdict, json.loads(written)["dropped"]], ensure_ascii=False))


def test_the_summary_in_a_terminal_is_chinese_with_the_same_numbers(comparison: Callable[..., Path]) -> None:
    folder = comparison("classification", probes=True)
    told_in = {}
    for language in ("en", "zh"):
        with speaking(language):
            told_in[language] = [told(line) for line in summary(judge(folder))]
    numbers = [Counter(NUMBER.findall("\n".join(lines))) for lines in told_in.values()]
    assert numbers[0] == numbers[1]
    left = [line for line in told_in["zh"] if re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", line)]
    assert left == []
