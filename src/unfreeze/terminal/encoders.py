"""The commands about encoders themselves: list, use, convert."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.terminal.languages import echo
from unfreeze.terminal.options import (
    ColumnOptions,
    Device,
    EncoderChoice,
    EncoderOptions,
    EngineOptions,
    encoder_options,
    given,
    grouped,
    plan_of,
)


def encoders() -> None:
    """List the encoders that can be used without a download."""
    from unfreeze.encoders.packaged import listed_encoders

    echo(f"{'name':<40} {'layers':>6} {'width':>6} {'MB':>7}  where")
    for row in listed_encoders():
        size = "" if row.mb is None else f"{row.mb:,.0f}"
        echo(f"{row.name:<40} {row.layers or '':>6} {row.width or '':>6} {size:>7}  {row.origin}")
    for line in _BESIDES:
        echo(line)


_BESIDES = (
    say("Besides these: any folder that transformers or sentence-transformers saved (encoders, decoders, the"),
    say("encoders of T5 and BART), or the name of one on the Hugging Face hub;"),
    say("a folder of ELMo, ELMoForManyLangs or skip-thoughts as published;"),
    say("word vectors as a file or folder (.txt, .vec, .bin, or .npy with a vocabulary)."),
)


@grouped
def encode(
    data: Annotated[str, typer.Argument(metavar="DATA", help="As for compare, or a .txt with one text per line.")],
    out: Annotated[Path, typer.Option(metavar="FILE.safetensors")],
    reader: EncoderChoice,
    columns: ColumnOptions,
    device: Device = None,
    pooling: Annotated[
        str | None,
        typer.Option(metavar="mean|max|cls|last", help="One vector per text, not one per token."),
    ] = None,
    *,
    place: EngineOptions,
) -> None:
    """Write the frozen layer states of texts.

    The file has states (layers, tokens, width); offsets (texts + 1), where each text begins; inputs, where each part of
    a text begins that is read independently (a text of a pair, a window); and the tokens, in FILE.texts.jsonl where
    they are many. With --engine several machines compute them; the same command continues where it stopped.
    """
    from unfreeze.commands.encode import Asked, encode_file, form_of
    from unfreeze.terminal.display import resumable

    options = encoder_options(reader.encoder_option)
    if reader.prefix is not None:
        options["prefix"] = reader.prefix
    encoder = reader.encoder or Plan().only_encoder
    asked = Asked(encoder, options, vars(columns), reader.max_length, form_of(pooling))
    elsewhere = plan_of(given(place, device=device)) if place.elsewhere else None
    advice = (
        say("the same command begins again")
        if elsewhere is None
        else say("the same command continues where it stopped")
    )
    with resumable(advice) as display:
        shape = encode_file(data, asked, out, device=device or Plan.device, watcher=display, elsewhere=elsewhere)
    echo(say("{out}: states {shape}", out=out, shape=shape))


def convert(
    encoder: Annotated[str, typer.Argument(metavar="ENCODER", help="Name or folder.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A folder that does not exist yet.")],
    encoder_option: EncoderOptions = None,
) -> None:
    """Re-save an encoder, safe and quick to load; options given become its defaults.

    Transformers and ELMo become safetensors, word vectors .npy; skip-thoughts stay the arrays that they are.
    """
    from unfreeze.commands.convert import convert as write

    fingerprint = write(encoder, out, encoder_options(encoder_option), typer.echo)
    echo(
        say(
            "{out}: the same encoder (fingerprint {fingerprint}), safe and quick to load",
            out=out,
            fingerprint=fingerprint,
        )
    )
