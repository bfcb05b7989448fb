"""Put the pages of the site into a folder, for a site generator to render: `python docs/building/assemble.py .docs`.

They are those of `docs/`, the READMEs, what these link to, and the reference of the command line.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import commands
from outside import FRONT, ROOT, page_of, place, reached

BUILDING = "docs/building"


def documents() -> list[str]:
    """Paths of the READMEs and of all that `docs/` has for the site."""
    files = (path for path in sorted((ROOT / "docs").rglob("*")) if path.is_file())
    names = (path.relative_to(ROOT).as_posix() for path in files)
    return [*FRONT, *(name for name in names if not name.startswith(BUILDING) and not name.endswith(".txt"))]


def assemble(out: Path) -> None:
    """Write every page and picture below `out`, which is emptied first."""
    shutil.rmtree(out, ignore_errors=True)
    for path in reached(documents()):
        to = out / place(path)
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.suffix == ".md":
            to.write_text(page_of(path), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / path, to)
    (out / commands.PAGE).write_text(commands.page(), encoding="utf-8")


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
