"""A lock for file systems that have none of their own: a file that only one process can make, with its owner in it.

The system does not take it away from a process that dies. So a dead owner is followed: the file that comes after
`.lock-0` is named after the random part of the owner in it, and again only one process can make that. No file is ever
replaced or deleted while it may still count, since there two processes that both found a dead owner would get in each
other's way. Who ends clears the line from its beginning, and who has made a file looks whether the line still leads
there.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from unfreeze.disk.owner import Owner, owner_from

PREFIX, NEW = ".lock-", ".new"
_FIRST = "0"
_TRIES, _PAUSE = 20, 0.02  # for an owner whose file is made but not written yet


class HeldError(Exception):
    """Another process holds the lock, or may hold it.

    Attributes:
        owner: as far as it is known.
        file: that names it; empty where the system itself does.
    """

    def __init__(self, owner: Owner | None, file: str) -> None:
        super().__init__(file)
        self.owner, self.file = owner, file


def take(folder: Path, owner: Owner) -> Path:
    """The file that records that `owner` holds the folder now; to be given to `release`.

    Raises:
        HeldError: another process does, or may still be alive.
        OSError: the folder does not exist or cannot be written.
    """
    while True:
        name = _end(folder)
        if _made(folder / name, owner):
            if _leads_to(folder, name):
                return folder / name
            (folder / name).unlink(missing_ok=True)


def check(folder: Path) -> None:
    """Raise `HeldError` where a process holds the folder in this way."""
    _end(folder)


def release(file: Path) -> None:
    """Give up what `take` gave; its own file goes last."""
    folder, line = file.parent, _line(file.parent)
    others = [path.name for path in folder.glob(f"{PREFIX}*") if path.name not in line]
    for name in [*(name for name in (*line, *others) if name != file.name), file.name]:
        with suppress(OSError):
            (folder / name).unlink()


def _end(folder: Path) -> str:
    """The name of the file that would be next. Raises `HeldError` where the last one's owner is not dead."""
    name = _FIRST
    while (owner := _owner(folder / f"{PREFIX}{name}")) is not None:
        if not owner.is_dead():
            raise HeldError(owner, f"{PREFIX}{name}")
        name = owner.random
    return f"{PREFIX}{name}"


def _line(folder: Path) -> list[str]:
    """The files from the first one on."""
    names, name = [], _FIRST
    while (owner := _read(folder / f"{PREFIX}{name}")) is not None:
        names.append(f"{PREFIX}{name}")
        name = owner.random
    return names


def _leads_to(folder: Path, name: str) -> bool:
    names = _line(folder)
    return bool(names) and names[-1] == name


def _owner(file: Path) -> Owner | None:
    """The owner in a file; None without a file. Raises `HeldError` where it names none yet: it is being written."""
    for _ in range(_TRIES):
        if (owner := _read(file)) is not None:
            return owner
        if not file.exists():
            return None
        time.sleep(_PAUSE)
    raise HeldError(None, file.name)


def _read(file: Path) -> Owner | None:
    try:
        return owner_from(file.read_bytes())
    except OSError:
        return None


def _made(file: Path, owner: Owner) -> bool:
    """Make a file unless it is there: with the owner in it from its first moment on where the disk has links."""
    aside = file.with_name(f"{PREFIX}{secrets.token_hex(8)}{NEW}")
    aside.write_bytes(owner.line())
    try:
        os.link(aside, file)
    except FileExistsError:
        return aside.stat().st_nlink == 2  # a network's answer was lost, and the request repeated
    except (OSError, AttributeError, NotImplementedError):
        return _made_and_written(file, owner)
    finally:
        aside.unlink(missing_ok=True)
    return True


def _made_and_written(file: Path, owner: Owner) -> bool:
    try:
        with file.open("xb") as opened:
            opened.write(owner.line())
    except FileExistsError:
        return False
    except OSError:
        file.unlink(missing_ok=True)
        raise
    return True
