"""Everything that is known of a comparison before any training, as `comparison.json` holds it. No torch here.

Fields with defaults are those that files of older versions lack. Keys that no field has are passed over, so that a
newer version may add some; what is there must be of the declared type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from unfreeze.data.audit import Audit
from unfreeze.data.examples import LabelSpace
from unfreeze.disk.files import write_json
from unfreeze.disk.typed import OURS, briefly, read_typed, typed
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.language.stored import plain_messages, revived
from unfreeze.plan import Plan, plain, plan_from
from unfreeze.tasks.kinds import Task, task
from unfreeze.tasks.metrics import with_main

NO_COMPARISON = say("not found; is this the --out folder of `unfreeze compare`?")
REMOVE = say("remove the folder, or choose another --out")
MOST_LAYERS, MOST_EPOCHS, MOST_SECONDS, MOST_COUNTED = 10_000, 1_000_000, 1_000_000_000, 10**15
"""No encoder, run or data set has more: such a number is that of a damaged file, and what loops over it would never end
(products of counts would be larger than any float)."""


@dataclass(frozen=True)
class DataFacts:
    """The data set as it was read.

    Attributes:
        files, columns: split to file (several: a tuple), role to column.
        sizes: split to its number of examples.
        said: what was guessed or changed while reading, one sentence each.
        truncated: split to the share of inputs cut at the encoder's limit.
        question: digest of data, task, encoder and precision.
    """

    name: str | None = None
    files: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    truncated: Mapping[str, float] = field(default_factory=dict)
    question: str | None = None


@dataclass(frozen=True)
class AuditFacts(Audit):
    """The audit with its findings as sentences (`lines`)."""

    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class EncoderFacts:
    """The encoder as it was loaded.

    Attributes:
        layers: layer states, that of the embeddings among them.
        piece_work: multiply-adds for a piece of text.
        fixed: why it cannot be fine-tuned; None if it can.
        said: what was reported while it was loaded.
    """

    name: str | None = None
    layers: int = 0
    width: int = 0
    parameters: int = 0
    piece_work: int | None = None
    mb: float | None = None
    max_length: int | None = None
    fixed: str | None = None
    said: tuple[str, ...] = ()
    fingerprint: str | None = None


@dataclass(frozen=True)
class Environment:
    """What computed.

    Attributes:
        precision: in which the encoder was computed.
        begun_in: the precision that was wanted, which not every encoder can be computed in.
    """

    python: str | None = None
    unfreeze: str | None = None
    torch: str | None = None
    transformers: str | None = None
    numpy: str | None = None
    processor: str | None = None
    threads: int | None = None
    device: str | None = None
    precision: str | None = None
    begun_in: str | None = None
    date: str | None = None


@dataclass(frozen=True)
class Setting:
    """Everything known before training. `metric` is the main metric's name."""

    task: Task
    labels: LabelSpace
    metric: str
    plan: Plan
    data: DataFacts = DataFacts()
    audit: AuditFacts = AuditFacts()
    encoder: EncoderFacts = EncoderFacts()
    environment: Environment = Environment()


@dataclass(frozen=True)
class _Written:
    """`comparison.json`: a `Setting` whose task is given by its name; its parts are read more loosely."""

    task: str
    labels: LabelSpace
    metric: str
    plan: Mapping[str, Any]
    data: Mapping[str, Any]
    audit: Mapping[str, Any]
    encoder: Mapping[str, Any]
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class _Parts:
    data: DataFacts
    audit: AuditFacts
    encoder: EncoderFacts
    environment: Environment


def write_setting(folder: Path, setting: Setting) -> None:
    """Write `comparison.json`."""
    parts = {name: asdict(getattr(setting, name)) for name in ("data", "audit", "encoder", "environment")}
    parts["data"][_MESSAGES] = plain_messages(_sentences(setting.data, setting.audit, setting.encoder))
    written = _Written(setting.task.kind, setting.labels, setting.metric, plain(setting.plan), **parts)
    write_json(folder / "comparison.json", asdict(written))


_MESSAGES = "messages"
"""Key under `data`, of what sentences were made from: for other languages. Older versions pass it over."""


def _sentences(data: DataFacts, audit: AuditFacts, encoder: EncoderFacts) -> tuple[str, ...]:
    return (*data.said, *audit.lines, *encoder.said, *([encoder.fixed] if encoder.fixed else []))


def _told_again(parts: _Parts, kept: Any) -> _Parts:
    """The parts with sentences as messages, as far as it was kept what they were made from."""
    data, audit, encoder = parts.data, parts.audit, parts.encoder
    again = {str(sentence): sentence for sentence in revived(_sentences(data, audit, encoder), kept)}
    return replace(
        parts,
        data=replace(data, said=tuple(again[one] for one in data.said)),
        audit=replace(audit, lines=tuple(again[one] for one in audit.lines)),
        encoder=replace(
            encoder, said=tuple(again[one] for one in encoder.said), fixed=encoder.fixed and again[encoder.fixed]
        ),
    )


def read_setting(folder: Path) -> Setting:
    """Read `comparison.json`.

    Raises:
        InputError: it is missing, torn, or holds what no version wrote.
    """
    path = folder / "comparison.json"
    written = read_typed(path, _Written, NO_COMPARISON, REMOVE)
    values = {name: getattr(written, name) for name in ("data", "audit", "encoder", "environment")}
    parts = typed(values, _Parts, str(path), REMOVE, loose=True)
    parts = _told_again(parts, written.data.get(_MESSAGES))
    check_number("encoder.layers", parts.encoder.layers, MOST_LAYERS, str(path), REMOVE)
    counts = {f"data.sizes.{split}": size for split, size in parts.data.sizes.items()}
    counts |= {f"audit.splits.{name}.words.median": split.words.median for name, split in parts.audit.splits.items()}
    counts |= {f"encoder.{name}": getattr(parts.encoder, name) or 0 for name in ("width", "parameters", "piece_work")}
    for name, count in counts.items():
        check_number(name, count, MOST_COUNTED, str(path), REMOVE)
    try:
        plan, kind = plan_from(written.plan), task(written.task)
    except InputError as error:
        raise InputError(
            say("{ours}: {error}; {remove}", ours=OURS, error=error, remove=REMOVE), where=str(path)
        ) from None
    for number, recipe in enumerate(plan.recipes):
        check_number(f"plan.recipes.{number}.epochs", recipe.epochs, MOST_EPOCHS, str(path), REMOVE)
    kind = with_main(kind, written.metric, written.labels.scheme)
    return Setting(
        kind, written.labels, written.metric, plan, parts.data, parts.audit, parts.encoder, parts.environment
    )


def check_number(name: str, value: float, most: int, where: str, remedy: str) -> None:
    """Raise `InputError` where a number is none that any version wrote: below 0, or above `most`."""
    if not 0 <= value <= most:
        raise InputError(
            say(
                "{ours}: {name}: {value}, where 0 to {most:,} can be; {remedy}",
                ours=OURS,
                name=name,
                value=briefly(value),
                most=most,
                remedy=remedy,
            ),
            where=where,
        )


def begun_precision(folder: Path) -> str | None:
    """The precision in which the runs of a folder were begun; None where there is no such folder.

    It is the one that was wanted then: an encoder that cannot be computed in it falls back again.
    """
    if not (folder / "comparison.json").exists():
        return None
    known = read_setting(folder).environment
    return known.begun_in or known.precision
