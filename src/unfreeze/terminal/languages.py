"""The language of the command line: an option of every command, and lines printed in it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from unfreeze.errors import InputError, nearest
from unfreeze.language.catalogue import LANGUAGES
from unfreeze.language.choice import choose, known, told
from unfreeze.language.message import say


def _asked(name: str | None) -> str | None:
    """Speak the language asked for from now on. Raises `InputError` where it is none of ours."""
    if name is None:
        return None
    language = known(name)
    if language is None:
        raise InputError(
            say("unknown language '{name}'{name2}", name=name, name2=nearest(name, LANGUAGES)), where="--language"
        )
    choose(language)
    return language


Language = Annotated[
    str | None,
    typer.Option(
        "--language", metavar="|".join(LANGUAGES), callback=_asked, is_eager=True,
        help="Of what is printed and of report.html.  [default: that of the locale, or en]",
    ),
]  # fmt: skip


def with_language(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the option `--language`, which takes effect before any other is read."""
    hints = get_type_hints(command, include_extras=True)
    signature = inspect.signature(command)
    parameters = [one.replace(annotation=hints[name]) for name, one in signature.parameters.items()]
    own = inspect.Parameter("language", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Language)

    @wraps(command)
    def run(language: str | None = None, **values: Any) -> None:
        command(**values)

    run.__signature__ = inspect.Signature([*parameters, own])  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {one.name: one.annotation for one in (*parameters, own)}
    return run


def echo(line: str, *, err: bool = False) -> None:
    """Print a line in the language that is spoken."""
    typer.echo(told(line), err=err)
