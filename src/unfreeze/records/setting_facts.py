"""What `comparison.json` holds as plain values, as far as anything depends on it: checked where the file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unfreeze.disk.typed import typed


@dataclass(frozen=True)
class _Data:
    name: str | None = None
    files: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    truncated: Mapping[str, float] = field(default_factory=dict)
    question: str | None = None


@dataclass(frozen=True)
class _Overlap:
    earlier: str
    later: str
    count: int


@dataclass(frozen=True)
class _Lengths:
    median: float = 0.0


@dataclass(frozen=True)
class _Split:
    labels: Mapping[str, int] = field(default_factory=dict)
    words: _Lengths = _Lengths()


@dataclass(frozen=True)
class _Audit:
    splits: Mapping[str, _Split] = field(default_factory=dict)
    overlaps: tuple[_Overlap, ...] = ()
    rare: Mapping[str, int] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Encoder:
    name: str | None = None
    fixed: str | None = None
    layers: int = 0
    width: int = 0
    parameters: int = 0
    piece_work: int | None = None


@dataclass(frozen=True)
class _Facts:
    data: _Data
    audit: _Audit
    encoder: _Encoder


def check_facts(setting: Any, where: str, remedy: str) -> None:
    """Raise `InputError` where data, audit or encoder of a setting are of other types than what reads them expects."""
    values = {name: dict(getattr(setting, name)) for name in ("data", "audit", "encoder")}
    typed(values, _Facts, where, remedy, loose=True)
