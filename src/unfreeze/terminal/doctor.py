"""The command that says what this installation is, and what this machine can do."""

from __future__ import annotations

from typing import Annotated

import typer

from unfreeze.plan import Plan
from unfreeze.terminal.languages import echo
from unfreeze.terminal.options import Device


def doctor(
    device: Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print versions, device, measured precision, extras, encoders and the cache: a line each."""
    import json
    from dataclasses import asdict

    from unfreeze.commands.doctor import examined

    found = examined(device or Plan.device)
    for line in [json.dumps(asdict(found), indent=1, ensure_ascii=False)] if as_json else found.lines():
        echo(line)


def print_version(asked: bool) -> None:
    """For `--version`: print it and end."""
    if asked:
        from importlib.metadata import version

        echo(f"unfreeze {version('unfreeze')}")
        raise typer.Exit
