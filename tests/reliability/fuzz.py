"""Damaged inputs, each read in a forked child, and the outcome: refused in a line, read right, or a fault."""

from __future__ import annotations

import random
import shutil
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forks import Ended, Limits, forked, memory_mb
from mutations import damaged

OUTCOMES = ("tried", "refused", "right", "undecided", "wrong", "traceback", "not one line", "hang", "memory", "crash")
FINE = OUTCOMES[:4]
LONGEST = 600  # characters of a message
CPU_S = 10
AT_ONCE = 10  # inputs that a child reads
REFUSED_MB, REFUSED_TIMES = 40, 8  # what may be allocated for an input that is refused: so much, and times its size
MOST_MB = 3000  # of address space, beyond what was there


class UndecidedError(Exception):
    """No independent reader says what is right here; the reason is given."""


class WrongError(Exception):
    """What was read is not what the files say."""


@dataclass(frozen=True)
class Target:
    """A reader under test.

    Attributes:
        make: writes a sound input into a folder.
        files: globs of those of its files that are damaged.
        read: reads the folder by the package; raises `InputError` where it is refused.
        judge: compares (damaged folder, sound folder, what was read) with an independent reader; raises `WrongError`
            or `UndecidedError`.
        share: of all inputs.
        damage: changes the folder and says how; None damages one of `files`.
    """

    name: str
    make: Callable[[Path], object]
    files: Sequence[str]
    read: Callable[[Path], Any]
    judge: Callable[[Path, Path, Any], None]
    share: float = 1.0
    damage: Callable[[Target, Path, Path, random.Random], str] | None = None


@dataclass
class Found:
    """Counts of outcomes, and every fault with what repeats it."""

    name: str
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "seed": self.seed, "counts": dict(self.counts), "faults": self.faults}


def try_many(target: Target, place: Path, seed: int, count: int) -> Found:
    """Read `count` damaged inputs; input `i` of a seed is the same each time.

    The sound input is in `place/sound`; an input with a fault stays in `place/faulty-SEED-NUMBER`.
    """
    found, sound = Found(target.name, seed), place / "sound"
    if not sound.exists():
        made = forked(lambda: target.make(_new(place / "making")) and None)
        assert made.status == 0, f"{target.name}: {made.complained[-800:]}"
        (place / "making").rename(sound)
    checked = _outcomes(target, sound, place, [None])[0]
    assert checked.outcome in ("right", "undecided"), f"{target.name}, sound: {checked}"
    for start in range(0, count, AT_ONCE):
        for told in _outcomes(target, sound, place, [f"{seed}-{i}" for i in range(start, min(start + AT_ONCE, count))]):
            found.counts["tried"] += 1
            found.counts[told.outcome] += 1
            if told.outcome not in FINE:
                line = " ".join(told.line.split())
                line = f"{line[:200]} ... {line[-600:]}" if len(line) > 800 else line
                found.faults.append(f"{told.outcome}: {told.folder.name}: {told.how}: {line}")
    return found


@dataclass(frozen=True)
class Told:
    """The outcome of one input."""

    folder: Path
    outcome: str
    line: str
    how: str = ""


def _outcomes(target: Target, sound: Path, place: Path, cases: Sequence[str | None]) -> list[Told]:
    """What comes of inputs that are read one after the other in one child; where it dies, each in one of its own."""
    folders = [_copied(sound, place / ("sound-again" if case is None else f"faulty-{case}")) for case in cases]
    size = sum(path.stat().st_size for path in sound.rglob("*") if path.is_file())

    def work() -> list[dict[str, Any]]:
        return [_tried(target, folder, sound, case) for folder, case in zip(folders, cases, strict=True)]

    limits = Limits(cpu_s=CPU_S * len(cases), wall_s=60 + 20 * len(cases), memory_mb=MOST_MB)
    ended = forked(work, limits, environment={"UNFREEZE_CACHE": str(place / "cache")}, folder=place)
    if ended.status and len(cases) > 1:
        return [_outcomes(target, sound, place, [case])[0] for case in cases]
    found = [_told(ended, folder, i, size) for i, folder in enumerate(folders)]
    for told in found:
        if told.outcome in FINE:
            shutil.rmtree(told.folder)
    return found


def damage(target: Target, folder: Path, sound: Path, draw: random.Random) -> str:
    """Damage one file of a folder; says which, and how."""
    files = sorted({path for pattern in target.files for path in sound.glob(pattern) if path.is_file()})
    assert files, f"{target.name} has no file {target.files}"
    which = draw.choice(files)
    data, how = damaged(which, which.read_bytes(), draw)
    (folder / which.relative_to(sound)).write_bytes(data)
    return f"{which.relative_to(sound)} {'+'.join(how)}"


def _copied(sound: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound, folder)
    return folder


def _new(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _tried(target: Target, folder: Path, sound: Path, case: str | None) -> dict[str, Any]:
    how = "sound"
    if case is not None:
        how = (target.damage or damage)(target, folder, sound, random.Random(f"{target.name} {case}"))
    print(how, file=sys.stderr, flush=True)
    return {**_read(target, folder, sound), "how": how}


def _told(ended: Ended, folder: Path, number: int, size: int) -> Told:
    if ended.status or ended.hung:
        how = ended.complained.partition("\n")[0]
        line = f"status {ended.status} after {ended.cpu_s:.1f} s of processor: {ended.complained[-500:]}"
        return Told(folder, "hang" if ended.hung else "crash", line, how)
    found = ended.value[number]
    outcome, line = found["outcome"], found["line"]
    if outcome == "refused" and ("\n" in line or "\r" in line or len(line) > LONGEST):
        outcome, line = "not one line", f"{len(line)} characters: {line[:300]}"
    elif outcome == "refused" and found["grown_mb"] > REFUSED_MB + REFUSED_TIMES * size / 1e6:
        outcome, line = "memory", f"{found['grown_mb']:.0f} MB for {size:,} bytes: {line}"
    return Told(folder, outcome, line, found["how"])


def _read(target: Target, folder: Path, sound: Path) -> dict[str, Any]:
    from unfreeze.errors import InputError, user_fault

    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak is that of now (proc(5))
    before = memory_mb("VmRSS")

    def told(outcome: str, line: str = "") -> dict[str, Any]:
        return {"outcome": outcome, "line": line, "grown_mb": max(0.0, memory_mb("VmHWM") - before)}

    began = time.process_time()
    try:
        value = target.read(folder)
    except InputError as error:
        return told("refused", str(error))
    except BaseException as error:
        fault = user_fault(error) if isinstance(error, Exception) else None  # as the command line does
        return told("traceback", traceback.format_exc()[-1500:]) if fault is None else told("refused", str(fault))
    if time.process_time() - began > CPU_S / 2:
        return told("hang", f"read after {time.process_time() - began:.1f} s of processor")
    try:
        target.judge(folder, sound, value)
    except UndecidedError as reason:
        return told("undecided", str(reason))
    except WrongError as reason:
        return told("wrong", str(reason))
    return told("right")
