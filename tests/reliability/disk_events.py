"""What a process changes on the disk, event by event: counted; at the n-th one it is killed, or told of a full disk.

Python announces every opening, renaming and deleting to audit hooks before it does it, also those inside its library;
nothing of the package is patched. What native code writes (Parquet, safetensors) is not announced; the processor timer
of `forks` strikes there.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.rename": 2, "os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.truncate": 1, "os.link": 2, "os.utime": 1}


def watch(roots: Sequence[Path], happens: Callable[[str], object]) -> None:
    """Call `happens(what)` before each change below `roots`, for the rest of the process's life."""
    below = tuple(str(root.absolute()) for root in roots)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, (str, os.PathLike)) and flags & _WRITING and _inside(path, below):
                happens(f"open {path}")
        elif event in _CHANGES:
            paths = arguments[: _CHANGES[event]]
            # `rmtree` names what it deletes within an open folder, which is one of ours if it has such a name.
            if any(_inside(path, below) for path in paths if isinstance(path, (str, os.PathLike))):
                happens(f"{event.removeprefix('os.')} {' '.join(map(str, paths))}")

    sys.addaudithook(hook)


def _inside(path: str | os.PathLike[str], below: Sequence[str]) -> bool:
    name = os.fspath(path)
    return not os.path.isabs(name) or name.startswith(tuple(below))


def counted(roots: Sequence[Path]) -> list[str]:
    """The list into which every change is written."""
    seen: list[str] = []
    watch(roots, seen.append)
    return seen


def killed_at(number: int, roots: Sequence[Path], delay_s: float = 0.0) -> None:
    """The process is killed before its `number`-th change (from 1), or a moment after it."""
    seen = 0

    def happens(what: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number and not delay_s:
            os.kill(os.getpid(), signal.SIGKILL)
        elif seen == number:
            threading.Thread(target=_later, args=(delay_s,), daemon=True).start()

    watch(roots, happens)


def _later(delay_s: float) -> None:
    time.sleep(delay_s)
    os.kill(os.getpid(), signal.SIGKILL)


def full_from(number: int, roots: Sequence[Path]) -> None:
    """From the `number`-th file on (from 1), every file or folder that is made or opened to be written: disk full."""
    seen = 0

    def happens(what: str) -> None:
        nonlocal seen
        if what.startswith(("open", "mkdir")):
            seen += 1
            if seen >= number:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what.partition(" ")[2])

    watch(roots, happens)
