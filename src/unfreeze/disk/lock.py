"""One process in a folder at a time.

The operating system keeps the lock on `.lock`, and takes it back from a process that dies, however it dies. Where the
file system has no such locks, a file of ours names the owner (`soft_lock.py`). Each way looks at the other one too,
since machines that share a disk need not agree on what it can do. `.lock` also names its holder: for people, and
because some networks' locks are seen by one machine only. So what a process of another machine wrote there is
believed, unless the disk is one that no other machine writes to.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

import psutil

from unfreeze.disk import soft_lock
from unfreeze.disk.owner import Owner, began_at, owner_from, this_process
from unfreeze.disk.soft_lock import NEW, PREFIX, HeldError
from unfreeze.disk.unfinished import began_after
from unfreeze.errors import InputError
from unfreeze.language.message import say

LOCK = ".lock"
# What systems report for a file system without locks.
_NONE = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, getattr(errno, "ENOTSUP", errno.EOPNOTSUPP)}
_LOCAL = frozenset({
    "apfs", "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfs", "jfs", "msdos", "ntfs", "ntfs3",
    "overlay", "ramfs", "reiserfs", "tmpfs", "ufs", "vfat", "xfs", "zfs",
})  # that only one machine writes to  # fmt: skip
_TRIES, _PAUSE = 10, 0.02  # for a holder that has not written yet who it is
_MOST = 4096  # bytes of a lock that are read

_held: set[tuple[int, int, int]] = set()  # process, and disk and number of each folder
_changing = Lock()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold an existing folder; no other process, thread or machine is inside at the same time.

    Raises:
        InputError: another one is inside, or may be: who, and what to do.
        OSError: the folder does not exist (any more) or cannot be written.
    """
    found = folder.stat()
    key = (os.getpid(), found.st_dev, found.st_ino)
    with _changing:
        if key in _held:
            raise _in_use(folder, HeldError(this_process(), ""))
        _held.add(key)
    try:
        try:
            release = (_taken if _has_locks(folder) else _softly_taken)(folder, this_process())
        except HeldError as held:
            raise _in_use(folder, held) from None
        try:
            yield
        finally:
            if os.getpid() == key[0]:  # a copy of the process has no locks
                release()
    finally:
        with _changing:
            _held.discard(key)


def holder_of(folder: Path) -> HeldError | None:
    """Who holds a folder, or may hold it; None where nobody does. It is not entered."""
    try:
        _check_lock(folder)
        soft_lock.check(folder)
    except HeldError as held:
        return held
    return None


def said_of(held: HeldError) -> str:
    """The holder, in words."""
    return (
        say("process {process} on {host}", process=held.owner.process, host=held.owner.host)
        if held.owner
        else say("another process")
    )


def _in_use(folder: Path, held: HeldError) -> InputError:
    """A holder that the system knows is alive; if only a file names it, that file can be deleted."""
    who = said_of(held)
    if not held.file:
        return InputError(say("is in use by {who}; wait, or choose another --out", who=who), where=str(folder))
    advice = say("wait, choose another --out, or, if that process has ended, delete {file} there", file=held.file)
    return InputError(
        say("is in use by {who}, says {file}; {advice}", who=who, file=held.file, advice=advice), where=str(folder)
    )


def _has_locks(folder: Path) -> bool:
    from filelock import lock_descriptor

    path = folder / f"{PREFIX}{secrets.token_hex(8)}{NEW}"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        return lock_descriptor(file, blocking=False)
    except OSError as error:
        if error.errno not in _NONE:
            raise
        return False
    finally:
        os.close(file)
        path.unlink(missing_ok=True)


def _taken(folder: Path, owner: Owner) -> Callable[[], None]:
    """Take the system's lock; returns what releases it."""
    from filelock import lock_descriptor

    while True:
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            if not lock_descriptor(file, blocking=False):
                raise HeldError(_holder(folder), "")
            if not _is_there(folder, file):
                os.close(file)  # its holder has just deleted it
                continue
            if (before := _perhaps_inside(folder, _read(file))) is not None:
                raise HeldError(before, LOCK)
        except BaseException:
            os.close(file)
            raise
        try:
            _write(file, owner.line())
            soft_lock.check(folder)
        except BaseException:
            _release(folder, file)
            raise
        for path in folder.glob(f"{PREFIX}*{NEW}"):
            path.unlink(missing_ok=True)  # a killed process's, or one whose maker no longer needs its name
        return lambda: _release(folder, file)


def _release(folder: Path, file: int) -> None:
    here = folder / LOCK
    with suppress(OSError):
        _write(file, b"")
    if os.name == "nt":  # where no open file can be deleted; another process may have opened it too, and then it stays
        os.close(file)
        with suppress(OSError):
            here.unlink()
        return
    with suppress(OSError):
        here.unlink()  # before its release: whoever has opened it sees that it is no longer the folder's
    os.close(file)


def _is_there(folder: Path, file: int) -> bool:
    """Whether an open lock is still the folder's."""
    try:
        return os.fstat(file).st_nlink > 0 and os.path.samestat(os.fstat(file), os.stat(folder / LOCK))
    except FileNotFoundError:
        return False


def _softly_taken(folder: Path, owner: Owner) -> Callable[[], None]:
    _check_lock(folder)
    file = soft_lock.take(folder, owner)
    try:
        _check_lock(folder)
    except BaseException:
        soft_lock.release(file)
        raise
    return lambda: soft_lock.release(file)


def _check_lock(folder: Path) -> None:
    """Raise `HeldError` where a process that uses the system's locks claims to hold the folder."""
    try:
        owner = owner_from((folder / LOCK).read_bytes())
    except OSError:
        return
    if owner is not None and not owner.is_dead():
        raise HeldError(owner, LOCK)


def _holder(folder: Path) -> Owner | None:
    """Who holds the system's lock, if the file names it."""
    for _ in range(_TRIES):
        try:
            with (folder / LOCK).open("rb", buffering=0) as file:
                file.seek(1)  # Windows does not let others read the first byte, on which the lock is
                owner = owner_from(file.read(_MOST))
        except OSError:  # it has just ended, say
            return None
        if owner is not None and not owner.is_dead():
            return owner
        time.sleep(_PAUSE)
    return None


def _perhaps_inside(folder: Path, line: bytes) -> Owner | None:
    """Who may be inside although the system gave us the lock, according to the lock's file."""
    if line.strip().isdigit():
        return _as_before(folder, int(line))
    owner, ours = owner_from(line), this_process()
    return None if owner is None or owner.machine == ours.machine or _is_local(folder) else owner


def _as_before(folder: Path, process: int) -> Owner | None:
    """A process that only wrote its number, as before there were locks."""
    began, ours = began_at(process), this_process()
    if began is None or process == ours.process or began_after(process, (folder / LOCK).stat().st_mtime):
        return None
    return Owner(ours.host, ours.machine, process, began)


def _is_local(folder: Path) -> bool:
    """Whether a folder is on a disk that certainly no other machine writes to."""
    path = folder.resolve()
    found = [p for p in psutil.disk_partitions(all=True) if path.is_relative_to(p.mountpoint)]
    last = max(found, key=lambda p: len(Path(p.mountpoint).parts), default=None)
    return last is not None and last.fstype.lower() in _LOCAL and "remote" not in last.opts.split(",")


def _read(file: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    return os.read(file, _MOST)


def _write(file: int, line: bytes) -> None:
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, b" " + line if line else b"")
