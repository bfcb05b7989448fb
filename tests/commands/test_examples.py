"""Example data are written once, whole, and never over anything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from unfreeze.commands import examples
from unfreeze.errors import InputError

ROOT = Path(__file__).parents[2]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_of_them_are_written_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    names = examples.write_examples(tmp_path / "new" / "folder")
    assert names == sorted(path.parent.name for path in (ROOT / "examples").glob("*/plan.yaml"))
    written = _files(tmp_path / "new" / "folder")
    assert written == _files(ROOT / "examples")
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert examples.write_examples(tmp_path / "new" / "folder") == names
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_what_is_missing_comes_back(tmp_path: Path) -> None:
    examples.write_examples(tmp_path)
    (tmp_path / "snli" / "dev.tsv").unlink()
    examples.write_examples(tmp_path)
    assert _files(tmp_path) == _files(ROOT / "examples")


def test_another_file_of_the_name_is_kept_and_nothing_written(tmp_path: Path) -> None:
    own = tmp_path / "wnut17" / "train.conll"
    own.parent.mkdir()
    own.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"train\.conll: already exists .* --out"):
        examples.write_examples(tmp_path)
    assert _files(tmp_path) == {"wnut17/train.conll": b"mine"}


def test_a_package_without_examples_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "PLACES", (tmp_path / "none",))
    with pytest.raises(InputError, match="install the package again"):
        examples.write_examples(tmp_path / "out")


def test_the_command_names_the_next_one(tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = command_line("examples", "--out", tmp_path / "my data")
    assert code == 0
    assert f"unfreeze compare --plan '{tmp_path}/my data/snli/plan.yaml'" in out
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = command_line("examples", "--out", tmp_path / "file")
    assert code == 2
    assert err.count("\n") == 1
    assert "file" in err
