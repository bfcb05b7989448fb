"""A study's page as a file: HTML for a browser, without scripts or network, and Markdown. No torch here."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from unfreeze.disk.files import write_json, write_text
from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError, shown
from unfreeze.inert import drawable, in_markdown
from unfreeze.language.message import say
from unfreeze.studies.page import Claim, Entry, Figure, Page


def write_study(folder: Path, page: Page) -> None:
    """Write `NAME.html`, `NAME.md` (with `NAME.svg` where there is a figure), and `NAME.json`, which has all of it."""
    drawn = svg(page.figure)
    if drawn:
        write_text(folder / f"{page.name}.svg", drawn)
    write_text(folder / f"{page.name}.md", markdown(page))
    write_text(folder / f"{page.name}.html", _html("study.html.j2", page=page, figure=drawn and Markup(_bare(drawn))))
    write_json(folder / f"{page.name}.json", asdict(page))


def read_study(folder: Path, name: str) -> Page | None:
    """The page of a study, None where it has not run."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    page = read_typed(path, Page, remedy=f"`unfreeze study {name}` writes it again if it is deleted")
    if page.name != name:
        raise InputError(say("is the page of another study, {name}; delete it", name=shown(page.name)), where=str(path))
    return page


def write_index(folder: Path, pages: Sequence[Page], findings: Sequence[tuple[str, Sequence[Claim]]]) -> None:
    """Write `index.html` over all studies, with the practitioners' conclusions."""
    write_text(folder / "index.html", _html("index.html.j2", pages=pages, findings=findings))


def markdown(page: Page) -> str:
    """The page as Markdown; its figure is the file `NAME.svg` beside it."""
    parts = [f"# {in_markdown(page.question)}", f"`unfreeze study {page.name}`; {in_markdown(page.source)}."]
    parts.append(in_markdown(page.lead))
    if page.figure is not None:
        caption = in_markdown(page.figure.caption)
        parts += [f"![{caption}]({page.name}.svg)", f"*{caption}.*"]
    for table in page.tables:
        if table.rows:
            parts += [f"**{in_markdown(table.title)}**", markdown_table(table.columns, table.rows)]
            parts += [in_markdown(table.note)] if table.note else []
    if page.claims:
        head = ("finding", "here", "evidence", "")
        rows = [(claim.text, claim.about, claim.evidence, claim.held) for claim in page.claims]
        parts += ["## Findings of the paper, here", markdown_table(head, rows)]
    if page.differs:
        parts += ["## What differs from the paper", "\n".join(f"- {in_markdown(line)}" for line in page.differs)]
    settings = (f"- {in_markdown(name)}: {in_markdown(value)}" for name, value in page.settings)
    parts += ["## Settings", "\n".join(settings)]
    return "\n\n".join(parts) + "\n"


def svg(figure: Figure | None) -> str:
    """The chart as SVG, empty where there is none."""
    return "" if figure is None else str(vl_convert.vegalite_to_svg(json.dumps(drawable(figure.spec))))


def _bare(drawn: str) -> str:
    """Without a fixed size, so that the page scales it."""
    return re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", drawn, count=1)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str | Entry]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(map(in_markdown, columns))} |", f"|{' --- |' * len(columns)}"]
    return "\n".join([*lines, *(f"| {' | '.join(_words(cell) for cell in row)} |" for row in rows)])


def _words(cell: str | Entry) -> str:
    if isinstance(cell, str):
        return in_markdown(cell)
    return in_markdown(f"{cell.ours} ({cell.published})" if cell.published else cell.ours)


def _html(template: str, **values: Any) -> str:
    loader = PackageLoader("unfreeze.studies", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    style = resources.files("unfreeze.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return made.get_template(template).render(style=Markup(style), **values)
