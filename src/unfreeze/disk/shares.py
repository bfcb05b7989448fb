"""Runs that several processes make in one folder at the same time: each is claimed, so that nobody else makes it too.

A claim on `NAME` is a folder `.claims/NAME` with files of `soft_lock`, which every file system has: the claim of a
process of this machine that died is followed, that of another machine is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unfreeze.disk import soft_lock
from unfreeze.disk.owner import Owner, this_process
from unfreeze.disk.soft_lock import HeldError

CLAIMS = ".claims"
_TRIES = 1000  # to enter a folder that others make, and delete again


@contextmanager
def claim_of(folder: Path, name: str) -> Iterator[HeldError | None]:
    """Claim a run of a folder; gives None where that succeeded, else who has it.

    Raises:
        OSError: the folder cannot be written.
    """
    try:
        file = _taken(folder / CLAIMS / name)
    except HeldError as held:
        yield held
        return
    try:
        yield None
    finally:
        soft_lock.release(file)
        for emptied in (file.parent, folder / CLAIMS):
            with suppress(OSError):
                emptied.rmdir()


def _taken(claim: Path) -> Path:
    for _ in range(_TRIES):
        with suppress(FileNotFoundError, FileExistsError):  # its last holder has just deleted the folder
            claim.mkdir(parents=True, exist_ok=True)
            return soft_lock.take(claim, this_process())
    raise HeldError(None, "")


def forget_dead(folder: Path, names: Iterable[str]) -> None:
    """Delete the claims on some runs that processes of this machine left when they died."""
    for name in names:
        if (folder / CLAIMS / name).exists():
            with claim_of(folder, name):
                pass


def at_work(folder: Path) -> list[Owner | None]:
    """Who has claimed runs of a folder, one for each run, and may be alive; None for one who is not known yet."""
    owners: list[Owner | None] = []
    for claim in sorted((folder / CLAIMS).glob("*")):
        try:
            soft_lock.check(claim)
        except HeldError as held:
            owners.append(held.owner)
    return owners
