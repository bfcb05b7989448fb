"""The command that writes the example data."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def examples(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write them to.")] = Path("examples"),
) -> None:
    """Write the example data that come with unfreeze, each set with a plan and its licence."""
    from unfreeze.commands.examples import write_examples

    names = write_examples(out)
    typer.echo(f"{out}: {', '.join(names)}; source and licence of each are in its SOURCE.md")
    typer.echo(f"Try: unfreeze compare --plan {shlex.quote(str(out / 'snli' / 'plan.yaml'))} --out demo-out")
