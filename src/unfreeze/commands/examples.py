"""Example data: the small labelled sets that come with the package, for a first comparison before one has own data."""

from __future__ import annotations

import shutil
from pathlib import Path

from unfreeze.disk.files import new_file, writing
from unfreeze.errors import InputError

PACKAGE = Path(__file__).parents[1]
PLACES = (PACKAGE / "examples", PACKAGE.parents[1] / "examples")
"""Where they are in an installed package, and in a copy of the repository."""


def examples_folder() -> Path:
    """The folder of the example data. Raises `InputError` where the package came without them."""
    for place in PLACES:
        if (place / "README.md").is_file():
            return place
    raise InputError("this copy of unfreeze has no example data; install the package again", where=str(PLACES[0]))


def write_examples(out: Path) -> list[str]:
    """Write the example data below `out` and return the names of the sets. Files that are the same are left alone.

    Raises:
        InputError: a file of the same name has other content (then nothing is written), or the disk is full.
    """
    source = examples_folder()
    files = sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    missing = [path for path in files if not _is_there(path, out / path.relative_to(source))]
    for path in missing:
        with new_file(out / path.relative_to(source)) as temporary:
            shutil.copyfile(path, temporary)
    return sorted({path.parent.name for path in files if path.parent != source})


def _is_there(path: Path, to: Path) -> bool:
    """Whether `to` has the content of `path`; `InputError` where it has another one."""
    with writing(to):
        if not to.exists():
            return False
        if to.is_file() and to.read_bytes() == path.read_bytes():
            return True
    raise InputError("already exists and is not the example; name another folder with --out", where=str(to))
