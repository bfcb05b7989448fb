"""Who may write into an output folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import filelock
import pytest

from unfreeze.disk import claim
from unfreeze.disk.claim import claimed
from unfreeze.disk.owner import Owner, host_part, owner_from
from unfreeze.errors import InputError


def told(folder: Path) -> Owner:
    owner = owner_from((folder / ".lock").read_bytes())
    assert owner is not None
    return owner


def no_locks(*rest: Any, **more: Any) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


def test_lock_is_there_inside_and_gone_outside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with claimed(out):
        assert told(out).process == os.getpid()
        (out / "comparison.json").write_text("{}", encoding="utf-8")
    assert [path.name for path in out.iterdir()] == ["comparison.json"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, InputError, RuntimeError])
def test_folder_made_for_nothing_is_gone_with_its_parents(fault: type[BaseException], tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(fault), claimed(tmp_path / "there" / "new" / "deep" / "out"):
        raise fault("no such encoder")
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_empty_folder_that_was_there_stays(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), claimed(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("beside", [(), (".hidden",), ("runs",)])
def test_after_an_error_a_mark_that_stayed_alone_is_gone(beside: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError), claimed(out, "folds.json"):
        (out / "folds.json").write_text("{}", encoding="utf-8")
        for name in beside:
            (out / name).mkdir()
        raise InputError("no such encoder")
    assert (out / "folds.json").exists() == (beside == ("runs",))
    assert out.exists() == bool(beside)


def test_folder_that_got_something_stays(tmp_path: Path) -> None:
    with claimed(tmp_path / "out"):
        (tmp_path / "out" / "comparison.json").write_text("{}", encoding="utf-8")
    assert (tmp_path / "out" / "comparison.json").exists()


def test_lock_of_a_dead_process_is_taken_over_and_its_leftovers_deleted(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    run = tmp_path / "runs" / "a.seed0"
    run.mkdir(parents=True)
    kept = [run / "record.json", tmp_path / "comparison.json"]
    here = f"{host_part()}.{dead.pid}.0123abcd"
    left = [run / f".test.parquet.{dead.pid}", tmp_path / f".result.json.{here}"]
    for path in (*kept, *left):
        path.write_text("", encoding="utf-8")
    for name in (f".b.seed0.{dead.pid}", ".c.seed0.elsewhere.7.0123abcd"):  # where only the holder writes
        (tmp_path / "runs" / name).mkdir()
    (tmp_path / ".lock").write_text(str(dead.pid), encoding="ascii")
    with claimed(tmp_path):
        assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted([*kept, tmp_path / ".lock"])
        assert [path.name for path in (tmp_path / "runs").iterdir()] == ["a.seed0"]


@pytest.mark.parametrize("torn", ["", "x7", "\u00b2"])
def test_torn_lock_is_taken_over(torn: str, tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(torn, encoding="utf-8")
    with claimed(tmp_path):
        assert told(tmp_path).process == os.getpid()


def test_lock_of_a_living_process_of_an_older_version_holds(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(str(os.getppid()), encoding="ascii")
    with (
        pytest.raises(InputError, match=rf"is in use by process {os.getppid()} on .*; wait, .*delete \.lock"),
        claimed(tmp_path),
    ):
        pass
    assert (tmp_path / ".lock").read_text(encoding="ascii") == str(os.getppid())
    os.utime(tmp_path / ".lock", (1e9, 1e9))  # before that process began: its number was given again
    with claimed(tmp_path):
        assert told(tmp_path).process == os.getpid()


def test_other_peoples_files_hold(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="contains no comparison"), claimed(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_of_another_kind_holds(tmp_path: Path) -> None:
    (tmp_path / "pretraining.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="contains no comparison"), claimed(tmp_path):
        pass
    with claimed(tmp_path, "pretraining.json"):
        assert (tmp_path / ".lock").exists()
    (tmp_path / "pretraining.json").rename(tmp_path / "comparison.json")
    with pytest.raises(InputError, match="contains no pretraining"), claimed(tmp_path, "pretraining.json"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.json"]


def before_locking(work: Callable[[Path], object]) -> Callable[[Path], AbstractContextManager[None]]:
    """The lock of a folder, to which something happens after it was looked at and before it is locked."""
    locked = claim.locked

    @contextmanager
    def late(folder: Path) -> Iterator[None]:
        work(folder)
        with locked(folder):
            yield

    return late


def test_a_folder_that_another_kind_of_work_took_meanwhile_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(folder: Path) -> None:
        (folder / "pretraining.json").write_text("{}", encoding="utf-8")

    monkeypatch.setattr(claim, "locked", before_locking(other))
    for out in (tmp_path / "new", tmp_path / "new"):
        assert "contains no comparison" in problem_of(out)
    with claimed(tmp_path / "new", "pretraining.json"):
        pass
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["pretraining.json"]


def test_a_folder_that_the_same_work_left_meanwhile_is_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = f".comparison.json.{host_part()}.{os.getpid()}.0123abcd"
    for name in ("comparison.json", left):
        monkeypatch.setattr(claim, "locked", before_locking(lambda folder, name=name: (folder / name).touch()))
        assert problem_of(tmp_path / name.strip(".")) == ""
        monkeypatch.undo()


@pytest.mark.parametrize("lost", [1, 3, 10**6])
def test_a_folder_that_vanishes_before_it_is_locked_is_made_again(
    lost: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that made a folder for nothing deletes it, while another one enters."""
    times = []

    def delete(folder: Path) -> None:
        times.append(folder)
        if len(times) <= lost:
            folder.rmdir()

    monkeypatch.setattr(claim, "locked", before_locking(delete))
    problem = problem_of(tmp_path / "out")
    if lost > 10:
        assert problem == f"{tmp_path / 'out'}: cannot be written: No such file or directory; choose another --out"
    else:
        assert problem == ""
        assert len(times) == lost + 1


@pytest.mark.parametrize("left", [".comparison.json.{}", "runs"])
def test_what_a_killed_process_began_before_its_mark_is_taken_over(left: str, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    (tmp_path / left.format(f"{host_part()}.{dead.pid}.0123abcd")).mkdir()
    assert "contains no comparison" in problem_of(tmp_path)
    (tmp_path / ".lock").write_text(str(dead.pid), encoding="ascii")
    assert problem_of(tmp_path) == ""


RACE = """
import os, sys, time
from pathlib import Path
from unfreeze.errors import InputError
from unfreeze.disk.claim import claimed

root, soft, starts, each = Path(sys.argv[1]), sys.argv[2] == "soft", int(sys.argv[3]), 5
if soft:
    import errno, filelock

    def none(file, **more):
        raise OSError(errno.ENOLCK, "No locks available")

    filelock.lock_descriptor = none

def forked(work):
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(7)
    return child

def killed(out):
    claimed(out).__enter__()
    os.kill(os.getpid(), 9)

def contend(out, begin):
    while time.monotonic() < begin:
        pass
    try:
        with claimed(out):
            try:
                os.close(os.open(root / "inside", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                os._exit(2)
            time.sleep(0.003)
            os.unlink(root / "inside")
    except InputError as error:
        os._exit(1 if "is in use by" in str(error) else 3)
    os._exit(0)

ended = []
for number in range(starts // each):
    out = root / str(number) / "out"
    if number % 3:
        out.mkdir(parents=True)
        (out / "comparison.json").write_text("{}")
    if number % 3 == 2:
        os.waitpid(forked(lambda: killed(out)), 0)
    begin = time.monotonic() + 0.01
    children = [forked(lambda: contend(out, begin)) for _ in range(each)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert 0 in codes, codes
    assert not list(out.glob(".*")), list(out.glob(".*"))
    ended += codes
print(*(ended.count(code) for code in range(4)), len(ended))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="starts many processes quickly")
@pytest.mark.parametrize("way", ["locks of the system", "soft"])
def test_of_processes_that_start_together_one_is_inside(way: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACE, str(tmp_path), way, "60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    inside, refused, two, other, starts = map(int, done.stdout.split())
    assert (two, other, starts) == (0, 0, 60)
    assert inside >= 12  # of each five at least one, and several where one was out again before another came
    assert inside + refused == starts


@pytest.mark.parametrize("way", ["locks of the system", "soft"])
def test_second_start_in_one_process_is_refused(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "soft":
        monkeypatch.setattr(filelock, "lock_descriptor", no_locks)
    problem = rf"is in use by process {os.getpid()} on .*; wait, or choose another --out"
    with claimed(tmp_path / "out"):
        with pytest.raises(InputError, match=problem), claimed(tmp_path / "out"):
            pass
        found = []
        thread = threading.Thread(target=lambda: found.append(problem_of(tmp_path / "out")))
        thread.start()
        thread.join()
        assert "is in use by" in found[0]
    assert problem_of(tmp_path / "out") == ""


def problem_of(out: Path) -> str:
    try:
        with claimed(out):
            return ""
    except InputError as error:
        return str(error)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (errno.EACCES, "cannot be written: Permission denied"),
        (errno.EROFS, "cannot be written: Read-only file system"),
        (errno.ENOSPC, "cannot be written: No space left on device"),
    ],
)
@pytest.mark.parametrize("broken", ["open", "mkdir", "write"])
def test_folder_that_cannot_be_written_is_reported(
    broken: str, fault: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*rest: Any, **more: Any) -> None:
        raise OSError(fault, os.strerror(fault))

    with monkeypatch.context() as patch:
        patch.setattr(os, broken, fail)
        problem = problem_of(tmp_path / "new" / "out")
    assert problem == f"{tmp_path / 'new' / 'out'}: {said}; choose another --out"
    assert list(tmp_path.iterdir()) == []


def test_paths_that_can_not_be_folders_are_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert problem_of(tmp_path / "file").endswith("file: is a file and not a folder; choose another --out")
    assert f"its parent {tmp_path / 'file'} is a file" in problem_of(tmp_path / "file" / "out")
    for name in ("link", "loop"):
        assert problem_of(tmp_path / name).endswith(f"{name}: is a broken link; choose another --out")
        assert f"its parent {tmp_path / name} is a broken link" in problem_of(tmp_path / name / "a" / "b")
    assert "is not the name of a folder" in problem_of(tmp_path / "a\0b")
    assert "File name too long" in problem_of(tmp_path / ("a" * 300))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "loop"]


def test_a_link_to_a_folder_is_that_folder(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    with claimed(tmp_path / "link"):
        assert "is in use by" in problem_of(tmp_path / "there")
