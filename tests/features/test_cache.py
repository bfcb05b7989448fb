"""The cache folder stays within its cap, throws away the right store, and survives other processes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from unfreeze.features import cache
from unfreeze.features.cache import cache_folder, discard, new_store, room_for

OLD, MIDDLE, NEW = "a" * 32, "b" * 32, "c" * 32


def store(folder: Path, key: str, size: int, age: float) -> Path:
    path = folder / key
    path.mkdir(parents=True)
    for name, content in (("states.bin", b"x" * size), ("meta.json", b"")):
        (path / name).write_bytes(content)
        os.utime(path / name, (1e9 - age, 1e9 - age))
    return path


@pytest.fixture
def folder(tmp_path):
    for key, age in ((OLD, 300), (MIDDLE, 200), (NEW, 100)):
        store(tmp_path, key, 100, age)
    return tmp_path


def kept(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("needed", "in_use", "left"),
    [
        (50, (), {OLD, MIDDLE, NEW}),
        (51, (), {MIDDLE, NEW}),
        (151, (), {NEW}),
        (350, (), set()),
        (51, (OLD,), {OLD, NEW}),
        (250, (OLD,), {OLD}),
    ],
)
def test_those_used_longest_ago_go_first_and_no_more_than_needed(folder, needed, in_use, left):
    assert room_for(folder, needed, 350, in_use) is None
    assert kept(folder) == left


@pytest.mark.parametrize(("needed", "in_use"), [(351, ()), (251, (OLD,)), (51, (OLD, MIDDLE, NEW))])
def test_nothing_is_deleted_when_there_would_be_no_room_anyway(folder, needed, in_use):
    assert "do not fit" in room_for(folder, needed, 350, in_use)
    assert kept(folder) == {OLD, MIDDLE, NEW}


def test_a_store_that_was_read_lately_outlives_a_newer_one(folder):
    os.utime(folder / OLD / "meta.json")
    room_for(folder, 51, 350, ())
    assert kept(folder) == {OLD, NEW}


def test_the_disk_keeps_its_margin(folder, monkeypatch):
    free = cache.DISK_MARGIN + 120
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert room_for(folder, 120, 10**12, ()) is None
    assert kept(folder) == {OLD, MIDDLE, NEW}
    assert room_for(folder, 121, 10**12, ()) is None
    assert kept(folder) == {MIDDLE, NEW}
    assert "do not fit" in room_for(folder, 400, 10**12, ())


def test_what_is_not_a_store_is_neither_counted_nor_touched(folder):
    (folder / "notes").mkdir()
    (folder / "notes" / "thesis.txt").write_bytes(b"x" * 1000)
    assert room_for(folder, 350, 350, ()) is None
    assert kept(folder) == {"notes"}


def unfinished(folder, machine, process, age=0.0):
    path = folder / f".{OLD}.{machine}.{process}"
    path.mkdir()
    (path / "states.bin").write_bytes(b"x" * 40)
    if age:
        then = (path / "states.bin").stat().st_mtime - age
        os.utime(path / "states.bin", (then, then))
    return path


def test_what_a_killed_process_left_is_deleted_and_what_a_living_one_writes_is_not(folder):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead = unfinished(folder, platform.node(), child.pid)
    living = unfinished(folder, platform.node(), os.getppid())
    elsewhere = unfinished(folder, "another-machine", child.pid)
    forgotten = unfinished(folder, "a.third-machine", child.pid, age=100_000)
    assert room_for(folder, 50, 350 + 80, ()) is None
    assert [path.exists() for path in (dead, living, elsewhere, forgotten)] == [False, True, True, False]
    assert kept(folder) >= {OLD, MIDDLE, NEW}
    room_for(folder, 51, 350 + 80, ())  # what others write counts
    assert not (folder / OLD).exists()


def test_a_new_store_gets_its_name_only_when_whole(tmp_path):
    with new_store(tmp_path / OLD) as writing:
        (writing / "states.bin").write_bytes(b"x")
        assert not (tmp_path / OLD).exists()
    assert kept(tmp_path) == {OLD}
    assert kept(tmp_path / OLD) == {"states.bin"}


def test_a_store_that_fails_leaves_nothing(tmp_path):
    def interrupted() -> None:
        with new_store(tmp_path / OLD) as writing:
            (writing / "states.bin").write_bytes(b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert kept(tmp_path) == set()


def test_of_two_processes_the_later_one_drops_its_own(tmp_path):
    with new_store(tmp_path / OLD) as writing:
        (writing / "states.bin").write_bytes(b"mine")
        store(tmp_path, OLD, 3, 0)
    assert kept(tmp_path) == {OLD}
    assert (tmp_path / OLD / "states.bin").read_bytes() == b"xxx"


def test_discarding_what_is_gone_is_not_an_error(folder):
    discard(folder / OLD)
    discard(folder / OLD)
    assert kept(folder) == {MIDDLE, NEW}


@pytest.mark.skipif(sys.platform != "linux", reason="names Linux's folders")
def test_the_usual_folder_and_the_chosen_one(monkeypatch):
    monkeypatch.delenv("UNFREEZE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path.home() / ".cache" / "unfreeze" / "features"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/unfreeze/features")
    monkeypatch.setenv("UNFREEZE_CACHE", "~/mine")
    assert cache_folder() == Path.home() / "mine"
