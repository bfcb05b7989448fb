"""Commands on a disk that takes no more: one line, nothing hidden left, and resumed where there is room again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files")

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(command_line: Call) -> Call:
    """`call(size, *arguments)`: no file may grow beyond that many bytes; see `command_line`."""
    import resource

    def run(size: int, *arguments: object) -> tuple[int, str, str]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            return command_line(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return run


def told(code: int, complaint: str, out: Path) -> str:
    """The one line, and nothing half-written."""
    *_, line = complaint.splitlines()
    assert code == 2
    assert "Traceback" not in complaint
    assert line.startswith("unfreeze: ")
    assert "cannot be written: File too large" in line
    assert not list(out.parent.rglob(".*.*"))
    return line


def assert_whole(out: Path) -> None:
    """Every file of a stopped comparison can be read, and every folder of a run is of a finished one."""
    for path in out.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    for run in out.glob("runs/*"):
        assert (run / "record.json").exists()


def test_compare_goes_on_to_the_same_result_as_room_grows(
    encoder: Path, data_of: Callable[[str], Path], answered: Callable[[str], Path], tmp_path: Path, call: Call
) -> None:
    out = tmp_path / "out"
    values = tiny.plan_values(data_of("classification"), encoder, out, "classification")
    plan = tiny.write_plan(tmp_path / "plan.json", values)
    stopped = set()
    for size in (3000, 10_000, 31_000, 120_000):
        code, _, complaint = call(size, "compare", "--plan", plan)
        stopped.add(told(code, complaint, out).split(":")[1].rpartition("/")[2].partition(".")[0])
        assert_whole(out)
    assert len(stopped) >= 3, "the disk was full at several kinds of file"
    assert call(4_000_000, "compare", "--plan", plan)[0] == 0
    results = [json.loads((folder / "result.json").read_text()) for folder in (out, answered("classification"))]
    assert tiny.numbers(results[0]) == tiny.numbers(results[1])


@pytest.mark.parametrize("command", ["predict tsv", "predict jsonl", "encode", "convert", "report"])
def test_other_commands_tell_it_and_leave_nothing(
    command: str, encoder: Path, data_of: Callable[[str], Path], answered: Callable[[str], Path], tmp_path: Path,
    call: Call,
) -> None:  # fmt: skip
    name, _, kind = command.partition(" ")
    texts, bundle = data_of("classification") / "test.tsv", answered("classification") / "bundle"
    out = tmp_path / "made" / f"out.{kind or 'safetensors'}"
    arguments: dict[str, tuple[object, ...]] = {
        "predict": (bundle, texts, "--out", out), "encode": (texts, "--encoder", encoder, "--out", out),
        "convert": (encoder, "--out", out), "report": (answered("classification"),),
    }  # fmt: skip
    for size in (0, 500):
        code, _, complaint = call(size, name, *arguments[name])
        told(code, complaint, answered("classification") / "x" if name == "report" else out)
        assert not out.parent.exists(), "a folder made for nothing is gone too"
    assert call(4_000_000, name, *arguments[name])[0] == 0
    assert out.exists() == (name != "report")
