"""Processes that start in one output folder at one moment: never two are inside, nobody's unfinished file is gone."""

from __future__ import annotations

import mmap
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forks import Child, Limits, forked

PROCESSES = 3
MARK = "comparison.json"


@dataclass
class Tries:
    """Simultaneous starts on folders of one kind."""

    name: str
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "seed": self.seed, "counts": dict(self.counts), "faults": self.faults}


def _fresh(out: Path) -> None:
    """A folder that is not there, nor is its parent."""


def _existing(out: Path) -> None:
    out.mkdir(parents=True)
    (out / MARK).write_text("{}")


def _stale(out: Path) -> None:
    """A process was killed inside."""
    from unfreeze.disk.claim import claimed

    def work() -> None:
        with claimed(out, MARK):
            (out / MARK).write_text("{}")
            os.kill(os.getpid(), signal.SIGKILL)

    assert forked(work).killed


def _old_lock(out: Path) -> None:
    """A lock as it was written before there were the system's: the number of a process that is no more."""
    _existing(out)
    (out / ".lock").write_text(str(_dead_process()))


def _empty_lock(out: Path) -> None:
    _existing(out)
    (out / ".lock").write_text("")


def _reused(out: Path) -> None:
    """The lock of a killed process whose number another, living one has by now: this one's."""
    _stale(out)
    for path in out.glob(".lock*"):
        told = path.read_text()
        owner = told.partition('"process": ')[2].partition(",")[0]
        path.write_text(told.replace(f'"process": {owner}', f'"process": {os.getpid()}') if owner else str(os.getpid()))


def _dead_process() -> int:
    child = Child(lambda: None)
    child.wait()
    return child.pid


SETTINGS: dict[str, tuple[Callable[[Path], None], tuple[bool, ...]]] = {
    # The folder, and which of the processes find that their disk has no locks of the system's.
    "fresh folder": (_fresh, (False,) * PROCESSES), "existing folder": (_existing, (False,) * PROCESSES),
    "stale lock": (_stale, (False,) * PROCESSES), "lock of before": (_old_lock, (False,) * PROCESSES),
    "empty lock": (_empty_lock, (False,) * PROCESSES), "reused number": (_reused, (False,) * PROCESSES),
    "no locks, fresh": (_fresh, (True,) * PROCESSES), "no locks, existing": (_existing, (True,) * PROCESSES),
    "some without locks": (_existing, (True, False, False)),
}  # fmt: skip


def try_starts(name: str, place: Path, seed: int, count: int) -> Tries:
    """Let processes enter a folder together, `count` times."""
    told = Tries(name, seed)
    for number in range(count):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        faults = _once(name, place, random.Random(f"{name} {seed} {number}"), told.counts)
        told.faults += [f"try {number}: {fault}" for fault in faults]
    return told


def _once(name: str, place: Path, draw: random.Random, counts: Counter[str]) -> list[str]:
    prepare, without_locks = SETTINGS[name]
    out = place / "deep" / "out"
    if name == "stale lock" or name == "reused number" or prepare is not _fresh:
        prepare(out)
    gate = mmap.mmap(-1, 16)
    children = []
    for i, without in enumerate(without_locks):
        held, late = draw.uniform(0, 0.004), draw.choice((0.0, 0.0, draw.uniform(0, 0.002)))
        children.append(Child(lambda a=(out, place, gate, i, held, late, without): _enter(*a), Limits(wall_s=60)))
    while gate[: len(children)] != b"\1" * len(children):
        time.sleep(0.0002)
    gate[15] = 1
    ended = [child.wait() for child in children]
    told = [one.value if one.status == 0 else f"status {one.status}: {one.complained[-300:]}" for one in ended]
    counts["tries"] += 1
    counts["inside"] += told.count("in")
    counts["refused"] += sum(str(one).startswith("refused") for one in told)
    counts["nobody inside"] += "in" not in told
    counts["two inside"] += any("two inside" in str(one) for one in told)
    faults = [str(one) for one in told if one != "in" and not _is_refusal(str(one))]
    left = [path.name for path in out.glob(".*")] if out.exists() else []
    return faults + ([f"left over: {left}"] if left else [])


def _is_refusal(told: str) -> bool:
    return told.startswith("refused: ") and "in use" in told and "\n" not in told


def _enter(out: Path, place: Path, gate: mmap.mmap, i: int, held_s: float, late_s: float, without_locks: bool) -> str:
    from unfreeze.disk import lock
    from unfreeze.disk.claim import claimed
    from unfreeze.disk.files import new_file
    from unfreeze.errors import InputError

    if without_locks:
        lock._has_locks = lambda folder: False
    gate[i] = 1
    while not gate[15]:
        pass
    until = time.perf_counter() + late_s
    while time.perf_counter() < until:
        pass
    try:
        with claimed(out, MARK):
            try:
                os.close(os.open(place / "inside", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return "two inside"
            with new_file(out / f"made-{i}") as unfinished:
                unfinished.write_text("whole")
                time.sleep(held_s)
                if not unfinished.exists():
                    return "somebody swept an unfinished file away"
            (out / MARK).write_text("{}")
            (place / "inside").unlink()
            return "in"
    except InputError as error:
        return f"refused: {error}"
