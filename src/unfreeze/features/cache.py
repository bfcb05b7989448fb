"""The folder that feature stores are kept in, and how it stays within its bounds.

There is no lock. A store is filled in a hidden folder with machine, process and a random part in its name, and gets
its name by a rename; of two processes that compute the same store, the later one finds the name taken and drops its
own. A store that another process throws away stays readable to those that have it open, where the system allows that;
where it does not, it cannot be thrown away.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unfreeze.disk.unfinished import hidden, last_written, sweep, unfinished
from unfreeze.language.message import say

DISK_MARGIN = 1 << 29  # bytes of the disk that stay free whatever the cap allows
_STORE = re.compile(r"[0-9a-f]{32}")
_TRIES = 100  # to name a store while other processes make and throw away the same one


def cache_folder() -> Path:
    """Where stores are kept: `$UNFREEZE_CACHE`, or `unfreeze/features` in the platform's cache folder."""
    if chosen := os.environ.get("UNFREEZE_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "unfreeze" / "features"


def room_for(folder: Path, needed: int, cap_bytes: int, in_use: Collection[str]) -> str | None:
    """Make room for a store of `needed` bytes by deleting those used longest ago; nothing is deleted in vain.

    Args:
        cap_bytes: at most that many bytes for all stores together.
        in_use: keys of stores that stay.

    Returns:
        None when there is room now, else why there is not.

    Raises:
        OSError: the folder cannot be made or read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    sizes = {path: _size(path) for path in folder.iterdir() if _STORE.fullmatch(path.name)}
    growing = sum(_size(path) for path, name in unfinished(folder) if _STORE.fullmatch(name))
    evictable = sorted((path for path in sizes if path.name not in in_use), key=last_written)
    free = shutil.disk_usage(folder).free - DISK_MARGIN
    room = min(cap_bytes - sum(sizes.values()) - growing, free)
    possible = room + sum(sizes[path] for path in evictable)
    if needed > possible:
        left = max(possible, 0) / 1e6
        return say(
            "{needed:,.1f} MB of states do not fit: the cap and the disk leave {left:,.1f} MB in {folder}",
            needed=needed / 1e6,
            left=left,
            folder=folder,
        )
    for path in evictable:
        if needed <= room:
            break
        discard(path)
        room += sizes[path]
    return None


@contextmanager
def new_store(path: Path) -> Iterator[Path]:
    """A hidden folder to fill that becomes `path` when the block ends well, and vanishes when it does not.

    If another process has made `path` meanwhile, that one stays: both contain the same states.
    """
    writing = hidden(path)
    writing.mkdir(parents=True)
    try:
        yield writing
        _named(writing, path)
    finally:
        shutil.rmtree(writing, ignore_errors=True)


def _named(writing: Path, path: Path) -> None:
    for left in reversed(range(_TRIES)):
        try:
            writing.rename(path)
        except OSError:
            if not path.exists() and left:
                continue  # one that existed, and has been thrown away since
            if not path.exists():
                raise
        return


def discard(path: Path) -> None:
    """Delete a store; it loses its name first, so that no other process sees half of it."""
    gone = hidden(path)
    with suppress(OSError):  # another process was quicker, or keeps it open on a system that forbids deleting then
        path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _size(path: Path) -> int:
    total = 0
    for file in path.glob("*"):
        with suppress(OSError):
            total += file.stat().st_size
    return total
