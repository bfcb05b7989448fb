"""The reference of the command line has every command, argument and option of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from unfreeze.terminal.cli import app

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "building"))

import commands as reference

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
PAGE = reference.page()


def _section(name: str) -> str:
    return PAGE.partition(f"## unfreeze {name}\n")[2].partition("\n## unfreeze ")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_all_of_its_options(name: str) -> None:
    section = _section(name)
    for parameter in COMMANDS[name].params:
        for spelling in parameter.opts if parameter.param_type_name == "option" else [parameter.metavar]:
            assert f"| `{spelling}`" in section or f", `{spelling}`" in section, spelling
    assert (COMMANDS[name].help or "").split("\n")[0].strip() in section


def test_cells_keep_bars_and_defaults() -> None:
    assert "`--device` `auto\\|cpu\\|cuda` | Default: `auto`. |" in _section("compare")
    assert "Must be given." in _section("encode")
    for row in PAGE.splitlines():
        if row.startswith("|"):
            assert row.replace("\\|", "").count("|") == 3
