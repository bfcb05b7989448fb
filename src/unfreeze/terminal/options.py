"""The options that several commands share, each defined once, and how they become a plan.

An option that is not given is None: what counts then (a plan file's value, or a default) is decided by `Plan`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.plan import HERE, Plan, merged, read_plan


def defaults_to(setting: str) -> str:
    """`"[default: 8]"`, for the end of a help text: what a plan takes where the option is not given."""
    value = getattr(Plan, setting)
    return f"[default: {value:g}]" if isinstance(value, float) else f"[default: {value}]"


SplitFiles = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Name this split's file outright; several by repeating it or as 'PATTERN*'."),
]
Column = Annotated[str | None, typer.Option(metavar="COL", help="Column by name (or index where there is no header).")]
Texts = Annotated[
    str | None,
    typer.Option(metavar="COL", help="Column by name (or index where there is no header); A,B joins several."),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(metavar="COL", help="Column likewise; A,B,C are columns of 0 and 1, one for each label."),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        metavar="NAME_OR_FOLDER", help=f"See `unfreeze encoders`; compare takes several: A,B.  {defaults_to('encoder')}"
    ),
]
EncoderOptions = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of the encoder's family, such as stateful=true.")
]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="here|ray|ADDRESS",
        help=f"Work on Ray: one started for it, or one that is there (auto, ray://HOST:PORT).  {defaults_to('engine')}",
    ),
]
CacheGb = Annotated[
    float | None, typer.Option(metavar="GB", help=f"Cap of the feature store.  {defaults_to('cache_gb')}")
]
Device = Annotated[str | None, typer.Option(metavar="auto|cpu|cuda", help=defaults_to("device"))]


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """The files of the data."""

    data: Annotated[str | None, typer.Argument(metavar="DATA", help="File, or folder with train/dev/test.")] = None
    train: SplitFiles = None
    dev: SplitFiles = None
    test: SplitFiles = None


@dataclass(frozen=True, kw_only=True)
class ColumnOptions:
    """What the columns of the data are."""

    text: Texts = None
    text_b: Column = None
    label: LabelColumn = None
    group: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Column of authors or documents, none of which may be in two made splits."),
    ] = None
    task: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="classification, multilabel-classification, regression, pair-classification, pair-regression or "
            "tagging.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class MetricOptions:
    """What is measured."""

    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What chooses and judges, such as macro_f1, f1:CLASS, average-precision or spearman.  [default: the "
            "task's usual one]",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class EncoderChoice:
    """Which encoder reads the texts, and how."""

    encoder: Encoder = None
    encoder_option: EncoderOptions = None
    prefix: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help='Put before every text, such as "query: ".  [default: the encoder\'s]'),
    ] = None
    max_length: Annotated[int | None, typer.Option(metavar="N", help="Cut inputs to N pieces.")] = None


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How much of the data is used, on which device, with which cache."""

    train_size: Annotated[int | None, typer.Option(metavar="N", help="Use only N training examples.")] = None
    device: Device = None
    cache_gb: CacheGb = None


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Where runs are made, or the parts of a large file."""

    engine: Engine = None
    cpus_per_run: Annotated[
        int | None,
        typer.Option(metavar="N", help=f"Processors for a run or part on Ray.  {defaults_to('cpus_per_run')}"),
    ] = None
    gpus_per_run: Annotated[
        float | None, typer.Option(metavar="N", help=f"GPUs for each, such as 0.5.  {defaults_to('gpus_per_run')}")
    ] = None

    @property
    def elsewhere(self) -> bool:
        """Whether an engine other than this process is asked for."""
        return self.engine not in (None, HERE)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command with one option per field of each of its parameters that is a dataclass of options."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if is_dataclass(kind) and isinstance(kind, type)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            parameters += _parameters_of(groups[name])
        else:
            parameters.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def run(**values: Any) -> None:
        filled = {name: kind(**{f.name: values.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()}
        command(**filled, **values)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameters_of(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=hints[field.name]
        )
        for field in fields(group)
    ]


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default


def given(*groups: Any, **more: Any) -> dict[str, Any]:
    """The options of some groups, and `more`, that were given; those left out are None or empty."""
    values = {field.name: getattr(group, field.name) for group in groups for field in fields(group)} | more
    return {name: value for name, value in values.items() if value not in (None, [])}


def plan_of(options: Mapping[str, Any], file: Path | None = None) -> Plan:
    """The plan file's settings with the options given on the command line over them.

    Raises:
        InputError: the file or an option is invalid.
    """
    settings = dict(options)
    for split in ("train", "dev", "test"):
        if split in settings and len(settings[split]) == 1:
            (settings[split],) = settings[split]
    if "encoder_option" in settings:
        settings["encoder_options"] = encoder_options(settings.pop("encoder_option"))
    if "methods" in settings:
        settings["methods"] = names_in(settings["methods"])
    return merged(Plan() if file is None else read_plan(file), settings, "command line")


def names_in(text: str) -> list[str]:
    """`"a, b"` to `["a", "b"]`."""
    return [name.strip() for name in text.split(",") if name.strip()]


def encoder_options(pairs: list[str] | None) -> dict[str, str]:
    """`["stateful=true"]` to `{"stateful": "true"}`. Raises `InputError` where there is no `=`."""
    parts = [pair.partition("=") for pair in pairs or []]
    for name, sign, _ in parts:
        if not sign:
            raise InputError("must be NAME=VALUE", where=say("--encoder-option {name}", name=name))
    return {name: value for name, _, value in parts}
