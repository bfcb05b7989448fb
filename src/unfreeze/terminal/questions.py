"""The commands that answer a question about labelled text: compare, probe, check, report, predict."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from unfreeze.language.message import say
from unfreeze.methods.table import names
from unfreeze.plan import Plan
from unfreeze.terminal.languages import echo
from unfreeze.terminal.options import (
    Column,
    ColumnOptions,
    Device,
    EncoderChoice,
    EngineOptions,
    FileOptions,
    MetricOptions,
    RunOptions,
    given,
    grouped,
    plan_of,
)


@grouped
def compare(
    files: FileOptions,
    columns: ColumnOptions,
    measured: MetricOptions,
    reader: EncoderChoice,
    methods: Annotated[str | None, typer.Option(metavar="A,B", help=f"Some of {', '.join(names())}.")] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="quick|standard|thorough", help="3, 6 or 9 recipes per method.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="N|auto", help="Final runs per method.  [default: 3, 5 or 10]")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Without a test file: test every example once, in K folds; 0 for none.  [default: 5 of few]",
        ),
    ] = None,
    unfreeze_top: Annotated[
        int | None, typer.Option(metavar="K", help="Fine-tune only the top K layers.  [default: all]")
    ] = None,
    drop_hopeless: Annotated[
        bool,
        typer.Option("--drop-hopeless", help="Of several encoders, skip those far behind as probes."),
    ] = False,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Train nothing: open the output folder for `unfreeze jobs`.")
    ] = False,
    *,
    work: RunOptions,
    place: EngineOptions,
    cache_dtype: Annotated[
        str | None, typer.Option(metavar="float16|int8", help="int8 halves the feature store.  [default: float16]")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Settings from a file; options win over it.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Output folder or URL (s3://, gs://, ...); an unfinished comparison is resumed."
        ),
    ] = None,
) -> None:
    """Train with each method, judge all on the test set, and name the one to use: report, verdict, a saved model."""
    options = given(
        files, columns, measured, reader, work, place, methods=methods, budget=budget, seeds=_number(seeds),
        folds=folds, unfreeze_top=unfreeze_top, drop_hopeless=drop_hopeless or None, cache_dtype=cache_dtype, out=out,
    )  # fmt: skip
    question = plan_of(options, plan)
    if prepare:
        _prepare(question)
        return
    from unfreeze.commands.compare import compare as answer
    from unfreeze.terminal.display import resumable
    from unfreeze.terminal.summary import summary

    with resumable(say("the same command continues where it stopped")) as display:
        result = answer(question, display, display.say)
    for line in summary(result):
        echo(line)


def _prepare(question: Plan) -> None:
    from unfreeze.commands.prepare import prepare
    from unfreeze.terminal.display import Display

    with Display() as display:
        prepared = prepare(question, display, display.say)
    out = prepared.out
    echo(
        say(
            "{out} is open, nothing is trained yet. There are {runs:,} runs to make, by n processes:",
            out=out,
            runs=prepared.runs,
        )
    )
    echo(say("  unfreeze jobs {out} --part i/n --wait      (i from 0 to n - 1)", out=shlex.quote(str(out))))
    echo(say("Then the same command without --prepare judges, and makes what is still missing."))


def jobs(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A folder that `unfreeze compare --prepare` opened.")],
    part: Annotated[str, typer.Option(metavar="I/N", help="Which of N shares, from 0/N to N-1/N.")],
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for trials of other parts, then make final runs too.")
    ] = False,
) -> None:
    """Make a share of a comparison's runs, beside other processes on one disk, as in a job array."""
    from unfreeze.commands.jobs import make_share
    from unfreeze.commands.places import shared_folder
    from unfreeze.runs.shares import part_from
    from unfreeze.terminal.display import resumable

    with resumable(say("the same command continues where it stopped")) as display:
        said = make_share(shared_folder(folder), part_from(part), wait, display, display.say)
    echo(said)


def _number(text: str | None) -> int | str | None:
    """An option that is a number or a word."""
    return int(text) if text is not None and text.removeprefix("-").isdecimal() else text


@grouped
def probe(
    files: FileOptions,
    columns: ColumnOptions,
    measured: MetricOptions,
    reader: EncoderChoice,
    work: RunOptions,
    place: EngineOptions,
    seeds: Annotated[
        int | None, typer.Option(metavar="N", help="Resamples of the training rows.  [default: 5]")
    ] = None,
    only_layers: Annotated[
        bool, typer.Option("--only-layers", help="Leave out the controls, and the layers after fine-tuning.")
    ] = False,
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Write probes.json there too.")] = None,
) -> None:
    """Score a linear probe on every layer, with its interval: which layer knows most, and what does tuning change?

    Beside the frozen encoder's layers: the mean of each and the one above, labels and weights drawn at random, which
    show what a probe finds where nothing is known, and the layers after fine-tuning.
    """
    question = plan_of(given(files, columns, measured, reader, work, place, seeds=seeds, out=out))
    from unfreeze.commands.probe import probe_variants
    from unfreeze.disk.remote import joined as joined_path
    from unfreeze.records.layer_scores import LAYERS, VARIANTS
    from unfreeze.terminal.display import Display
    from unfreeze.terminal.summary import layer_table, variant_table

    variants = VARIANTS[:1] if only_layers else VARIANTS
    with Display() as display:
        results = {}
        for variant, scores in probe_variants(question, variants, display, display.say):
            results[variant] = scores
            for line in layer_table(scores) if variant == LAYERS else ():
                display.say(line)
    for line in () if only_layers else variant_table(results):
        echo(line)
    if out is not None:
        echo(say("Written: {out}", out=joined_path(out, "probes.json")))


@grouped
def check(files: FileOptions, columns: ColumnOptions) -> None:
    """Read and audit the data, train nothing."""
    from unfreeze.data.audit import audit
    from unfreeze.data.audit_lines import lines_of
    from unfreeze.runs.question import read_data

    dataset = read_data(plan_of(given(files, columns)))
    for line in (*dataset.notes, *lines_of(dataset, audit(dataset))):
        echo(line)


def report(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The --out folder of a comparison, or its URL.")],
) -> None:
    """Judge again from the run folders and rebuild the report (needs no torch)."""
    from unfreeze.commands.places import working_folder
    from unfreeze.disk.mirror import shown_place
    from unfreeze.judging.judge import judge
    from unfreeze.judging.read import read_compared
    from unfreeze.report.render import render

    with working_folder(folder) as local:
        compared = read_compared(local)
        echo(shown_place(render(local, compared, judge(local, compared))))


@grouped
def predict(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="The bundle folder of a comparison, or its URL.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Texts: csv, tsv, jsonl, parquet, txt or CoNLL words.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here (.tsv, .jsonl) instead of printing.")
    ] = None,
    text: Column = None,
    text_b: Column = None,
    device: Device = None,
    escape_formulas: Annotated[
        bool, typer.Option("--escape-formulas", help="Put ' before cells that a spreadsheet would run as a formula.")
    ] = False,
    *,
    place: EngineOptions,
) -> None:
    """Predict labels with a bundle.

    With --engine a large file is predicted in parts by several machines; the same command continues where it stopped.
    """
    if not place.elsewhere:
        from unfreeze.commands.predict import predict_file

        count = predict_file(
            bundle, file, out, text=text, text_b=text_b, device=device or Plan.device, escape_formulas=escape_formulas
        )
    else:
        from unfreeze.commands.predict_away import Asked, predict_away
        from unfreeze.terminal.display import resumable

        plan = plan_of(given(place, device=device))
        with resumable(say("the same command continues where it stopped")) as display:
            count = predict_away(Asked(bundle, file, out, text, text_b, escape_formulas), plan, display)
    if out is not None:
        echo(say("{count:,} predictions in {out}", count=count, out=out))
