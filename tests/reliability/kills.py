"""Commands killed again and again until they end, and whether what they leave is what an unbroken run leaves."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import disk_events
from forks import Ended, Limits, forked
from same import differences
from starts import Start, command

MOST_KILLS = 8  # of a series, after which it is left alone


@dataclass(frozen=True)
class Unbroken:
    """A run that nobody disturbed: where it is, how long it took, and how often it changed the disk."""

    folder: Path
    cpu_s: float
    changes: int


@dataclass
class Series:
    """A command that was killed until it ended.

    Attributes:
        kills: how each start was ended, as `at change 12 + 0.003 s` or `after 0.71 s`; with name and seed it repeats.
        faults: whatever is wrong with it, a line each.
    """

    name: str
    seed: int
    kills: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self)


Moments = Callable[[random.Random, Unbroken, Path], tuple[Limits, Callable[[], None], str]]
Look = Callable[[Start, Unbroken, Path], list[str]]


def start(
    one: Start, folder: Path, limits: Limits | None = None, before: Callable[[], None] = lambda: None,
    cache: Path | None = None,
) -> Ended:  # fmt: skip
    """Start a command in `folder`, which has its own cache, unless told, and its own folder for passing files."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    environment = {"UNFREEZE_CACHE": str(cache or folder / "cache"), "TMPDIR": str(folder / "tmp"), **one.environment}

    def work() -> Any:
        before()
        return command(one)()

    return forked(work, limits or Limits(), environment=environment, folder=folder)


def unbroken(one: Start, folder: Path, twice: bool = True) -> Unbroken:
    """Run a command in peace, twice: two such runs must be the same, or no killed one could be compared with them.

    Raises:
        AssertionError: it fails, or two runs differ.
    """
    made = forked(one.needs)
    assert made.status == 0, made.complained
    first = _in_peace(one, folder / "unbroken")
    if twice:
        found = _differences(one, first.folder, _in_peace(one, folder / "again").folder)
        assert not found, f"two unbroken runs of {one.name} differ: {found[:3]}"
    return first


def _in_peace(one: Start, folder: Path) -> Unbroken:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seen = folder / "changes"

    def count() -> None:
        kept = os.open(seen, os.O_WRONLY | os.O_CREAT)  # before the watch, which does not see it so
        disk_events.watch([folder], lambda what: os.write(kept, b"\n"))

    ended = start(one, folder, before=count)
    assert ended.status == 0, f"{one.name} unbroken: {ended.status} {ended.complained[-500:]}"
    changes = seen.stat().st_size
    seen.unlink()
    return Unbroken(folder, ended.cpu_s, changes)


def series(
    one: Start, whole: Unbroken, folder: Path, seed: int, moment: Moments | None = None, look: Look | None = None
) -> Series:
    """Kill a command at random moments until it ends, then look at what it left.

    Args:
        moment: draws when a start is killed, as limits, as what the child does first, and in words.
        look: says what is wrong with a finished folder.
    """
    moment, look = moment or _moment, look or left_behind
    shutil.rmtree(folder, ignore_errors=True)
    draw, told = random.Random(f"{one.name} {seed}"), Series(one.name, seed)
    kept: dict[str, tuple[int, int]] = {}
    while True:
        disturbed = len(told.kills) < MOST_KILLS
        limits, before, how = moment(draw, whole, folder) if disturbed else (Limits(), lambda: None, "not")
        ended = start(one, folder, limits, before)
        told.faults += [f"done again: {name}" for name, stamp in kept.items() if _stamp(folder / name) != stamp]
        kept = {name: _stamp(folder / name) for pattern in one.finished for name in _names(folder, pattern)}
        if ended.killed:
            told.kills.append(how)
            continue
        over = one.over is not None and ended.status == 2 and one.over in ended.complained and bool(told.kills)
        if ended.status == 0 or over:
            told.faults += look(one, whole, folder)
        else:
            told.faults.append(f"after {len(told.kills)} kills: status {ended.status}: {ended.complained[-600:]}")
        return told


def _moment(draw: random.Random, whole: Unbroken, folder: Path) -> tuple[Limits, Callable[[], None], str]:
    if draw.random() < 0.4:
        seconds = draw.uniform(0.01, whole.cpu_s)
        return Limits(dies_at_s=seconds), lambda: None, f"after {seconds:.3f} s"
    number, delay = draw.randint(1, whole.changes), draw.choice((0.0, 0.0, draw.uniform(0.0005, 0.01)))
    how = f"at change {number}" + (f" + {delay:.4f} s" if delay else "")
    return Limits(), lambda: disk_events.killed_at(number, [folder], delay), how


def left_behind(one: Start, whole: Unbroken, folder: Path, cache: Path | None = None) -> list[str]:
    """What is wrong with a finished folder: other values than those of an unbroken run, leftovers, stale pages."""
    found = _differences(one, whole.folder, folder, cache)
    found += [f"left over: {path.relative_to(folder)}" for path in _hidden(folder)]
    return found + _stale(one, folder)


def _differences(one: Start, whole: Path, folder: Path, cache: Path | None = None) -> list[str]:
    """In a child, since pyarrow would leave threads here that a fork does not bear."""

    def work() -> list[str]:
        found = differences(whole / "out", folder / "out", one.derived)
        if (whole / "cache").exists():
            found += differences(whole / "cache", cache or folder / "cache")
        return [str(difference) for difference in found[:20]]

    ended = forked(work)
    return [f"cannot be compared: {ended.complained[-500:]}"] if ended.status else ended.value


def _hidden(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.parent == folder / "tmp":
            yield path


def _stale(one: Start, folder: Path) -> list[str]:
    """Whether pages say what the files beside them say: made again from these, they are the same to the last byte."""
    if one.rebuild is None:
        return []
    again = folder / "again"
    shutil.copytree(folder / "out", again)

    def work() -> None:
        one.quicken()
        assert one.rebuild is not None
        one.rebuild(Path("out"))

    # In a folder of the same name, since pages tell it.
    (folder / "out").rename(folder / "as-left")
    again.rename(folder / "out")
    ended = forked(work, folder=folder)
    found = [f"made again, {name} fails: {ended.complained[-300:]}" for name in one.derived if ended.status]
    for name in one.derived:
        if (folder / "out" / name).read_bytes() != (folder / "as-left" / name).read_bytes():
            found.append(f"stale: {name} is not what the files beside it say")
    shutil.rmtree(folder / "out")
    (folder / "as-left").rename(folder / "out")
    return found


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """All files below a folder, with what changes when they do."""
    return {str(path.relative_to(folder)): _stamp(path) for path in sorted(folder.rglob("*"))}


def _names(folder: Path, pattern: str) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.glob(pattern)]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)
