"""The command that pretrains an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from unfreeze.language.message import say
from unfreeze.terminal.languages import echo
from unfreeze.terminal.options import Device, given, grouped


@dataclass(frozen=True, kw_only=True)
class PretrainingOptions:
    """The settings of `pretraining.settings.Pretraining`, by the same names.

    Its defaults stand in the help texts by hand, since importing them takes as long as all that `--help` needs; a test
    compares them.
    """

    corpus: Annotated[
        list[str],
        typer.Argument(metavar="CORPUS...", help="Text: plain, WikiExtractor's, jsonl; .xz, .gz, .bz2, .zst."),
    ]
    out: Annotated[str, typer.Option(metavar="DIR", help="For the encoder; an unfinished run in it is resumed.")]
    objective: Annotated[str, typer.Option(metavar="mlm|bilm|skip-thoughts", help="A BERT, an ELMo, skip-thoughts.")]
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ENCODER",
            help="Continue from this encoder (a masked-LM head that it lacks is made).  [default: from scratch]",
        ),
    ] = None
    size: Annotated[str | None, typer.Option(metavar="tiny|mini|small|FILE.yaml", help="[default: mini]")] = None
    architecture: Annotated[
        str | None, typer.Option(metavar="modernbert|bert", help="Of mlm, from scratch.  [default: modernbert]")
    ] = None
    tokens: Annotated[int | None, typer.Option(metavar="N", help="Pieces (mlm) or words to read.")] = None
    hours: Annotated[float | None, typer.Option(metavar="H", help="Hours of training instead.")] = None
    passes: Annotated[float | None, typer.Option(metavar="P", help="Passes over the text instead.  [default: 1]")] = (
        None
    )
    most: Annotated[int | None, typer.Option(metavar="N", help="Read only N pieces or words of the text.")] = None
    prepared: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Keep the prepared text there, for other runs on it.  [default: not kept]"),
    ] = None
    batch: Annotated[int | None, typer.Option(metavar="N", help="Pieces or words per step.")] = None
    learning_rate: Annotated[float | None, typer.Option(metavar="R", help="The highest.")] = None
    dropout: Annotated[float | None, typer.Option(metavar="P", help="[default: 0]")] = None
    masking: Annotated[str | None, typer.Option(metavar="80-10-10|all", help="Of mlm.  [default: 80-10-10]")] = None
    mask_share: Annotated[float | None, typer.Option(metavar="P", help="Of mlm.  [default: 0.15]")] = None
    whole_words: Annotated[bool | None, typer.Option("--whole-words", help="Of mlm: mask whole words.")] = None
    next_sentence: Annotated[
        bool | None, typer.Option("--next-sentence", help="Of mlm: does the second half follow the first?")
    ] = None
    lower_case: Annotated[bool | None, typer.Option("--lower-case", help="Of a vocabulary made here.")] = None
    tokenizer: Annotated[
        str | None, typer.Option(metavar="treebank|whitespace", help="How texts become words.  [default: treebank]")
    ] = None
    seed: Annotated[int | None, typer.Option(metavar="N", help="[default: 0]")] = None
    device: Device = None
    half: Annotated[bool | None, typer.Option("--half", help="Write the weights in 16 bits.")] = None
    checkpoint_minutes: Annotated[float | None, typer.Option(metavar="M", help="[default: 10]")] = None


@grouped
def pretrain(options: PretrainingOptions) -> None:
    """Make an encoder from raw text, or continue the pretraining of one; the result is used like any other."""
    from unfreeze.pretraining.settings import pretraining_from

    settings = pretraining_from(given(options) | {"corpus": tuple(options.corpus)})
    from unfreeze.pretraining.run import run
    from unfreeze.terminal.display import resumable

    with resumable(say("the same command continues from the last checkpoint")) as display:
        run(settings, display.say, display.trained, display.point)
    out = options.out
    echo(say("{out}: the encoder, with its curve in pretraining.html; use it with --encoder {out}", out=out))
