"""Disks that are full or may not be written, caches that two share, files that unpack to far more than their size."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import disk_events
import kills
from forks import Child, Ended, Limits, forked, memory_mb
from starts import Start, command

NOBODY = 65534  # a user that owns nothing
TIMES = 4  # full disks of a series, before there is room
UNPACKED = 80_000_000  # bytes; any file may unpack to 64 MiB
PATIENT_MB, PATIENT_S = 200, 20


def one_line(ended: Ended) -> str | None:
    """What is wrong with how a command told of trouble; None where it ended with 2 and its last line says it all."""
    lines = ended.complained.strip().splitlines()
    if "Traceback" in ended.complained or ended.status != 2 or not lines:
        return f"status {ended.status}: {ended.complained[-700:]}"
    told = [line for line in lines if line.startswith("unfreeze: ")]
    if len(told) != 1 or lines[-1] != told[0] or len(told[0]) > 700:
        return f"not one line: {ended.complained[-700:]}"
    return None


def full_disk(one: Start, whole: kills.Unbroken, folder: Path, seed: int) -> kills.Series:
    """Let the disk be full at random moments, in one of three ways, then have room: it must end as in peace.

    The disk is full from the n-th file on, or no file can grow beyond some bytes, or (where this user may mount) the
    folder is a small disk in memory. A command may do without what it only keeps for later, such as stores.
    """
    shutil.rmtree(folder, ignore_errors=True)
    draw, told = random.Random(f"full {one.name} {seed}"), kills.Series(one.name, seed)
    for _ in range(TIMES):
        how, limits, before = _shortage(draw, whole, folder)
        ended = kills.start(one, folder, limits, before)
        told.kills.append(how)
        if ended.status == 0:
            break
        if one.over and one.over in ended.complained:
            break
        wrong = one_line(ended)
        if wrong:
            told.faults.append(f"{how}: {wrong}")
        left = [path for path in folder.rglob(".*") if path.parent != folder / "tmp"]
        told.faults += [f"{how}: left over: {path.relative_to(folder)}" for path in left]
    ended = kills.start(one, folder)
    over = one.over is not None and one.over in ended.complained
    if ended.status and not over:
        told.faults.append(f"with room again: status {ended.status}: {ended.complained[-500:]}")
    else:
        told.faults += kills.left_behind(one, whole, folder)
    return told


def _shortage(
    draw: random.Random, whole: kills.Unbroken, folder: Path
) -> tuple[str, Limits, Callable[[], None]]:  # fmt: skip
    if draw.random() < 0.5:
        most = draw.choice((0, 1, 30, 100, 300, 1000, 3000, 10_000, 30_000))
        return f"files of {most} bytes at most", Limits(file_bytes=most), lambda: None
    number = draw.randint(1, max(1, whole.changes // 2))
    return f"full from file {number} on", Limits(), lambda: disk_events.full_from(number, [folder])


def small_disks(one: Start, whole: kills.Unbroken, folder: Path, seed: int) -> kills.Series:
    """The same on disks in memory of a few sizes, the cache elsewhere; empty where this user may not mount."""
    cache = folder.with_name("cache-beside")
    shutil.rmtree(cache, ignore_errors=True)
    draw, told = random.Random(f"small {one.name} {seed}"), kills.Series(one.name, seed)
    for size in draw.sample((64, 128, 200, 300, 500, 800, 1500), 3):
        shutil.rmtree(folder, ignore_errors=True)
        with mounted(folder, size) as there:
            if not there:
                return told
            ended = kills.start(one, folder, cache=cache)
            told.kills.append(f"disk of {size} kB")
            if ended.status and (wrong := one_line(ended)):
                told.faults.append(f"disk of {size} kB: {wrong}")
            left = [path for path in folder.rglob(".*") if path.parent != folder / "tmp"]
            told.faults += [f"disk of {size} kB: left over: {path.relative_to(folder)}" for path in left]
            if ended.status:
                subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
                ended = kills.start(one, folder, cache=cache)
                if ended.status and not (one.over and one.over in ended.complained):
                    told.faults.append(f"disk of {size} kB, grown: status {ended.status}: {ended.complained[-500:]}")
                else:
                    told.faults += [
                        f"disk of {size} kB: {fault}" for fault in kills.left_behind(one, whole, folder, cache)
                    ]
    return told


@contextmanager
def mounted(folder: Path, kilobytes: int) -> Iterator[bool]:
    """A disk of that many kilobytes in `folder`; False where this user may not have one."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", folder], capture_output=True, check=False
    )
    try:
        yield made.returncode == 0
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", "-l", folder], check=False)


def read_only(one: Start, whole: kills.Unbroken, folder: Path, seed: int) -> kills.Series:
    """Another user's folders: a new output cannot be made there, and one that is there cannot be changed."""
    told = kills.Series(one.name, seed)
    for what in ("parent", "output"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "tmp").mkdir(mode=0o777)
        (folder / "tmp").chmod(0o777)
        if what == "output":
            shutil.copytree(whole.folder / "out", folder / "out")
        before = kills.everything(folder / "out")
        _readable(folder)

        def work() -> Any:
            if os.getuid() == 0:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            return command(one)()

        environment = {"HOME": "/nonexistent", "UNFREEZE_CACHE": str(folder / "tmp" / "cache")}
        ended = forked(work, environment={**environment, "TMPDIR": str(folder / "tmp")}, folder=folder)
        told.kills.append(f"{what} read-only")
        wrong = one_line(ended)
        if wrong:
            told.faults.append(f"{what} read-only: {wrong}")
        if kills.everything(folder / "out") != before:
            told.faults.append(f"{what} read-only: something was changed")
    return told


def _readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.name != "tmp":
            path.chmod(0o555 if path.is_dir() else 0o444)


def shared_cache(one: Start, whole: kills.Unbroken, folder: Path, seed: int) -> kills.Series:
    """Two of the same question at once, each with its own output, both with one new cache: results as in peace."""
    draw, told = random.Random(f"shared {one.name} {seed}"), kills.Series(one.name, seed)
    shutil.rmtree(folder, ignore_errors=True)
    late = draw.uniform(0, whole.cpu_s / 3)
    children = []
    for part in ("one", "other"):
        place = folder / part
        (place / "tmp").mkdir(parents=True)

        def work(wait: bool = part == "other") -> Any:
            import time

            time.sleep(late if wait else 0)
            return command(one)()

        environment = {"UNFREEZE_CACHE": str(folder / "cache"), "TMPDIR": str(place / "tmp")}
        children.append(Child(work, Limits(), environment, place))
    told.kills.append(f"the second {late:.2f} s later")
    for part, child in zip(("one", "other"), children, strict=True):
        ended = child.wait()
        if ended.status:
            told.faults.append(f"{part}: status {ended.status}: {ended.complained[-500:]}")
        else:
            told.faults += [f"{part}: {fault}" for fault in kills.left_behind(one, whole, folder / part,
                            folder / "cache")]  # fmt: skip
    told.faults += [f"left over in the cache: {path.name}" for path in (folder / "cache").glob(".*")]
    return told


def _zst(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(data)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress, ".zst": _zst,
}  # fmt: skip
CONTENTS: dict[str, Callable[[], bytes]] = {
    "one line": lambda: b"a" * UNPACKED,
    "one sentence": lambda: b"a line that is there again and again .\n" * (UNPACKED // 39),
}


def unpacked(suffix: str, content: str, folder: Path) -> list[str]:
    """What is wrong with how a corpus is read that unpacks to far more than its size: it is refused in a line."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"corpus.txt{suffix}"
    made = forked(lambda: path.write_bytes(PACKERS[suffix](CONTENTS[content]())) and None)
    assert made.status == 0, made.complained

    def work() -> tuple[str, int]:
        from unfreeze.errors import InputError
        from unfreeze.pretraining.corpus import read_documents

        Path("/proc/self/clear_refs").write_text("5") if Path("/proc/self/clear_refs").exists() else None
        try:
            return "read", sum(1 for _ in read_documents([path]))
        except InputError as error:
            return str(error), 0

    before = memory_mb("VmRSS")
    ended = forked(work, Limits(cpu_s=60))
    path.unlink()
    if ended.status:
        return [f"status {ended.status}: {ended.complained[-400:]}"]
    told, faults = ended.value[0], []
    if "times its size" not in told and "line" not in told:
        faults.append(f"told: {told}")
    if ended.grown_mb > PATIENT_MB or ended.cpu_s > PATIENT_S:
        faults.append(f"{ended.grown_mb:.0f} MB above {before:.0f}, {ended.cpu_s:.1f} s of processor: {told}")
    return faults
