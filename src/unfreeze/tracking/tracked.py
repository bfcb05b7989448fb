"""A comparison as experiment trackers take it: one run for each of ours, and one for the verdict. No torch here."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

Value = str | int | float | bool


@dataclass(frozen=True)
class Reading:
    """What was read during training.

    Attributes:
        step: the epoch, from 1.
        seconds: since the run's start.
        values: name to a finite number.
    """

    step: int
    seconds: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class TrackedRun:
    """One run of a tracker.

    Attributes:
        id: the same whenever this run is logged, and of no other run.
        name: for people, unlike those beside it in its group.
        group: what it belongs to: the comparison and the arm.
        params: what was set, name to value.
        readings: the learning curve.
        scores: what it reached and cost, name to a finite number.
        step: the epoch that the scores belong to.
        tags: what else is known, as words.
        start, end: seconds since 1970.
        note: a text in Markdown.
        files: to be kept beside it, where a tracker keeps files.
    """

    id: str
    name: str
    group: str
    params: Mapping[str, Value]
    readings: tuple[Reading, ...]
    scores: Mapping[str, float]
    step: int
    tags: Mapping[str, str]
    start: float
    end: float
    note: str = ""
    files: tuple[Path, ...] = ()

    @property
    def content(self) -> str:
        """Digest of all that is logged but times, which differ where a folder was copied."""
        values = {**asdict(self), "start": None, "end": None, "files": [_digest(path) for path in self.files]}
        return hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=16).hexdigest()

    @property
    def full_name(self) -> str:
        """Its name where runs of several groups are beside each other."""
        return f"{self.group}, {self.name}"

    @property
    def words(self) -> dict[str, Value]:
        """Its settings, group and tags, for a tracker that has one place for all of them."""
        return {**self.params, "group": self.group, **self.tags}


@dataclass(frozen=True)
class Tracked:
    """A comparison.

    Attributes:
        name: of its folder.
        runs: its runs, those of an arm one after another.
        summary: what they come to.
    """

    name: str
    runs: tuple[TrackedRun, ...]
    summary: TrackedRun

    @property
    def every(self) -> tuple[TrackedRun, ...]:
        """The summary, then the runs."""
        return (self.summary, *self.runs)


@dataclass(frozen=True)
class Logged:
    """What logging has done.

    Attributes:
        address: where the tracker keeps it.
        show: a command that shows it.
        new, replaced, kept: numbers of runs that were not there, were there with other values, were there as they are.
    """

    address: str
    show: str
    new: int = field(default=0)
    replaced: int = field(default=0)
    kept: int = field(default=0)


def finite(values: Mapping[str, float]) -> dict[str, float]:
    """Those that are finite numbers: trackers sort infinity first, or keep NaN as a word."""
    return {name: value for name, value in values.items() if math.isfinite(value)}


def _digest(path: Path) -> list[str]:
    return [path.name, hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()]
