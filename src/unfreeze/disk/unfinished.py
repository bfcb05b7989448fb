"""Names of what is not finished: hidden, with machine, process and a random part, so that nobody takes another's.

`.NAME.HOST.PROCESS.RANDOM` becomes `NAME` when it is whole.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from unfreeze.disk.owner import began_at, host_part
from unfreeze.errors import InputError

DAY = 86400.0
_MOST = 120  # bytes of a name that go into the hidden one, which may have 255
_SLACK = 5.0  # seconds by which the clocks of files and processes may differ
_NAME = re.compile(r"\.(?P<name>.+)\.(?P<host>[^.]+)\.(?P<process>\d+)\.[0-9a-f]{8}", re.DOTALL)
# As they were before there was a random part: a store's with the machine, all others without.
_STORE = re.compile(r"\.(?P<name>[0-9a-f]{32})\.(?P<host>.+)\.(?P<process>\d+)", re.DOTALL)
_PLAIN = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)", re.DOTALL)
_PROTOCOL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of more than a letter, which would be a drive


def hidden(path: Path) -> Path:
    """Where `path` is written before it is whole; another name at each call."""
    return path.with_name(f".{_cut(path.name)}.{host_part()}.{os.getpid()}.{secrets.token_hex(4)}")


def begun(path: Path) -> Path:
    """Where parts of `path` are kept until it is whole, for whichever process resumes."""
    return path.with_name(f".{_cut(path.name)}.parts")


def _cut(name: str) -> str:
    return os.fsdecode(os.fsencode(name)[:_MOST])


def sweep(folder: Path, *, name: str | None = None, held: bool = False) -> None:
    """Delete what killed processes left unfinished in a folder.

    Args:
        name: only what was to become this file or folder; None takes all.
        held: nobody else may write there now, so that whatever there is was left. Else what a living process may be
            writing stays: a process of this machine that runs, or one of another machine within the last day.
    """
    for path, found in list(unfinished(folder)):
        if (name is None or found == _cut(name)) and (held or is_left(path)):
            discard(path)


def unfinished(folder: Path) -> Iterator[tuple[Path, str]]:
    """What has a hidden name in a folder, and what it was to become; nothing where there is no such folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if found := _writer(entry.name):
                yield folder / entry.name, found[0]


def is_left(path: Path) -> bool:
    """Whether the process that wrote a hidden file or folder is certainly, or after a day as good as, gone."""
    found = _writer(path.name)
    if found is None:
        return False
    _, here, process = found
    written = last_written(path)
    if not here:
        return time.time() - written > DAY
    return process != os.getpid() and (began_at(process) is None or began_after(process, written))


def _writer(name: str) -> tuple[str, bool, int] | None:
    """What a hidden name becomes, whether a process of this machine writes it, and which; None for other names."""
    for pattern, host in ((_NAME, host_part()), (_STORE, platform.node()), (_PLAIN, None)):
        if found := pattern.fullmatch(name):
            return found["name"], host is None or found["host"] == host, int(found["process"])
    return None


def last_written(path: Path) -> float:
    """Newest modification time of the files in a folder; of a file, or a folder without any, its own."""
    return max((_modified(file) for file in path.rglob("*") if not file.is_dir()), default=0.0) or _modified(path)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # deleted by another process meanwhile
        return 0.0


def make_folder(folder: Path, made: list[Path]) -> None:
    """Make a folder with its parents; `made` gets those that were not there, also where it fails half-way.

    Raises:
        InputError: it is a URL that was taken for a path.
    """
    if folder.parts and _PROTOCOL.fullmatch(folder.parts[0]):
        raise InputError("is a URL; a folder of this machine is needed here", where=str(folder))
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        with suppress(FileExistsError):  # another process was quicker
            one.mkdir()
            made.append(one)


def unmake_folders(made: list[Path]) -> None:
    """Delete those of the folders that `make_folder` made which are empty: they were for nothing."""
    for folder in reversed(made):
        with suppress(OSError):
            folder.rmdir()


def discard(path: Path) -> None:
    """Delete a file or folder, if that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):  # not there, or its folder is none
            path.unlink()


def began_after(process: int, written: float) -> bool:
    """Whether a process is a later one than the writer, whose number it was given."""
    try:
        return bool(psutil.Process(process).create_time() > written + _SLACK)
    except psutil.Error:
        return False
