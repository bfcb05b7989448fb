"""Whole or not there: files and folders written by `disk.files`."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from unfreeze.disk import files
from unfreeze.disk.files import new_file, new_folder
from unfreeze.disk.owner import host_part
from unfreeze.errors import InputError


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


def test_not_a_number_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "x.json", {"score": float("nan")})
    assert _names(tmp_path) == []


def test_path_below_a_file_is_reported(tmp_path: Path) -> None:
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

    for write, place in ((files.new_folder, tmp_path), (files.new_file, tmp_path / "made" / "for nothing")):
        with pytest.raises(seen) as raised, write(place / "run") as new:
            fail(new)
        if seen is InputError and fault is not raised.value:
            assert "run: cannot be written: " in str(raised.value)
            assert "No space left on device" in str(raised.value)
        assert _names(tmp_path) == []


def test_what_a_killed_process_left_of_the_same_file_goes_with_the_next_one(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    for name in ("x.json", "y.json"):
        (tmp_path / f".{name}.{host_part()}.{dead.pid}.0123abcd").write_text("half", encoding="utf-8")
    files.write_text(tmp_path / "x.json", "whole")
    assert _names(tmp_path) == [f".y.json.{host_part()}.{dead.pid}.0123abcd", "x.json"]
    with files.new_folder(tmp_path / "y.json") as new:
        (new / "a").write_text("", encoding="utf-8")
    assert _names(tmp_path) == ["x.json", "y.json"]


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    with files.new_file(tmp_path / "x") as first, files.new_file(tmp_path / "x") as second:
        assert first != second
        first.write_text("first", encoding="utf-8")
        second.write_text("second", encoding="utf-8")
    assert (tmp_path / "x").read_text(encoding="utf-8") == "first", "the last to end"
    assert _names(tmp_path) == ["x"]


def test_folder_that_must_not_be_there_is_reported_and_kept(tmp_path: Path) -> None:
    problem = "new: was created by another process meanwhile"
    with pytest.raises(InputError, match=problem), files.new_folder(tmp_path / "new", over=False):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "theirs").write_text("", encoding="utf-8")
    assert _names(tmp_path) == ["new"]
    assert _names(tmp_path / "new") == ["theirs"]


def test_old_folder_stays_where_the_new_one_cannot_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").write_text("", encoding="utf-8")
    rename = Path.rename

    def fail_second(path: Path, to: Path) -> Path:
        if to.name == "run" and ".run." in path.name and not (path / "old").exists():
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", fail_second)
    with pytest.raises(InputError, match="cannot be written: Input/output error"), files.new_folder(tmp_path / "run"):
        pass
    assert _names(tmp_path) == ["run"]
    assert _names(tmp_path / "run") == ["old"]


@pytest.mark.parametrize(
    "said",
    [
        "[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0",  # torch.save
        "[enforce fail at inline_container.cc:862] . PytorchStreamWriter failed writing file data/0: file write failed",
        "No space left on device (os error 28)",  # tokenizers
        "Unable to synchronously write (file write failed: time = ..., errno = 28, error message = 'No space left')",
    ],
)
def test_what_libraries_say_of_a_full_disk_in_their_own_words_is_reported(said: str, tmp_path: Path) -> None:
    for kind in (RuntimeError, Exception):
        with pytest.raises(InputError, match="x: cannot be written: "), files.new_file(tmp_path / "x"):
            raise kind(said)
    with pytest.raises(RuntimeError, match="of ours"), files.new_file(tmp_path / "x"):
        raise RuntimeError("a mistake of ours")


def test_what_has_a_name_is_on_the_disk_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    names: dict[int, str] = {}
    opened = os.open

    def watched(path: Any, *rest: Any, **more: Any) -> int:
        file = opened(path, *rest, **more)
        names[file] = Path(path).name
        return file

    def kept(what: str, label: Any) -> Any:
        done.append(f"{what} {label}")

    monkeypatch.setattr(os, "open", watched)
    monkeypatch.setattr(
        os, "fsync", lambda file: kept("kept", names[file].split(".")[1 if names[file][0] == "." else 0])
    )
    replace, rename = os.replace, Path.rename
    monkeypatch.setattr(os, "replace", lambda a, b: (kept("named", Path(b).name), replace(a, b)))
    monkeypatch.setattr(Path, "rename", lambda a, b: (kept("named", b.name), rename(a, b)))
    files.write_text(tmp_path / "x", "text")
    assert done == ["kept x", "named x", f"kept {tmp_path.name}"]
    done.clear()
    with files.new_folder(tmp_path / "run") as new:
        (new / "record").write_text("", encoding="utf-8")
    assert done == ["kept record", "kept run", "named run", f"kept {tmp_path.name}"]


@pytest.mark.skipif(os.name == "nt", reason="no such permissions")
@pytest.mark.parametrize(("mask", "wanted"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o002, 0o664)])
def test_what_a_library_keeps_to_its_owner_is_as_open_as_other_new_files(
    mask: int, wanted: int, tmp_path: Path
) -> None:
    """So that others on the machine can read a bundle, unless their owner's umask says that they cannot."""

    def private(path: Path) -> None:
        save_file({"a": torch.zeros(2)}, path)
        path.chmod(0o600)  # as safetensors 0.8 leaves it

    before = os.umask(mask)
    try:
        with new_file(tmp_path / "file") as unfinished:
            private(unfinished)
        with new_folder(tmp_path / "folder") as folder:
            (folder / "in").mkdir()
            private(folder / "in" / "file")
        with new_file(tmp_path / "script") as unfinished:
            unfinished.touch()
            unfinished.chmod(0o755)
    finally:
        os.umask(before)
    found = [(tmp_path / name).stat().st_mode & 0o777 for name in ("file", "folder/in/file", "script")]
    assert found == [wanted, wanted, wanted | 0o755]


@pytest.mark.skipif(os.name == "nt", reason="no such permissions")
def test_the_umask_is_the_one_in_force_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for hidden in (False, True):
        if hidden:
            monkeypatch.setattr(Path, "read_text", lambda *_, **__: "")  # a system that does not show it
        for mask in (0o022, 0o077):
            before = os.umask(mask)
            try:
                assert files._umask() == mask
                assert files._umask() == mask
            finally:
                assert os.umask(before) == mask
