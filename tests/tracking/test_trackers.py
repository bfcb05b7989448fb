"""The table of trackers, and the command without any of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from unfreeze.tracking import trackers
from unfreeze.tracking.trackers import TRACKERS

CommandLine = Callable[..., tuple[int, str, str]]


def test_a_tracker_that_is_not_there_says_what_to_install(
    command_line: CommandLine, comparison: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    folder = comparison("classification")
    for name in TRACKERS:
        code, _, line = command_line("log", folder, "--to", name)
        assert code == 2
        assert line == f"unfreeze: --to {name}: needs the package {name}: pip install 'unfreeze[{name}]'\n"


def test_an_unknown_tracker_is_one_line(command_line: CommandLine, tmp_path: Path) -> None:
    code, _, line = command_line("log", tmp_path, "--to", "mlfow")
    assert (code, line.count("\n")) == (2, 1)
    assert "did you mean 'mlflow'?" in line


def test_every_tracker_has_a_writer_and_an_extra() -> None:
    import tomllib

    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    for name, tracker in TRACKERS.items():
        module, _, function = tracker.writer.partition(":")
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        assert f"def {function}(" in Path(spec.origin).read_text(encoding="utf-8")
        assert any(needed.startswith(name) for needed in extras["project"]["optional-dependencies"][name])
