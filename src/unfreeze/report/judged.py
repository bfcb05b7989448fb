"""`result.json` as the report reads it: checked for what it shows; other keys are passed over. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.disk.json_files import read_json
from unfreeze.disk.typed import typed
from unfreeze.errors import InputError
from unfreeze.judging.judge import Comparison
from unfreeze.plan import Method
from unfreeze.records.comparison import NO_COMPARISON

_AGAIN = "`unfreeze report` writes it anew"


@dataclass(frozen=True)
class _Test:
    mean: float
    ci95: tuple[float, float]


@dataclass(frozen=True)
class _MeanStd:
    mean: float
    std: float


@dataclass(frozen=True)
class _Cost:
    extract_s: float
    train_s: float
    all_runs_s: float
    peak_mb: float
    trained_parameters: int
    stored_mb: float
    latency_ms: Mapping[str, float]
    work: int
    work_is_estimated: bool


@dataclass(frozen=True)
class _Run:
    degenerate_on: tuple[str, ...]


@dataclass(frozen=True)
class _Method:
    test: _Test
    cost: _Cost
    runs: tuple[_Run, ...]
    metrics: Mapping[str, _MeanStd]


@dataclass(frozen=True)
class _Difference:
    mean: float
    ci95: tuple[float, float]
    p: float


@dataclass(frozen=True)
class _Floor:
    name: str
    test: float
    ci95: tuple[float, float]
    gains: Mapping[Method, _Difference]
    chosen: Mapping[str, float]
    trained_on: int
    train_s: float


@dataclass(frozen=True)
class _Verdict:
    choice: str
    use: Method
    headline: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    next_step: str


@dataclass(frozen=True)
class _Result:
    metric: str
    methods: Mapping[Method, _Method]
    difference: _Difference | None
    equivalence: float
    verdict: _Verdict
    floor: _Floor | None = None


def read_result(folder: Path, comparison: Comparison) -> dict[str, Any]:
    """The values of `result.json`.

    Raises:
        InputError: it is missing, torn, of other types, or not about this comparison.
    """
    path = folder / "result.json"
    values: dict[str, Any] = read_json(path, NO_COMPARISON)
    shape = typed(values, _Result, str(path), _AGAIN, loose=True)
    methods = set(shape.methods)
    of_both = (shape.difference is not None) == (len(methods) == 2)
    floor = shape.floor is None or set(shape.floor.gains) >= methods
    if methods != set(comparison.choices) or shape.verdict.use not in methods or not of_both or not floor:
        raise InputError(f"tells of other methods than those that were run; {_AGAIN}", where=str(path))
    return values
