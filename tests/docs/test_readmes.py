"""Both READMEs are short and say the same; what they leave out is on pages, in Chinese too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
GUIDES = sorted(path.name for path in (ROOT / "docs" / "zh").glob("*.md"))


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _code(text: str) -> list[str]:
    """Lines of the code blocks without comments and blank lines."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = (re.sub(r"(^|\s+)#.*", "", line).rstrip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line]


def _numbers(text: str) -> list[str]:
    """Numbers of the tables of a text, in their order."""
    return [number for row in re.findall(r"^\|.*", text, re.MULTILINE) for number in re.findall(r"\d[\d.,]*\d|\d", row)]


def _levels(text: str) -> list[int]:
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)]


@pytest.mark.parametrize("name", READMES)
def test_a_readme_is_read_in_three_minutes(name: str) -> None:
    text = _read(name)
    assert text.count("\n") < 150
    assert text.count("![") == 1


def test_both_readmes_have_the_same_sections_commands_and_numbers() -> None:
    english, chinese = map(_read, READMES)
    assert _levels(english) == _levels(chinese)
    assert _code(english) == _code(chinese)
    assert len(_code(english)) > 10
    assert _numbers(english) == _numbers(chinese)
    assert len(_numbers(english)) > 30
    for text in (english, chinese):
        assert sorted(set(re.findall(r"[3-9]\.\d+ (?:to|到) \d\.\d+", text)))


def _places(name: str) -> list[str]:
    """Targets of the links of a README; a Chinese page counts as the English one that it translates."""
    return [link.replace("docs/zh/", "docs/") for link in re.findall(r"\]\(([^)\s]+)\)", _read(name))]


def test_both_readmes_lead_to_the_same_pages() -> None:
    english, chinese = (set(_places(name)) - set(READMES) for name in READMES)
    assert english == chinese


@pytest.mark.parametrize("name", GUIDES)
def test_a_chinese_page_has_the_commands_and_tables_of_the_english_one(name: str) -> None:
    english, chinese = _read(f"docs/{name}"), _read(f"docs/zh/{name}")
    assert _code(english) == _code(chinese)
    assert [len(row.split("|")) for row in re.findall(r"^\|.*", english, re.MULTILINE)] == [
        len(row.split("|")) for row in re.findall(r"^\|.*", chinese, re.MULTILINE)
    ]


def test_links_of_the_readmes_are_relative_as_long_as_the_repository_has_no_address() -> None:
    """An index of packages shows the README without the files beside it, so that only absolute links work there.
    They need an address, and an invented one would be worse than none: once it is known, this test asks for them."""
    urls = tomllib.loads(_read("pyproject.toml"))["project"]["urls"]
    repository = urls.get("Repository")
    for name in READMES:
        links = set(re.findall(r"\]\(([^)\s]+)\)", _read(name)))
        if repository is None:
            assert not any(link.startswith("http") for link in links)
        else:
            assert all(link.startswith(("https://", "#")) for link in links)
            assert any(link.startswith(repository) for link in links)


def test_every_extra_stands_on_the_page_about_installing() -> None:
    extras = tomllib.loads(_read("pyproject.toml"))["project"]["optional-dependencies"]
    firsts = re.findall(r"^\| (`.*?) \|", _read("docs/install.md"), re.MULTILINE)
    named = {name for cell in firsts for name in re.findall(r"`([\w-]+)`", cell)}
    assert named == set(extras)
