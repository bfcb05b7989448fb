"""The command that writes the example data."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from unfreeze.language.message import say
from unfreeze.terminal.languages import echo


def examples(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write them to.")] = Path("examples"),
) -> None:
    """Write the example data that come with unfreeze, each set with a plan and its licence."""
    from unfreeze.commands.examples import write_examples

    names = write_examples(out)
    listed = ", ".join(names)
    echo(say("{out}: {names}; source and licence of each are in its SOURCE.md", out=out, names=listed))
    plan = shlex.quote(str(out / "snli" / "plan.yaml"))
    echo(say("Try: {command}", command=f"unfreeze compare --plan {plan} --out demo-out"))
