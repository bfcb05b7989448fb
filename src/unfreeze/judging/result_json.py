"""`result.json` written and read: the one place that knows how a `Result` is laid out in the file. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from unfreeze.disk.files import write_json
from unfreeze.disk.typed import OURS, read_typed
from unfreeze.errors import InputError
from unfreeze.judging.folds_result import FoldsResult
from unfreeze.judging.gaps import PairGap
from unfreeze.judging.result import ArmResult, EncoderResult, FloorResult, Result, Verdict
from unfreeze.judging.second_result import SecondResult
from unfreeze.language.message import say
from unfreeze.plan import plain, plan_from
from unfreeze.records.looks import Look
from unfreeze.records.setting import NO_COMPARISON, AuditFacts, DataFacts, Environment

SCHEMA = 3
FILE = "result.json"
AGAIN = say("`unfreeze report` writes it again")


@dataclass(frozen=True)
class _Data(DataFacts):
    """Under `data` are the labels and the audit too."""

    labels: tuple[str, ...] = ()
    audit: AuditFacts = field(default_factory=AuditFacts)


@dataclass(frozen=True)
class _File:
    """The keys of the file, in their order."""

    schema: int
    task: str
    metric: str
    data: _Data
    encoders: Mapping[str, EncoderResult]
    dropped: Mapping[str, str]
    arms: tuple[ArmResult, ...]
    differences: tuple[PairGap, ...]
    equivalence: float
    verdict: Verdict
    plan: Mapping[str, Any]
    environment: Environment
    floor: FloorResult | None = None
    folds: FoldsResult | None = None
    second: SecondResult | None = None
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True)
class _Numbered:
    schema: int


def result_values(result: Result) -> dict[str, Any]:
    """A result as plain JSON values: fractions, nothing rounded."""
    file = _File(
        schema=SCHEMA,
        data=_Data(**vars(result.data), labels=result.labels, audit=result.audit),
        plan=plain(result.plan),
        **{f.name: getattr(result, f.name) for f in fields(_File) if f.name not in ("schema", "data", "plan")},
    )
    return json.loads(json.dumps(asdict(file)))  # type: ignore[no-any-return]


def write_result(folder: Path, result: Result) -> None:
    """Write `result.json`. Raises `InputError` where it cannot be written."""
    write_json(folder / FILE, result_values(result))


def read_result(folder: Path) -> Result:
    """Read `result.json`; keys that are not known are passed over.

    Raises:
        InputError: it is missing, torn, of other types, or of another schema.
    """
    path = folder / FILE
    schema = read_typed(path, _Numbered, NO_COMPARISON, AGAIN, loose=True).schema
    if schema != SCHEMA:
        raise InputError(
            say("is of schema {schema}, not of {schema2}; {again}", schema=schema, schema2=SCHEMA, again=AGAIN),
            where=str(path),
        )
    file = read_typed(path, _File, NO_COMPARISON, AGAIN, loose=True)
    try:
        plan = plan_from(file.plan)
    except InputError as error:
        raise InputError(
            say("{ours}: {error}; {again}", ours=OURS, error=error, again=AGAIN), where=str(path)
        ) from None
    parts = {name: value for name, value in vars(file).items() if name not in ("schema", "data", "plan")}
    about = {name: value for name, value in vars(file.data).items() if name not in ("labels", "audit")}
    return Result(**parts, data=DataFacts(**about), labels=file.data.labels, audit=file.data.audit, plan=plan)
