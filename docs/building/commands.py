"""The reference of the command line, made from its definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

PAGE = "reference/commands.md"
TITLE = "Command line"


def page() -> str:
    """Every command with its usage, help, arguments and options."""
    import typer

    from unfreeze.terminal.cli import app

    whole = typer.main.get_command(app)
    parts = [f"# {TITLE}", whole.help or "", *_table("option", whole.params)]
    for name, command in sorted(whole.commands.items()):  # type: ignore[attr-defined]
        context = command.make_context(name, [], parent=None, resilient_parsing=True)
        usage = " ".join(["unfreeze", name, *command.collect_usage_pieces(context)])
        parts += [f"## unfreeze {name}", f"```text\n{usage}\n```", _paragraphs(command.help or "")]
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        parts += _table("argument", arguments)
        parts += _table("option", [one for one in command.params if one not in arguments])
    return "\n\n".join(parts) + "\n"


def _paragraphs(text: str) -> str:
    """A help text as Markdown, with its lines filled."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _table(kind: str, parameters: list[Any]) -> Iterator[str]:
    """A table of arguments or options, where there are any."""
    rows = [f"| {_names(one)} | {_escaped(_help(one))} |" for one in parameters]
    if rows:
        yield "\n".join([f"| {kind} | what |", "| --- | --- |", *rows])


def _names(parameter: Any) -> str:
    """`--out DIR`, with every spelling and what it takes."""
    if parameter.param_type_name == "argument":
        return f"`{_escaped(parameter.metavar or parameter.name.upper())}`"
    switch = parameter.is_flag or parameter.count
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return names if switch or not parameter.metavar else f"{names} `{_escaped(parameter.metavar)}`"


def _help(parameter: Any) -> str:
    """The help of a parameter, with the note where it must be given."""
    text = " ".join((parameter.help or "").split())
    needed = parameter.required and parameter.param_type_name == "option"
    return re.sub(r"\s*\[default: ([^]]+)\]", r" Default: `\1`.", text).strip() + (" Must be given." if needed else "")


def _escaped(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|")
