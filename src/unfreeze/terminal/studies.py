"""The command that runs the paper's experiments again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.language.message import say
from unfreeze.terminal.languages import echo
from unfreeze.terminal.options import CacheGb, Device, EngineOptions, given, grouped


@grouped
def study(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A study, `all` of them, or `list`.")] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML with these options, such as studies/paper.yaml.")
    ] = None,
    data_root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Folder of the standard sets, in the layouts people have them in.  [default: data]"
        ),
    ] = None,
    encoders: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Names or folders.  [default: bert-mini,elmo-mini,skip-mini]"),
    ] = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Final runs per cell.  [default: 5]")] = None,
    tasks: Annotated[str | None, typer.Option(metavar="A,B", help="Only these sets.")] = None,
    train_size: Annotated[
        int | None, typer.Option(metavar="N", help="At most N training examples of a set, and N to choose on (dev).")
    ] = None,
    train_sizes: Annotated[
        str | None, typer.Option(metavar="SET=N,...", help="The same for single sets, such as mnli=4000.")
    ] = None,
    test_size: Annotated[int | None, typer.Option(metavar="N", help="At most N test examples of a set.")] = None,
    min_steps: Annotated[
        int | None, typer.Option(metavar="N", help="Cap on the recipes' minimum number of steps (small machines).")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="quick|standard|thorough",
            help="The recipe is chosen on dev from 1, 2 or 3 (not in all studies).  [default: quick]",
        ),
    ] = None,
    corpus: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="What the encoders were pretrained on, for `domains`.")
    ] = None,
    device: Device = None,
    cache_gb: CacheGb = None,
    before: Annotated[
        str | None, typer.Option(metavar="DIR", help="Pages of an earlier run: findings.md says what has changed.")
    ] = None,
    *,
    place: EngineOptions,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="For pages and runs; what it contains is not run again.  [default: unfreeze-studies]"
        ),
    ] = None,
) -> None:
    """Run the paper's experiments again: one page each, with the published number beside ours."""
    from unfreeze.studies.catalogue import STUDIES, run_studies, studies_named
    from unfreeze.studies.study_plan import study_plan
    from unfreeze.terminal.display import resumable

    if name == "list":
        for known, entry in STUDIES.items():
            echo(f"{known:<20} {entry.question}")
        return
    options = given(
        place, studies=name, data_root=data_root, encoders=encoders, seeds=seeds, tasks=tasks, train_size=train_size,
        train_sizes=train_sizes, test_size=test_size, min_steps=min_steps, budget=budget, corpus=corpus, device=device,
        cache_gb=cache_gb, before=before, out=out,
    )  # fmt: skip
    planned = study_plan(options, plan)
    names = studies_named(planned.studies)
    settings = planned.asked()
    with resumable(say("the same command continues where it stopped")) as display:
        run_studies(names, settings, display, display.say)
    echo(say("Pages: {out}", out=settings.out / "index.html"))
