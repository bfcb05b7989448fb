"""Whose output folder it is: one process at a time, and nothing that is not ours is written over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from unfreeze.disk.lock import LOCK, locked
from unfreeze.disk.shares import CLAIMS, at_work
from unfreeze.disk.soft_lock import PREFIX
from unfreeze.disk.unfinished import discard, make_folder, sweep, unmake_folders
from unfreeze.errors import InputError
from unfreeze.language.message import say

_OWN = ("runs", "training", "cells", "sets")  # folders in which only the holder writes
_TRIES = 100  # to enter a folder that others make, and delete again since it stayed empty


@contextmanager
def claimed(out: Path, mark: str = "comparison.json") -> Iterator[None]:
    """Claim the folder of a comparison, or of anything else that keeps a file `mark` there.

    A folder that was made and stayed empty is removed after the block, and after an error a mark that stayed alone.

    Raises:
        InputError: it is in use, contains something else, or cannot be written.
    """
    made: list[Path] = []
    try:
        with ExitStack() as held:
            try:
                _enter(out, mark, made, held)
            except OSError as error:
                problem = say("cannot be written: {value}; choose another --out", value=error.strerror or error)
                raise InputError(problem, where=str(out)) from None
            sweep(out)
            for folder in out.glob("runs/[!.]*"):
                sweep(folder)
            if alone := not at_work(out):
                discard(out / CLAIMS)
            for name in _OWN:
                sweep(out / name, held=alone)
            try:
                yield
            except BaseException:
                _unmark(out, mark)
                raise
    finally:
        unmake_folders(made)


def _unmark(out: Path, mark: str) -> None:
    """Delete a mark beside which there is nothing: what it promises never began."""
    with suppress(OSError):
        if [name for name in os.listdir(out) if not name.startswith(".")] == [mark]:
            (out / mark).unlink()


def _enter(out: Path, mark: str, made: list[Path], held: ExitStack) -> None:
    for left in reversed(range(_TRIES)):
        locked_before = _check(out, mark)
        try:
            make_folder(out, made)
            held.enter_context(locked(out))
        except FileNotFoundError:
            if not left:
                raise
        else:
            if not locked_before:
                _check(out, mark, held=True)  # once more, since another process may have been in until now
            return


def _check(out: Path, mark: str, held: bool = False) -> bool:
    """Whether a lock is in a folder: a process that was killed leaves it, and whatever it had begun.

    Args:
        held: the lock is ours. Hidden files may lie beside it, which only a killed process leaves.

    Raises:
        InputError: the path is not a folder and cannot become one, or contains something else.
    """
    if "\0" in str(out):
        raise InputError("is not the name of a folder; choose another --out", where=repr(str(out)))
    there = next((folder for folder in (out, *out.parents) if os.path.lexists(folder)), Path())
    if not there.exists():
        raise InputError(say("{there}is a broken link; choose another --out", there=_named(there, out)), where=str(out))
    if not there.is_dir():
        raise InputError(
            say("{there}is a file and not a folder; choose another --out", there=_named(there, out)), where=str(out)
        )
    names = os.listdir(out) if there == out else []
    locks = any(name == LOCK or name.startswith(PREFIX) for name in names)
    foreign = any(not name.startswith(".") for name in names) if held else bool(names) and not locks
    if foreign and mark not in names:
        raise InputError(
            say("already exists and contains no {stem}; choose another --out", stem=Path(mark).stem), where=str(out)
        )
    return locks


def _named(there: Path, out: Path) -> str:
    return "" if there == out else say("cannot be written: its parent {there} ", there=there)
