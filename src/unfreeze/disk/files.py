"""Files and folders that are either whole or not there, after a loss of power too."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from unfreeze.disk.unfinished import discard, hidden, make_folder, sweep, unmake_folders
from unfreeze.errors import InputError
from unfreeze.language.message import say

# How torch, tokenizers, HDF5 and others report a failing disk, in errors without a class of their own.
_OF_THE_DISK = re.compile(
    r"no space left|disk quota|file too large|read-only file system|input/output error|os error \d+|errno = \d+|"
    r"PytorchStreamWriter|iostream error|unexpected pos",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:os error|errno =|errno) (\d+)", re.IGNORECASE)
_PARTLY = re.compile(r"inline_container|PytorchStreamWriter|iostream error|requested and \d+ written")
_FULL = 1 << 20  # bytes; a disk with less is full


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A failure of the disk inside the block becomes an `InputError` about `path`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if not isinstance(error, (OSError, SafetensorError)) and not _OF_THE_DISK.search(str(error)):
            raise
        raise InputError(say("cannot be written: {path}", path=_problem(path, error)), where=str(path)) from None


def _problem(path: Path, error: Exception) -> str:
    if number := _NUMBER.search(str(error)):
        return os.strerror(int(number[1]))
    if reason := getattr(error, "strerror", None):
        return str(reason)
    with suppress(OSError):
        folder = next(folder for folder in (path, *path.parents) if folder.is_dir())
        if shutil.disk_usage(folder).free < _FULL:
            return os.strerror(28)
    if _PARTLY.search(str(error)):
        return say("the disk took only a part of it; is it full?")
    return " ".join(str(error).split())[:200] or type(error).__name__


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A hidden file to write that becomes `path` when the block ends well, and vanishes when it does not.

    Remains of the same file that a killed process left vanish too.

    Raises:
        InputError: the disk is full or may not be written.
    """
    temporary, made = hidden(path), list[Path]()
    try:
        with writing(path):
            make_folder(path.parent, made)
            sweep(path.parent, name=path.name)
            yield temporary
            moved(temporary, path)
    finally:
        discard(temporary)
        unmake_folders(made)


def moved(path: Path, to: Path) -> None:
    """A file that is whole gets its name, in place of the file that has it. A full disk is an `InputError`."""
    with writing(to):
        _keep(path)
        os.replace(path, to)
        _keep(to.parent)


def write_text(path: Path, text: str) -> None:
    """Write `text` so that `path` is at no moment half-written. A full disk is an `InputError`."""
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, values: Any) -> None:
    """Write JSON atomically; NaN is refused, since JSON does not have it."""
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def new_folder(path: Path, *, over: bool = True) -> Iterator[Path]:
    """A hidden folder to fill that becomes `path` when the block ends well, and vanishes when it does not.

    Remains of the same folder that a killed process left vanish too.

    Args:
        over: an existing folder is replaced; else it is kept, which is an error.

    Raises:
        InputError: the disk is full or may not be written.
    """
    temporary, aside, made = hidden(path), hidden(path), list[Path]()
    try:
        with writing(path):
            make_folder(path.parent, made)
            temporary.mkdir()
            sweep(path.parent, name=path.name)
            yield temporary
            for folder, _, names in os.walk(temporary):
                for name in (*names, "."):
                    _keep(Path(folder) / name)
            if over and path.exists():
                path.rename(aside)
            if not over and os.path.lexists(path):
                raise InputError(
                    "was created by another process meanwhile; choose another --out or remove it", where=str(path)
                )
            temporary.rename(path)
            _keep(path.parent)
    finally:
        if aside.exists() and not path.exists():
            aside.rename(path)
        discard(aside)
        discard(temporary)
        unmake_folders(made)


def _keep(path: Path) -> None:
    """Flush a file or folder to the disk, so that a later rename cannot reach it first."""
    if path.is_dir():
        with suppress(OSError):  # some systems and disks do this for files only
            _sync(path, os.O_RDONLY)
    elif path.is_file():
        _open_to_others(path)
        _sync(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)


def _open_to_others(path: Path) -> None:
    """Give a file the permissions of a new one: what a library wrote may be its owner's alone (safetensors 0.8)."""
    mode = path.stat().st_mode
    if wanted := 0o666 & ~_umask() & ~mode:
        with suppress(OSError):  # some disks have no permissions
            path.chmod(mode | wanted)


def _umask() -> int:
    """What new files are kept from: read where the system shows it, since asking changes it for a moment."""
    with suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("\nUmask:")[2].split()[0], 8)
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync(path: Path, how: int) -> None:
    file = os.open(path, how)
    try:
        os.fsync(file)
    finally:
        os.close(file)
