"""Whose output folder it is: one process at a time, and nothing that is not ours is written over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from unfreeze.errors import InputError
from unfreeze.experiment.files import sweep


@contextmanager
def claimed(out: Path, mark: str = "comparison.json") -> Iterator[None]:
    """Hold the folder of a comparison, or of what else has a file `mark` there.

    A folder that was made for nothing is gone again after the block.

    Raises:
        InputError: it is in use, holds something else, or cannot be written.
    """
    lock = out / ".lock"
    ours = (out / mark).exists() or lock.exists()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not ours)):
        raise InputError(f"is there already and holds no {Path(mark).stem}; choose another --out", where=str(out))
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        try:
            out.mkdir(parents=True, exist_ok=True)
            _take(lock)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}; choose another --out", where=str(out)) from None
        for folder in (out, out / "runs", *out.glob("runs/[!.]*")):
            sweep(folder)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        for folder in made:
            with suppress(OSError):  # not empty, so not for nothing; or not made
                folder.rmdir()


def _take(lock: Path) -> None:
    if lock.exists():
        owner = lock.read_text(encoding="ascii", errors="replace").strip()
        if owner.isdecimal() and int(owner) != os.getpid() and psutil.pid_exists(int(owner)):
            advice = f"wait, choose another --out, or, if that process is no unfreeze, delete {lock.name} there"
            raise InputError(f"is in use by process {owner}; {advice}", where=str(lock.parent))
        lock.unlink()  # left by a killed run
    try:
        with lock.open("x", encoding="ascii") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        raise InputError("is in use by another process; choose another --out", where=str(lock.parent)) from None
    except OSError:
        lock.unlink(missing_ok=True)
        raise
