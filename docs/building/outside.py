"""What pages link to outside of `docs/` becomes a part of the site.

The READMEs are the front pages. A linked document is a page, a linked source file a page with its text, a linked
folder a page that lists it. So every link that works in the repository works on the site, which needs no network.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRONT = {"README.md": "index.md", "README.zh-CN.md": "zh/index.md"}
"""Documents of the repository with a place of their own on the site."""
OUTSIDE = "repository"
"""The folder of the site for all else that is outside of `docs/`."""

_FENCED = re.compile(r"^(```+|~~~+).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:)([^)\s#]+)")
_LANGUAGES = {".py": "python", ".sh": "sh", ".yaml": "yaml", ".json": "json", ".toml": "toml"}
_AS_THEY_ARE = (".md", ".png", ".svg")
_UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n"
"""What a page begins with that the search of the site leaves out: code would be found before what explains it."""


def place(path: str) -> str:
    """Where a path of the repository is on the site: `docs/a.md` at `a.md`, `src/a.py` at `repository/src/a.py.md`."""
    if path in FRONT:
        return FRONT[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"{OUTSIDE}/{path}" if path.endswith(_AS_THEY_ARE) else f"{OUTSIDE}/{path}.md"


def target(link: str, path: str) -> str:
    """The path in the repository that a link in the document at `path` leads to; a folder's README where it has one."""
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    readme = posixpath.join(there, "README.md")
    return readme if (ROOT / readme).is_file() else there


def targets(path: str) -> list[str]:
    """Paths that the links of a document lead to, code left out."""
    text = _FENCED.sub("", (ROOT / path).read_text(encoding="utf-8"))
    return [target(link, path) for link in _LINK.findall(text)]


def relinked(text: str, path: str) -> str:
    """The document at `path` with the targets of its links at their places on the site."""
    here = posixpath.dirname(place(path)) or "."

    def moved(match: re.Match[str]) -> str:
        return posixpath.relpath(place(target(match[1], path)), here)

    return _outside_of_code(text, lambda prose: _LINK.sub(moved, prose))


def _outside_of_code(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` made between its fenced blocks."""
    parts, end = list[str](), 0
    for block in _FENCED.finditer(text):
        parts += [change(text[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, change(text[end:])])


def page_of(path: str) -> str:
    """The page of a path: a document relinked, the text of another file as code, or the names in a folder."""
    there = ROOT / path
    if there.is_dir():
        names = sorted(f"- `{one.name}`" for one in there.iterdir() if not one.name.startswith((".", "__")))
        return f"# {path}\n\n" + "\n".join(names) + "\n"
    text = there.read_text(encoding="utf-8")
    if path.endswith(".md"):
        return relinked(text, path)
    return f"{_UNSEARCHED}# {there.name}\n\n`{path}`\n\n````{_LANGUAGES.get(there.suffix, 'text')}\n{text}\n````\n"


def reached(documents: Iterable[str]) -> list[str]:
    """Paths of the documents and of all that they lead to outside of `docs/`, by way of any number of links."""
    found, ahead = set[str](), list(documents)
    while ahead:
        path = ahead.pop()
        if path not in found and (ROOT / path).exists():
            found.add(path)
            ahead += targets(path) if path.endswith(".md") else []
    return sorted(found)
