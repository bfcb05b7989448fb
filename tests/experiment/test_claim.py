"""Who may write into an output folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unfreeze.errors import InputError
from unfreeze.experiment.claim import claimed


def test_lock_is_there_inside_and_gone_outside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with claimed(out):
        assert (out / ".lock").read_text(encoding="ascii") == str(os.getpid())
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
    left = [run / f".test.parquet.{dead.pid}", tmp_path / f".result.json.{dead.pid}"]
    for path in (*kept, *left):
        path.write_text("", encoding="utf-8")
    (tmp_path / "runs" / f".b.seed0.{dead.pid}").mkdir()
    (tmp_path / ".lock").write_text(str(dead.pid), encoding="ascii")
    with claimed(tmp_path):
        assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted([*kept, tmp_path / ".lock"])
        assert [path.name for path in (tmp_path / "runs").iterdir()] == ["a.seed0"]


@pytest.mark.parametrize("torn", ["", "x7", "\u00b2"])
def test_torn_lock_is_taken_over(torn: str, tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(torn, encoding="utf-8")
    with claimed(tmp_path):
        assert (tmp_path / ".lock").read_text(encoding="ascii") == str(os.getpid())


def test_lock_of_a_living_process_holds(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(str(os.getppid()), encoding="ascii")
    with (
        pytest.raises(InputError, match=rf"is in use by process {os.getppid()}; wait, .*delete \.lock"),
        claimed(tmp_path),
    ):
        pass
    assert (tmp_path / ".lock").read_text(encoding="ascii") == str(os.getppid())


def test_other_peoples_files_hold(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds no comparison"), claimed(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_of_another_kind_holds(tmp_path: Path) -> None:
    (tmp_path / "pretraining.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="holds no comparison"), claimed(tmp_path):
        pass
    with claimed(tmp_path, "pretraining.json"):
        assert (tmp_path / ".lock").exists()
    (tmp_path / "pretraining.json").rename(tmp_path / "comparison.json")
    with pytest.raises(InputError, match="holds no pretraining"), claimed(tmp_path, "pretraining.json"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.json"]
