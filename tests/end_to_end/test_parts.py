"""A comparison of splits in several files: the same question as that of the whole files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import tiny

from unfreeze.commands.compare import compare


def in_parts(data: Path, to: Path, count: int) -> list[Path]:
    """`train.tsv` cut into files that each have its header; the others as they are."""
    to.mkdir()
    header, *rows = (data / "train.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    for name in ("dev.tsv", "test.tsv"):
        shutil.copy(data / name, to / name)
    paths = [to / f"train-{i:05}-of-{count:05}.tsv" for i in range(count)]
    size = -(-len(rows) // count)
    for i, path in enumerate(paths):
        path.write_text(header + "".join(rows[size * i : size * (i + 1)]), encoding="utf-8")
    return paths


def test_parts_are_the_same_question_as_the_whole(
    tmp_path: Path, answered: Callable[[str], Path], encoder: Path, data_of: Callable[[str], Path]
) -> None:
    """So a finished comparison is resumed with them, and no run is repeated."""
    out = Path(shutil.copytree(answered("classification"), tmp_path / "out"))
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/record.json")}
    paths = in_parts(data_of("classification"), tmp_path / "parts", 5)
    told: list[str] = []
    result = compare(tiny.tiny_plan(tmp_path / "parts", encoder, out, "classification"), None, told.append)
    assert {path: path.stat().st_mtime_ns for path in out.glob("runs/*/record.json")} == before
    assert result.data.files["train"] == tuple(map(str, paths))
    assert "train: 5 files, train-00000-of-00005.tsv to train-00004-of-00005.tsv: 10 + 10 + 10 + 10 + 8 rows." in told
    report = (out / "report.html").read_text(encoding="utf-8")
    assert f"{paths[0]} to {paths[-1]} (5 files)" in report


def test_several_files_on_the_command_line(
    tmp_path: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    parts = in_parts(data_of("classification"), tmp_path / "parts", 3)
    others = ("--dev", tmp_path / "parts" / "dev.tsv", "--test", tmp_path / "parts" / "test.tsv")
    repeated = [word for path in parts for word in ("--train", path)]
    plan = tmp_path / "plan.yaml"
    plan.write_text(json.dumps({"train": ["parts/train-*.tsv"], "dev": "parts/dev.tsv", "test": "parts/test.tsv"}))
    for given in ((*repeated, *others), ("--train", tmp_path / "parts" / "train-*.tsv", *others)):
        code, said, complaint = command_line("check", *given)
        assert (code, complaint) == (0, "")
        assert "train: 3 files, train-00000-of-00003.tsv to train-00002-of-00003.tsv: 16 + 16 + 16 rows." in said
        assert "Examples: train 48, dev 24, test 30." in said
    parts[1].unlink()
    code, _, complaint = command_line("check", tmp_path / "parts")
    assert code == 2
    assert "part 1 of 3 is missing" in complaint
    # A shell that expands a pattern without quote marks leaves all files but the first as further arguments.
    code, _, complaint = command_line("check", "--train", parts[0], parts[2])
    assert code == 2
    assert "DATA is a file, and --train names another; which is it? A pattern of files needs quote marks" in complaint
    code, _, complaint = command_line("compare", "--plan", plan, "--encoder", tmp_path)
    assert code == 2
    assert "part 1 of 3 is missing" in complaint
