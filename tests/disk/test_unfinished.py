"""Hidden names, and which of them are leftovers."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unfreeze.disk.owner import host_part
from unfreeze.disk.unfinished import DAY, hidden, sweep, unfinished

KEY = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def dead() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _made(folder: Path, name: str, age: float = 0.0) -> None:
    path = folder / name
    path.write_text("", encoding="utf-8")
    os.utime(path, (time.time() - age,) * 2)


def test_hidden_names_differ_and_say_what_they_become(tmp_path: Path) -> None:
    first, second = hidden(tmp_path / "record.json"), hidden(tmp_path / "record.json")
    assert first != second
    assert first.parent == tmp_path
    assert f".{host_part()}.{os.getpid()}." in first.name
    first.mkdir()
    assert [found for _, found in unfinished(tmp_path)] == ["record.json"]


@pytest.mark.parametrize("name", ["x" * 255, "\N{SNOWMAN}" * 85, "a.b" * 80, "\udcff" * 200])
def test_hidden_names_of_long_ones_can_be_made(name: str, tmp_path: Path) -> None:
    hidden(tmp_path / name).write_text("", encoding="utf-8")
    sweep(tmp_path, name=name, held=True)
    assert _names(tmp_path) == []


def test_leftovers_of_dead_processes_go_and_what_may_be_written_stays(dead: int, tmp_path: Path) -> None:
    here, there, random = host_part(), "cluster-node-7-0123abcd", "0123abcd"
    left = [
        (f".a.json.{here}.{dead}.{random}", 0.0),
        (f".b.json.{here}.{os.getppid()}.{random}", 1e8),  # its number was given again since
        (f".c.json.{there}.{os.getppid()}.{random}", 2 * DAY),
        (f".d.json.{dead}", 0.0),  # of versions before
        (f".{KEY}.{platform.node()}.{dead}", 0.0),
        (f".{KEY}.another.machine.{os.getppid()}", 2 * DAY),
    ]
    kept = [
        (f".e.json.{here}.{os.getppid()}.{random}", 0.0),
        (f".f.json.{here}.{os.getpid()}.{random}", 1e8),
        (f".g.json.{there}.{dead}.{random}", 0.0),
        (f".h.json.{os.getppid()}", 0.0),
        (f".{KEY}.another.machine.{dead}", 0.0),
        (".gitignore", 1e8), (".lock", 1e8), (".lock-0", 1e8), ("x.123", 1e8), (".x.y", 1e8),
    ]  # fmt: skip
    for name, age in (*left, *kept):
        _made(tmp_path, name, age)
    sweep(tmp_path)
    assert _names(tmp_path) == sorted(name for name, _ in kept)
    sweep(tmp_path, held=True)
    assert _names(tmp_path) == sorted(name for name, _ in kept[-5:])


def test_only_leftovers_of_one_name_go(dead: int, tmp_path: Path) -> None:
    for name in ("states.safetensors", "other.safetensors", "states"):
        _made(tmp_path, f".{name}.{host_part()}.{dead}.0123abcd")
    (tmp_path / f".states.safetensors.{host_part()}.{dead}.89abcdef" / "deep").mkdir(parents=True)
    sweep(tmp_path, name="states.safetensors")
    assert [found for _, found in sorted(unfinished(tmp_path))] == ["other.safetensors", "states"]


def test_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    sweep(tmp_path / "not there")
    (tmp_path / "file").write_text("", encoding="utf-8")
    sweep(tmp_path / "file")
    assert _names(tmp_path) == ["file"]
