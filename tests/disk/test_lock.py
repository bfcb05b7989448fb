"""Who is let into a folder: with the system's locks, without, and with both ways on one disk."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock
import pytest

from unfreeze.disk import lock, soft_lock
from unfreeze.disk.lock import LOCK, locked
from unfreeze.disk.owner import Owner, began_at, owner_from, this_process
from unfreeze.errors import InputError

FIRST = ".lock-0"
ELSEWHERE = Owner("node-7", "0123abcd", 4711, "99", "89abcdef")


@pytest.fixture(params=["locks", "soft"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The two ways."""
    if request.param == "soft":
        no_locks(monkeypatch)
    return str(request.param)


def no_locks(monkeypatch: pytest.MonkeyPatch, fault: int = errno.ENOLCK) -> None:
    def none(*rest: Any, **more: Any) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(filelock, "lock_descriptor", none)


@pytest.fixture
def other() -> Iterator[Owner]:
    """Another process of this machine, which lives."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield replace(this_process(), process=process.pid, start=began_at(process.pid) or "")


def dead() -> Owner:
    return replace(this_process(), process=1 << 22)


def refused(folder: Path) -> str:
    """What is said; nothing where one is let in."""
    try:
        with locked(folder):
            return ""
    except InputError as error:
        return str(error)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_says_who_is_in_and_goes(way: str, tmp_path: Path) -> None:
    with locked(tmp_path):
        (file,) = tmp_path.iterdir()
        assert file.name == (LOCK if way == "locks" else FIRST)
        owner = owner_from(file.read_bytes())
        assert owner is not None
        assert replace(this_process(), random=owner.random) == owner
    assert names(tmp_path) == []


@pytest.mark.parametrize("fault", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_file_systems_without_locks_are_known(fault: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_locks(monkeypatch, fault)
    with locked(tmp_path):
        assert names(tmp_path) == [FIRST]


def test_other_faults_of_a_lock_are_not_missing_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_locks(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"), locked(tmp_path):
        pass
    assert names(tmp_path) == []


def test_soft_lock_of_a_living_process_holds(other: Owner, tmp_path: Path, way: str) -> None:
    (tmp_path / FIRST).write_bytes(other.line())
    advice = f"wait, choose another --out, or, if that process has ended, delete {FIRST} there"
    assert refused(tmp_path).endswith(f": is in use by process {other.process} on {other.host}, says {FIRST}; {advice}")
    assert names(tmp_path) == [FIRST]


def test_soft_lock_of_another_machine_holds(tmp_path: Path, way: str) -> None:
    (tmp_path / FIRST).write_bytes(ELSEWHERE.line())
    assert f"is in use by process 4711 on node-7, says {FIRST}; wait" in refused(tmp_path)
    assert names(tmp_path) == [FIRST]


@pytest.mark.parametrize("gone", ["dead", "another start"])
def test_soft_lock_of_a_process_that_has_ended_is_followed_and_cleared(gone: str, tmp_path: Path, way: str) -> None:
    left = dead() if gone == "dead" else replace(this_process(), start="1", random="cafe")
    (tmp_path / FIRST).write_bytes(left.line())
    with locked(tmp_path):
        assert names(tmp_path) == ([FIRST, f".lock-{left.random}"] if way == "soft" else [LOCK, FIRST])
    assert names(tmp_path) == ([] if way == "soft" else [FIRST])
    assert refused(tmp_path) == ""


def test_line_of_dead_processes_is_followed_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_locks(monkeypatch)
    first, second, third = dead(), dead(), ELSEWHERE
    (tmp_path / FIRST).write_bytes(first.line())
    (tmp_path / f".lock-{first.random}").write_bytes(second.line())
    with locked(tmp_path):
        assert len(names(tmp_path)) == 3
    assert names(tmp_path) == []
    (tmp_path / FIRST).write_bytes(first.line())
    (tmp_path / f".lock-{first.random}").write_bytes(third.line())
    assert f"node-7, says .lock-{first.random};" in refused(tmp_path)


def test_line_that_was_cleared_meanwhile_is_walked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = dead()
    (tmp_path / FIRST).write_bytes(gone.line())
    walked = soft_lock._end

    def walked_then_cleared(folder: Path) -> str:
        monkeypatch.setattr(soft_lock, "_end", walked)
        end = walked(folder)
        (folder / FIRST).write_bytes(ELSEWHERE.line())  # the dead one's follower has ended, and another came
        return end

    monkeypatch.setattr(soft_lock, "_end", walked_then_cleared)
    with pytest.raises(soft_lock.HeldError):
        soft_lock.take(tmp_path, this_process())
    assert names(tmp_path) == [FIRST]


def test_soft_lock_without_links_is_made_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*rest: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    no_locks(monkeypatch)
    monkeypatch.setattr(os, "link", no_links)
    with locked(tmp_path):
        assert names(tmp_path) == [FIRST]
    (tmp_path / FIRST).write_bytes(b"")  # being written, or cut: nobody can tell
    monkeypatch.setattr(soft_lock, "_PAUSE", 0.0)
    assert f"is in use by another process, says {FIRST};" in refused(tmp_path)


def test_lock_of_another_machine_is_believed_where_its_disk_may_be_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    (tmp_path / LOCK).write_bytes(b" " + ELSEWHERE.line())
    monkeypatch.setattr(lock, "_is_local", lambda folder: False)
    assert f"is in use by process 4711 on node-7, says {LOCK}; wait" in refused(tmp_path)
    assert (tmp_path / LOCK).read_bytes() == b" " + ELSEWHERE.line()
    monkeypatch.setattr(lock, "_is_local", lambda folder: True)
    assert (refused(tmp_path) == "") == (way == "locks")


def test_kinds_of_disk_are_distinguished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Part:
        def __init__(self, mountpoint: Path, fstype: str, opts: str = "rw") -> None:
            self.mountpoint, self.fstype, self.opts = str(mountpoint), fstype, opts

    root = Path(tmp_path.anchor)
    parts = [Part(root, "ext4"), Part(tmp_path / "net", "nfs4"), Part(tmp_path / "net" / "own", "XFS")]
    parts += [Part(tmp_path / "far", "NTFS", "rw,remote")]
    monkeypatch.setattr(lock.psutil, "disk_partitions", lambda all: parts)
    local = {name: lock._is_local(tmp_path / name) for name in ("a", "net", "net/b", "network", "net/own/c", "far")}
    assert [name for name, here in local.items() if here] == ["a", "network", "net/own/c"]
    monkeypatch.setattr(lock.psutil, "disk_partitions", lambda all: [])
    assert not lock._is_local(tmp_path)


def test_lock_that_a_killed_process_of_this_machine_left_is_taken(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_bytes(b" " + dead().line())
    (tmp_path / ".lock-0123456789abcdef.new").write_text("", encoding="utf-8")
    with locked(tmp_path):
        assert names(tmp_path) == [LOCK]
    assert names(tmp_path) == []


def test_without_locks_what_a_process_with_locks_says_is_heard(
    other: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_locks(monkeypatch)
    (tmp_path / LOCK).write_bytes(b" " + other.line())
    assert f"process {other.process} on {other.host}, says {LOCK};" in refused(tmp_path)
    (tmp_path / LOCK).write_bytes(b" " + dead().line())
    assert refused(tmp_path) == ""


def test_holder_is_named_once_it_has_written_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / LOCK).open("wb", buffering=0) as held:
        assert filelock.lock_descriptor(held.fileno(), blocking=False)
        held.write(b" " + dead().line())  # of the one before
        monkeypatch.setattr(lock.time, "sleep", lambda pause: held.write(b""))
        assert "is in use by another process; wait, or choose another --out" in refused(tmp_path)
        held.seek(0)
        held.truncate()
        held.write(b" " + ELSEWHERE.line())
        assert refused(tmp_path).endswith("is in use by process 4711 on node-7; wait, or choose another --out")


def test_lock_that_its_holder_deletes_while_it_is_opened_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    is_there = lock._is_there

    def deleted(folder: Path, file: int) -> bool:
        if not opened:
            (folder / LOCK).unlink()
        opened.append(file)
        return is_there(folder, file)

    monkeypatch.setattr(lock, "_is_there", deleted)
    with locked(tmp_path):
        assert len(opened) == 2
        assert names(tmp_path) == [LOCK]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no copies of processes")
def test_copy_of_the_process_neither_holds_nor_gives_up(tmp_path: Path, way: str) -> None:
    block = locked(tmp_path)
    block.__enter__()
    if not (child := os.fork()):
        code = 0 if "is in use by" in refused(tmp_path) else 1
        block.__exit__(None, None, None)
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(names(tmp_path)) == 1
    block.__exit__(None, None, None)
    assert names(tmp_path) == []


def test_folder_that_is_gone_is_not_a_lock_that_is_held(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path / "gone"):
        pass
