"""Whole or not there: files and folders written by `experiment.files`."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from safetensors import SafetensorError

from unfreeze.errors import InputError
from unfreeze.experiment import files


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _full(*rest: Any, **more: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_text_is_written_with_its_folders_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.json"
    files.write_text(path, "first, longer")
    files.write_text(path, "第二")
    assert path.read_text(encoding="utf-8") == "第二"
    assert _names(path.parent) == ["x.json"]


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_full_disk_keeps_the_old_file_whole(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    files.write_text(path, "old")
    monkeypatch.setattr(os, broken, _full)
    with pytest.raises(InputError, match=r"x\.json: cannot be written: No space left on device"):
        files.write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert _names(tmp_path) == ["x.json"]


def test_not_a_number_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "x.json", {"score": float("nan")})
    assert _names(tmp_path) == []


def test_path_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        files.write_text(tmp_path / "file" / "x.json", "new")


def test_folder_appears_whole_and_replaces_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").write_text("", encoding="utf-8")
    with files.new_folder(tmp_path / "run") as new:
        (new / "record.json").write_text("{}", encoding="utf-8")
        assert _names(tmp_path / "run") == ["old"], "the old one stays until the new one is whole"
    assert _names(tmp_path / "run") == ["record.json"]
    assert _names(tmp_path) == ["run"]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), InputError),
        (SafetensorError("I/O error: No space left on device"), InputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (InputError("mine", where="there"), InputError),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
def test_failing_block_leaves_nothing_new(fault: BaseException, seen: type[BaseException], tmp_path: Path) -> None:
    def fail(new: Path) -> None:
        (new / "half" if new.is_dir() else new).write_text("half", encoding="utf-8")
        raise fault

    for write in (files.new_folder, files.new_file):
        with pytest.raises(seen) as raised, write(tmp_path / "run") as new:
            fail(new)
        if seen is InputError and fault is not raised.value:
            assert "run: cannot be written: " in str(raised.value)
            assert "No space left on device" in str(raised.value)
        assert _names(tmp_path) == []


def test_sweep_takes_what_killed_processes_left_and_nothing_else(tmp_path: Path) -> None:
    for name in (".record.json.123", "record.json", ".lock", ".gitignore", "x.123"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / ".run.seed0.456" / "deep").mkdir(parents=True)
    files.sweep(tmp_path)
    assert _names(tmp_path) == [".gitignore", ".lock", "record.json", "x.123"]
    files.sweep(tmp_path / "not there")
