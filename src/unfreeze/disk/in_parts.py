"""A file that is made in parts, which stay when the process that makes them is killed.

They lie in `.NAME.parts` beside the file that they become: `of.json` says what they are of, each part that is finished
has a file with its number as the name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from unfreeze.disk.files import new_file, write_json, writing
from unfreeze.disk.json_files import read_json
from unfreeze.disk.lock import LOCK, locked
from unfreeze.disk.unfinished import begun, discard, make_folder, sweep, unmake_folders
from unfreeze.errors import InputError

_OF = "of.json"


class Parts:
    """The finished parts of a file, by their numbers from 0 on.

    Attributes:
        folder: where they are; what else is in it stays as long as they do.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def finished(self) -> list[int]:
        """The numbers of those that are there, ascending."""
        return sorted(int(name) for name in os.listdir(self.folder) if name.isdecimal())

    def path(self, number: int) -> Path:
        """Where a part is, or will be."""
        return self.folder / f"{number:08}"

    def put(self, number: int, text: str = "") -> None:
        """Have a part there, whole. Raises `InputError` where it cannot be written."""
        with new_file(self.path(number)) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)

    def clear(self) -> None:
        """Delete all parts, and whatever is beside them."""
        for path in list(self.folder.iterdir()):
            if path.name != _OF and not path.name.startswith(LOCK):
                discard(path)


@contextmanager
def parts_of(out: Path, of: Mapping[str, str]) -> Iterator[Parts]:
    """The parts of the file `out`, which nobody else makes meanwhile; once the block has ended well they are deleted.

    Where it ends otherwise, finished parts stay.

    Args:
        of: all that they depend on. Those of anything else are deleted first.

    Raises:
        InputError: another process makes this file, or the disk is full or may not be written.
    """
    parts, made = Parts(begun(out)), list[Path]()
    try:
        with writing(out):
            make_folder(parts.folder, made)
        with locked(parts.folder):
            sweep(parts.folder, held=True)
            if _read(parts.folder) != dict(of):
                parts.clear()
                discard(parts.folder / _OF)
                write_json(parts.folder / _OF, dict(of))
            try:
                yield parts
            finally:
                if not parts.finished():
                    discard(parts.folder)
            discard(parts.folder)
    finally:
        unmake_folders(made)


def _read(folder: Path) -> object:
    """What the parts of a folder are of; None where that cannot be told."""
    try:
        return read_json(folder / _OF)
    except InputError:
        return None
