"""The folder that feature stores are kept in, and how it stays within its bounds.

There is no lock. A store is filled in a hidden folder named after the machine and process, and gets its name by a
rename; of two processes that compute the same store, the later one finds the name taken and drops its own.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

DISK_MARGIN = 1 << 29  # bytes of the disk that stay free whatever the cap allows
_STORE = re.compile(r"[0-9a-f]{32}")
_UNFINISHED = re.compile(r"\.[0-9a-f]{32}\.(?P<machine>.*)\.(?P<process>\d+)")
_DAY = 86400.0


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
        cap_bytes: the most that all stores may take together.
        in_use: keys of stores that stay.

    Returns:
        None when there is room now, else why there is not.

    Raises:
        OSError: the folder cannot be made or read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _drop_abandoned(folder)
    sizes = {path: _size(path) for path in folder.iterdir() if _STORE.fullmatch(path.name)}
    unfinished = sum(_size(path) for path in folder.iterdir() if _UNFINISHED.fullmatch(path.name))
    evictable = sorted((path for path in sizes if path.name not in in_use), key=_last_used)
    free = shutil.disk_usage(folder).free - DISK_MARGIN
    room = min(cap_bytes - sum(sizes.values()) - unfinished, free)
    possible = room + sum(sizes[path] for path in evictable)
    if needed > possible:
        left = max(possible, 0) / 1e6
        return f"{needed / 1e6:,.1f} MB of states do not fit: the cap and the disk leave {left:,.1f} MB in {folder}"
    for path in evictable:
        if needed <= room:
            break
        discard(path)
        room += sizes[path]
    return None


@contextmanager
def new_store(path: Path) -> Iterator[Path]:
    """A hidden folder to fill that becomes `path` when the block ends well, and vanishes when it does not.

    If another process has made `path` meanwhile, that one stays: both hold the same states.
    """
    unfinished = _hidden(path)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        try:
            unfinished.rename(path)
        except OSError:
            if not path.exists():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def discard(path: Path) -> None:
    """Delete a store; it loses its name first, so that no other process sees half of it."""
    gone = _hidden(path)
    with suppress(OSError):  # another process was quicker, or keeps it open on a system that forbids deleting then
        path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}")


def _drop_abandoned(folder: Path) -> None:
    """Delete what killed processes left: of this machine at once, of others (a shared disk) after a day."""
    for path in folder.iterdir():
        if found := _UNFINISHED.fullmatch(path.name):
            ours = found["machine"] == platform.node()
            if (ours and not psutil.pid_exists(int(found["process"]))) or time.time() - _last_used(path) > _DAY:
                shutil.rmtree(path, ignore_errors=True)


def _last_used(path: Path) -> float:
    """Newest modification time of a folder's files: a store's meta.json is touched whenever it is opened."""
    times = [0.0]
    for file in path.glob("*"):
        with suppress(OSError):  # deleted by another process meanwhile
            times.append(file.stat().st_mtime)
    return max(times)


def _size(path: Path) -> int:
    total = 0
    for file in path.glob("*"):
        with suppress(OSError):
            total += file.stat().st_size
    return total
