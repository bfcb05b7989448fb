"""The command that writes bundles in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.terminal.languages import echo


def export(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle folder of a comparison.")],
    to: Annotated[str, typer.Option(metavar="onnx|transformers|sentence-transformers")] = "onnx",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder that does not exist yet.  [default: BUNDLE-FORM]")
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="onnx: also with weights in 8 bits, judged again on the test set.")
    ] = False,
    test: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Test texts (for --int8 with labels).  [default: the comparison's]"),
    ] = None,
) -> None:
    """Write a bundle for other programs; it appears once it has predicted as the bundle does."""
    from unfreeze.commands.export import export as write
    from unfreeze.export.card import checked

    made = write(bundle, to, out, test=test, int8=int8, tell=typer.echo)
    echo(f"{made.folder}: {checked(made.agreement)}")
