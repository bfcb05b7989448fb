"""The command line: parse, call, print. No logic, and nothing slow imported before it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unfreeze.errors import InputError

if TYPE_CHECKING:
    from unfreeze.judging.result import Result
    from unfreeze.plan import Plan
    from unfreeze.terminal.display import Display

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Keep the pretrained encoder frozen, or fine-tune it? Answers it for your labelled text.",
)  # fmt: skip

Data = Annotated[str | None, typer.Argument(metavar="DATA", help="File, or folder with train/dev/test.")]
Split = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Name this split's file outright; several by repeating it or as 'PATTERN*'."),
]
Column = Annotated[str | None, typer.Option(metavar="COL", help="Column by name (or index where there is no header).")]
Kind = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="classification, regression, pair-classification, pair-regression, tagging."),
]
Encoder = Annotated[
    str | None, typer.Option(metavar="NAME_OR_FOLDER", help="See `unfreeze encoders`.  [default: minilm]")
]

Limit = Annotated[int | None, typer.Option(metavar="N", help="Cut inputs to N pieces.")]
Prefix = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help='Put before every text, such as "query: ".  [default: the encoder\'s]'),
]
Options = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of the encoder's family, such as stateful=true.")
]


@app.command()
def compare(
    data: Data = None,
    train: Split = None,
    dev: Split = None,
    test: Split = None,
    text: Column = None,
    text_b: Column = None,
    label: Column = None,
    task: Kind = None,
    encoder: Encoder = None,
    methods: Annotated[
        str | None, typer.Option(metavar="A,B", help="feature-extraction, fine-tuning, or both.")
    ] = None,
    encoder_option: Options = None,
    prefix: Prefix = None,
    budget: Annotated[
        str | None, typer.Option(metavar="quick|standard|thorough", help="3, 6 or 9 recipes a method.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Final runs a method.  [default: 3, 5 or 10]")] = None,
    train_size: Annotated[int | None, typer.Option(metavar="N", help="Use only N training examples.")] = None,
    max_length: Limit = None,
    unfreeze_top: Annotated[
        int | None, typer.Option(metavar="K", help="Fine-tune only the top K layers.  [default: all]")
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="auto|cpu|cuda")] = None,
    cache_gb: Annotated[
        float | None, typer.Option(metavar="GB", help="Cap of the feature store.  [default: 8]")
    ] = None,
    cache_dtype: Annotated[
        str | None, typer.Option(metavar="float16|int8", help="int8 halves the feature store.  [default: float16]")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Settings from a file; options win over it.")
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Output folder; an unfinished one is gone on with.")
    ] = None,
) -> None:
    """Train both ways, judge them on the test set, and say which to use: report, verdict and a model that predicts."""
    given = {k: v for k, v in locals().items() if k not in ("plan", "methods", "encoder_option") and v is not None}
    if encoder_option:
        given["encoder_options"] = _options(encoder_option)
    if methods is not None:
        given["methods"] = [m.strip() for m in methods.split(",")]
    asked = _plan(plan, given)
    from unfreeze.commands.compare import compare as answer

    with _resumable("the same command goes on where it stopped") as display:
        result = answer(asked, display, display.say)
    _print_result(result)


@app.command()
def probe(
    data: Data = None,
    train: Split = None,
    dev: Split = None,
    test: Split = None,
    text: Column = None,
    text_b: Column = None,
    label: Column = None,
    task: Kind = None,
    encoder: Encoder = None,
    encoder_option: Options = None,
    prefix: Prefix = None,
    seeds: Annotated[
        int | None, typer.Option(metavar="N", help="Resamples of the training rows.  [default: 5]")
    ] = None,
    train_size: Annotated[int | None, typer.Option(metavar="N", help="Use only N training examples.")] = None,
    max_length: Annotated[int | None, typer.Option(metavar="N", help="Cut inputs to N pieces.")] = None,
    device: Annotated[str | None, typer.Option(metavar="auto|cpu|cuda")] = None,
    cache_gb: Annotated[
        float | None, typer.Option(metavar="GB", help="Cap of the feature store.  [default: 8]")
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
    given = {k: v for k, v in locals().items() if k not in ("encoder_option", "only_layers") and v is not None}
    if encoder_option:
        given["encoder_options"] = _options(encoder_option)
    asked = _plan(None, given)
    from unfreeze.commands.probe import probe_variants
    from unfreeze.records.layer_scores import LAYERS, VARIANTS
    from unfreeze.terminal.display import Display
    from unfreeze.terminal.summary import layer_table, variant_table

    with Display() as display:
        found = {}
        for variant, scores in probe_variants(asked, VARIANTS[:1] if only_layers else VARIANTS, display, display.say):
            found[variant] = scores
            for line in layer_table(scores) if variant == LAYERS else ():
                display.say(line)
    for line in () if only_layers else variant_table(found):
        typer.echo(line)
    if out is not None:
        typer.echo(f"Written: {Path(out) / 'probes.json'}")


@app.command()
def check(
    data: Data = None,
    train: Split = None,
    dev: Split = None,
    test: Split = None,
    text: Column = None,
    text_b: Column = None,
    label: Column = None,
    task: Kind = None,
) -> None:
    """Read and audit the data, train nothing."""
    asked = {k: v for k, v in locals().items() if v is not None}
    from unfreeze.data.audit import audit
    from unfreeze.data.audit_lines import audit_lines
    from unfreeze.runs.question import read_data

    dataset = read_data(_plan(None, asked))
    for line in (*dataset.notes, *audit_lines(audit(dataset))):
        typer.echo(line)


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The --out folder of a comparison.")]) -> None:
    """Judge again from the run folders and rebuild the report (needs no torch)."""
    from unfreeze.judging.judge import judge
    from unfreeze.report.render import render

    judge(folder)
    typer.echo(render(folder))


@app.command()
def predict(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle folder of a comparison.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Texts: csv, tsv, jsonl, parquet, txt or CoNLL words.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here (.tsv, .jsonl) instead of printing.")
    ] = None,
    text: Column = None,
    text_b: Column = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda")] = "auto",
    escape_formulas: Annotated[
        bool, typer.Option("--escape-formulas", help="Put ' before cells that a spreadsheet would run as a formula.")
    ] = False,
) -> None:
    """Predict labels with a bundle."""
    from unfreeze.commands.predict import predict_file

    count = predict_file(bundle, file, out, text=text, text_b=text_b, device=device, escape_formulas=escape_formulas)
    if out is not None:
        typer.echo(f"{count:,} predictions in {out}")


@app.command()
def encoders() -> None:
    """List the encoders that can be used without a download."""
    from unfreeze.encoders.packaged import listed_encoders

    typer.echo(f"{'name':<40} {'layers':>6} {'width':>6} {'MB':>7}  where")
    for row in listed_encoders():
        size = "" if row.mb is None else f"{row.mb:,.0f}"
        typer.echo(f"{row.name:<40} {row.layers or '':>6} {row.width or '':>6} {size:>7}  {row.origin}")
    typer.echo("Besides these: any folder that transformers or sentence-transformers saved (encoders, decoders, the")
    typer.echo("encoders of T5 and BART), or the name of one on the Hugging Face hub;")
    typer.echo("a folder of ELMo, ELMoForManyLangs or skip-thoughts as published;")
    typer.echo("word vectors as a file or folder (.txt, .vec, .bin, or .npy with a vocabulary).")


@app.command()
def encode(
    data: Annotated[str, typer.Argument(metavar="DATA", help="As for compare, or a .txt with one text a line.")],
    out: Annotated[Path, typer.Option(metavar="FILE.safetensors")],
    encoder: Encoder = None,
    text: Column = None,
    text_b: Column = None,
    label: Column = None,
    task: Kind = None,
    encoder_option: Options = None,
    prefix: Prefix = None,
    max_length: Limit = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda")] = "auto",
) -> None:
    """Write the frozen layer states of texts.

    The file has states (layers, tokens, width); offsets (texts + 1), where each text begins; inputs, where each part of
    one begins that is read by itself (a text of a pair, a window); and the tokens.
    """
    from unfreeze.commands.encode import encode_file
    from unfreeze.terminal.display import Display

    columns = {"text": text, "text_b": text_b, "label": label, "task": task}
    options = {**_options(encoder_option), **({} if prefix is None else {"prefix": prefix})}
    with Display() as display:
        shape = encode_file(
            data, encoder or "minilm", out, options=options, columns=columns, max_length=max_length,
            device=device, watcher=display,
        )  # fmt: skip
    typer.echo(f"{out}: states {shape}")


@contextmanager
def _resumable(advice: str) -> Iterator[Display]:
    """A display; an interruption ends with advice and the usual exit status of one."""
    from unfreeze.terminal.display import Display

    try:
        with Display() as display:
            yield display
    except KeyboardInterrupt:
        typer.echo(f"unfreeze: interrupted; {advice}", err=True)
        raise typer.Exit(130) from None


def _options(given: list[str] | None) -> dict[str, str]:
    """`["stateful=true"]` to `{"stateful": "true"}`."""
    pairs = [text.partition("=") for text in given or []]
    for name, sign, _ in pairs:
        if not sign:
            raise InputError("must be NAME=VALUE", where=f"--encoder-option {name}")
    return {name: value for name, _, value in pairs}


@app.command()
def pretrain(
    corpus: Annotated[
        list[str],
        typer.Argument(metavar="CORPUS...", help="Text: plain, WikiExtractor's, jsonl; .xz, .gz, .bz2, .zst."),
    ],
    out: Annotated[str, typer.Option(metavar="DIR", help="For the encoder; an unfinished run is gone on with.")],
    objective: Annotated[str, typer.Option(metavar="mlm|bilm|skip-thoughts", help="A BERT, an ELMo, skip-thoughts.")],
    start: Annotated[
        str | None, typer.Option("--from", metavar="ENCODER", help="Go on from this one.  [default: from nothing]")
    ] = None,
    size: Annotated[str | None, typer.Option(metavar="tiny|mini|small|FILE.yaml", help="[default: mini]")] = None,
    architecture: Annotated[
        str | None, typer.Option(metavar="modernbert|bert", help="Of mlm, from nothing.  [default: modernbert]")
    ] = None,
    tokens: Annotated[int | None, typer.Option(metavar="N", help="Pieces (mlm) or words to read.")] = None,
    hours: Annotated[float | None, typer.Option(metavar="H", help="Hours of training instead.")] = None,
    passes: Annotated[
        float | None, typer.Option(metavar="P", help="Passes over the text instead.  [default: 1]")
    ] = None,
    most: Annotated[int | None, typer.Option(metavar="N", help="Read only N pieces or words of the text.")] = None,
    batch: Annotated[int | None, typer.Option(metavar="N", help="Pieces or words a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(metavar="R", help="The highest.")] = None,
    dropout: Annotated[float | None, typer.Option(metavar="P", help="[default: 0]")] = None,
    masking: Annotated[str | None, typer.Option(metavar="80-10-10|all", help="Of mlm.  [default: 80-10-10]")] = None,
    mask_share: Annotated[float | None, typer.Option(metavar="P", help="Of mlm.  [default: 0.15]")] = None,
    whole_words: Annotated[bool | None, typer.Option("--whole-words", help="Of mlm: mask whole words.")] = None,
    next_sentence: Annotated[
        bool | None, typer.Option("--next-sentence", help="Of mlm: does the second half follow the first?")
    ] = None,
    lower_case: Annotated[bool | None, typer.Option("--lower-case", help="Of a vocabulary made here.")] = None,
    tokenizer: Annotated[
        str | None, typer.Option(metavar="treebank|whitespace", help="How texts become words.  [default: treebank]")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N")] = None,
    device: Annotated[str | None, typer.Option(metavar="auto|cpu|cuda")] = None,
    half: Annotated[bool | None, typer.Option("--half", help="Write the weights in 16 bits.")] = None,
    checkpoint_minutes: Annotated[float | None, typer.Option(metavar="M", help="[default: 10]")] = None,
) -> None:
    """Make an encoder from raw text, or go on with the pretraining of one; the result is used like any other."""
    given = {k: v for k, v in locals().items() if v is not None} | {"corpus": tuple(corpus)}
    from unfreeze.pretraining.settings import pretraining_from

    asked = pretraining_from(given)
    from unfreeze.pretraining.run import run

    with _resumable("the same command goes on from the last checkpoint") as display:
        run(asked, display.say, display.trained, display.point)
    typer.echo(f"{out}: the encoder, with its curve in pretraining.html; use it with --encoder {out}")


@app.command()
def study(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A study, `all` of them, or `list`.")],
    data_root: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the standard sets, in the layouts people have them in.")
    ] = Path("data"),
    encoders: Annotated[str, typer.Option(metavar="A,B", help="Names or folders.")] = "bert-mini,elmo-mini,skip-mini",
    seeds: Annotated[int, typer.Option(metavar="N", help="Final runs of a cell.")] = 5,
    tasks: Annotated[str | None, typer.Option(metavar="A,B", help="Only these sets.")] = None,
    train_size: Annotated[
        int | None, typer.Option(metavar="N", help="At most N training examples of a set, and N to choose on (dev).")
    ] = None,
    test_size: Annotated[int | None, typer.Option(metavar="N", help="At most N test examples of a set.")] = None,
    min_steps: Annotated[
        int | None, typer.Option(metavar="N", help="Recipes' least number of steps is at most N (small machines).")
    ] = None,
    budget: Annotated[
        str,
        typer.Option(metavar="quick|standard|thorough", help="Dev chooses of 1, 2 or 3 (not in all studies)."),
    ] = "quick",
    corpus: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="What the encoders were pretrained on, for `domains`.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda")] = "auto",
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="For pages and runs; what is there is not run again.")
    ] = Path("unfreeze-studies"),
) -> None:
    """Run the paper's experiments again: a page each, with the published number beside ours."""
    from unfreeze.studies.asked import asked_from
    from unfreeze.studies.catalogue import STUDIES, run_studies, studies_named

    if name == "list":
        for known, one in STUDIES.items():
            typer.echo(f"{known:<20} {one.question}")
        return
    names = studies_named(name)
    asked = asked_from(
        data_root, encoders.split(","), out, seeds, tasks.split(",") if tasks else None, train_size, test_size,
        min_steps, budget, corpus or (), device,
    )  # fmt: skip

    with _resumable("the same command goes on where it stopped") as display:
        run_studies(names, asked, display, display.say)
    typer.echo(f"Pages: {out / 'index.html'}")


@app.command()
def convert(
    encoder: Annotated[str, typer.Argument(metavar="ENCODER", help="Name or folder.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A folder that is not there yet.")],
    encoder_option: Options = None,
) -> None:
    """Write an encoder anew, safe and quick to load; options given become its own.

    Transformers and ELMo become safetensors, word vectors .npy; skip-thoughts stay the arrays that they are.
    """
    from unfreeze.commands.convert import convert as write

    fingerprint = write(encoder, out, _options(encoder_option), typer.echo)
    typer.echo(f"{out}: the same encoder (fingerprint {fingerprint}), safe and quick to load")


def _plan(file: Path | None, given: dict[str, Any]) -> Plan:
    """The plan file's settings with the options given on the command line over them."""
    from unfreeze.plan import Plan, merged, read_plan

    files = {split: given[split] for split in ("train", "dev", "test") if given.get(split)}
    alone = {split: names[0] for split, names in files.items() if len(names) == 1}
    given = {k: v for k, v in given.items() if v != []} | alone
    return merged(Plan() if file is None else read_plan(file), given, "command line")


def _print_result(result: Result) -> None:
    from unfreeze.terminal.summary import summary

    for line in summary(result):
        typer.echo(line)


def main() -> None:
    """Run the command line: 0 done, 1 a fault of ours, 2 bad input (one line, no traceback), 130 interrupted."""
    # Threads that wait long at a barrier, spinning, make every step several times slower as soon as another program
    # takes a core; threads that sleep at once cost a fifth of the speed on a machine of one's own. Wait briefly.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "300")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        app()
    except InputError as error:
        print(f"unfreeze: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"unfreeze: {error.filename or 'input/output'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
