"""Pages of the site: links lead where they lead in the repository, and what they need is there."""

from __future__ import annotations

import posixpath
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "building"))

import assemble  # noqa: E402
import outside  # noqa: E402


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembled pages."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    assemble.assemble(folder)
    return folder


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", "index.md"), ("README.zh-CN.md", "zh/index.md"), ("docs/zh/data.md", "zh/data.md"),
        ("docs/images/report.png", "images/report.png"), ("CHANGELOG.md", "repository/CHANGELOG.md"),
        ("src/unfreeze/plan.py", "repository/src/unfreeze/plan.py.md"), ("benchmarks", "repository/benchmarks.md"),
    ],
)  # fmt: skip
def test_each_path_has_its_place(path: str, expected: str) -> None:
    assert outside.place(path) == expected


def test_links_are_turned_to_places_and_code_is_left_alone() -> None:
    text = (
        "[a](../README.md#start) ![b](images/a.png) [c](https://x.org/docs/a.md) [d](#e)\n```\n[f](../README.md)\n```\n"
    )
    assert outside.relinked(text, "docs/data.md") == text.replace("../README.md#start", "index.md#start")
    chinese = outside.relinked(
        "[a](../../README.md) [b](../data.md) [c](../../src/unfreeze/plan.py)", "docs/zh/data.md"
    )
    assert chinese == "[a](../index.md) [b](../data.md) [c](../repository/src/unfreeze/plan.py.md)"
    assert (
        outside.relinked("[a](docs/data.md) [b](examples)", "README.md")
        == "[a](data.md) [b](repository/examples/README.md)"
    )


def test_pages_of_code_and_folders_show_what_is_in_them() -> None:
    code = outside.page_of("src/unfreeze/errors.py")
    assert (ROOT / "src/unfreeze/errors.py").read_text(encoding="utf-8") in code
    assert "````python\n" in code
    assert "`train.tsv`" in outside.page_of("examples/snli")


def test_every_link_and_picture_of_the_assembled_pages_is_there(site: Path) -> None:
    pages = sorted(site.rglob("*.md"))
    assert len(pages) > 50
    for page in pages:
        prose = outside._FENCED.sub("", page.read_text(encoding="utf-8"))
        for link in outside._LINK.findall(prose):
            assert (site / posixpath.normpath(posixpath.join(page.parent.relative_to(site), link))).exists(), (
                page,
                link,
            )


def test_the_menu_has_every_page_of_the_documents_once(site: Path) -> None:
    text = re.sub(r"!!python\S*", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    def pages(entry: object) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        return [page for one in (entry.values() if isinstance(entry, dict) else entry) for page in pages(one)]  # type: ignore[attr-defined]

    named = pages(yaml.safe_load(text)["nav"])
    assert len(named) == len(set(named))
    assert all((site / page).exists() for page in named)
    own = {page.relative_to(site).as_posix() for page in site.rglob("*.md")}
    assert {page for page in own if not page.startswith("repository/")} == {
        page for page in named if not page.startswith("repository/")
    }


def test_lists_begin_after_a_blank_line(site: Path) -> None:
    """Else the site shows them as running text; the repository's pages are kinder."""
    for page in site.rglob("*.md"):
        lines = outside._FENCED.sub("", page.read_text(encoding="utf-8")).splitlines()
        for before, line in pairwise(lines):
            if re.match(r"(?:[-*]|\d+\.) ", line) and before.strip():
                assert re.match(r"(?:[-*]|\d+\.) |\s", before), f"{page.relative_to(site)}: {line}"


def test_the_site_asks_no_network() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in text
    assert not re.search(r"https?://", text)
    (shim,) = re.findall(r"polyfills: \[(\S+)\]", text)
    assert "iframe-worker" in shim  # by this name MkDocs Material knows that it need not load one
    assert (ROOT / "docs" / shim).is_file()
