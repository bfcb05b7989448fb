"""The command that runs the paper's experiments again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.language.message import say
from unfreeze.terminal.languages import echo
from unfreeze.terminal.options import EngineOptions, given, grouped


@grouped
def study(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A study, `all` of them, or `list`.")],
    data_root: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the standard sets, in the layouts people have them in.")
    ] = Path("data"),
    encoders: Annotated[str, typer.Option(metavar="A,B", help="Names or folders.")] = "bert-mini,elmo-mini,skip-mini",
    seeds: Annotated[int, typer.Option(metavar="N", help="Final runs per cell.")] = 5,
    tasks: Annotated[str | None, typer.Option(metavar="A,B", help="Only these sets.")] = None,
    train_size: Annotated[
        int | None, typer.Option(metavar="N", help="At most N training examples of a set, and N to choose on (dev).")
    ] = None,
    test_size: Annotated[int | None, typer.Option(metavar="N", help="At most N test examples of a set.")] = None,
    min_steps: Annotated[
        int | None, typer.Option(metavar="N", help="Cap on the recipes' minimum number of steps (small machines).")
    ] = None,
    budget: Annotated[
        str,
        typer.Option(
            metavar="quick|standard|thorough",
            help="The recipe is chosen on dev from 1, 2 or 3 (not in all studies).",
        ),
    ] = "quick",
    corpus: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="What the encoders were pretrained on, for `domains`.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda")] = "auto",
    *,
    place: EngineOptions,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="For pages and runs; what it contains is not run again.")
    ] = Path("unfreeze-studies"),
) -> None:
    """Run the paper's experiments again: one page each, with the published number beside ours."""
    from unfreeze.studies.asked import asked_from
    from unfreeze.studies.catalogue import STUDIES, run_studies, studies_named
    from unfreeze.terminal.display import resumable

    if name == "list":
        for known, entry in STUDIES.items():
            echo(f"{known:<20} {entry.question}")
        return
    names = studies_named(name)
    settings = asked_from(
        data_root, encoders.split(","), out, seeds, tasks.split(",") if tasks else None, train_size, test_size,
        min_steps, budget, corpus or (), device, **given(place),
    )  # fmt: skip
    with resumable("the same command continues where it stopped") as display:
        run_studies(names, settings, display, display.say)
    echo(say("Pages: {out}", out=out / "index.html"))
