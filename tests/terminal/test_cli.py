"""What becomes of an error: bad input is one line and 2, a fault of the program a traceback that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command

import unfreeze.judging.read
from unfreeze.errors import LONGEST
from unfreeze.terminal.cli import COMMANDS, OURS, app

CommandLine = Callable[..., tuple[int, str, str]]


def failing(error: Exception) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        raise error

    return read


def test_every_command_is_there_under_its_function_s_name() -> None:
    assert list(get_command(app).commands) == [command.__name__ for command in COMMANDS]  # type: ignore[attr-defined]


def test_a_file_of_the_user_that_is_missing_is_one_line(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = str(tmp_path / "gone.tsv")
    error = FileNotFoundError(2, "No such file or directory", name)
    monkeypatch.setattr(unfreeze.judging.read, "read_compared", failing(error))
    assert command_line("report", tmp_path) == (2, "", f"unfreeze: {name}: No such file or directory\n")


def test_a_file_of_the_program_that_is_missing_is_not_the_user_s_fault(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = str(Path(unfreeze.__file__).parent / "report" / "style.css")
    error = FileNotFoundError(2, "No such file or directory", name)
    monkeypatch.setattr(unfreeze.judging.read, "read_compared", failing(error))
    with pytest.raises(FileNotFoundError) as raised:
        command_line("report", tmp_path)
    assert raised.value.__notes__ == [OURS]


def test_an_error_of_another_kind_is_a_fault_of_the_program(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(unfreeze.judging.read, "read_compared", failing(KeyError("x")))
    with pytest.raises(KeyError) as raised:
        command_line("report", tmp_path)
    assert raised.value.__notes__ == [OURS]


def test_a_very_long_file_name_makes_a_short_line(command_line: CommandLine, tmp_path: Path) -> None:
    code, _, line = command_line("check", tmp_path / ("x" * 3000))
    assert code == 2
    assert line.count("\n") == 1
    assert len(line) <= LONGEST + len("unfreeze: \n")
