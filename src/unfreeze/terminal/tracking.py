"""The command that logs a comparison to an experiment tracker."""

from __future__ import annotations

from typing import Annotated

import typer


def log(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The --out folder of a comparison, or its URL.")],
    to: Annotated[str, typer.Option(metavar="trackio|mlflow|tensorboard", help="The tracker.")],
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="The tracker's project or experiment.  [default: unfreeze]")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="mlflow: sqlite:///FILE.db or http://SERVER; tensorboard, trackio: a folder.  "
            "[default: the tracker's own; tensorboard: runs]",
        ),
    ] = None,
) -> None:
    """Log a comparison's runs and verdict to an experiment tracker, after the fact (needs no torch).

    The same command again logs what is new.
    """
    from unfreeze.commands.log import log as write

    done = write(folder, to, project, address)
    typer.echo(f"{done.address}: {done.new} runs logged, {done.replaced} replaced, {done.kept} unchanged.")
    typer.echo(f"To see them: {done.show}")
