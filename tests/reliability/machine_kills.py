"""Comparisons on machines of Ray, of which some are killed while they compute, and so is the process that asked.

The machines share no folder. A process of its own keeps them, since whoever talks to Ray has threads, which no fork
bears. Moments are changes that the asking process makes on its disk, as in `kills`; which machine dies is drawn, too.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import disk_events
import kills
from forks import Child, Limits, forked
from kills import Series, Unbroken
from ray_cluster import started
from same import differences
from starts import Start

FEWEST, MOST = 2, 3  # machines
STARTS_WITHIN = 180.0  # seconds for the machines to be there
AWAY = (0.2, 3.0)  # seconds from the death of a machine to another one in its place
_NEEDLESS = re.compile(r"runs/[^/]+\.seed1000/record\.json file: missing \| there")
LEASE = Limits(cpu_s=100_000, wall_s=3600)


class Keeper:
    """What this process knows of the one that keeps the machines.

    Attributes:
        address: where they are joined.
        folder: with what each has on its disk.
    """

    def __init__(self, folder: Path, orders: int) -> None:
        self.folder, self._orders = folder, orders
        self._told = folder / "told"
        ends = time.monotonic() + STARTS_WITHIN
        while not self._lines():
            assert time.monotonic() < ends, "the machines do not start"
            time.sleep(0.05)
        self.address = self._lines()[0]

    def kill_one(self) -> None:
        """Have a machine killed soon; a forked child may call this, too."""
        os.write(self._orders, b"kill\n")

    def lost(self) -> list[int]:
        """The numbers of machines that were killed."""
        return [int(line) for line in self._lines()[1:]]

    def _lines(self) -> list[str]:
        text = self._told.read_text(encoding="utf-8") if self._told.exists() else ""
        return text.split("\n")[:-1]  # a last line without its end is still being written


@contextmanager
def kept(folder: Path, count: int, seed: str) -> Iterator[Keeper]:
    """Some machines, as long as the block takes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    reading, writing = os.pipe()

    def work() -> None:
        os.close(writing)
        _keep(folder, count, random.Random(seed), reading)

    child = Child(work, LEASE)
    os.close(reading)
    try:
        yield Keeper(folder, writing)
    finally:
        os.close(writing)
        ended = child.wait()
    assert ended.status == 0, ended.complained[-2000:]


def _keep(folder: Path, count: int, draw: random.Random, orders: int) -> None:
    """Until nobody can give orders any more."""
    with (
        started(folder, count) as made,
        (folder / "told").open("w", encoding="utf-8") as told,
        os.fdopen(orders) as all_,
    ):
        print(made.address, file=told, flush=True)
        for _ in all_:
            lost = draw.choice(made.living())
            made.kill(lost)
            print(made.nodes.index(lost), file=told, flush=True)
            time.sleep(draw.uniform(*AWAY))
            made.add()


def series(one: Start, whole: Unbroken, folder: Path, seed: int) -> Series:
    """Kill a comparison's machines and the process that asked at random moments until it ends; look at what is left."""
    name = f"{one.name} on machines"
    count = random.Random(f"{name} {seed}").randint(FEWEST, MOST)
    with kept(folder.with_name("machines"), count, f"{name} {seed}") as keeper:
        asked = replace(one, name=name, arguments=(*one.arguments, "--engine", keeper.address))

        def moment(draw: random.Random, whole: Unbroken, folder: Path) -> tuple[Limits, Callable[[], None], str]:
            most = whole.changes // 2  # the others are of layer states, which the machines have
            own = draw.randint(1, most) if draw.random() < 0.8 else 0
            theirs = draw.sample(range(1, most), draw.randint(1, 3))

            def before() -> None:
                _compute_in(whole)
                _strike(own, theirs, folder, keeper)

            return Limits(cpu_s=600), before, f"at change {own}"

        told = kills.series(asked, whole, folder, seed, moment, _left_with_the_process)
        lost = keeper.lost()
    told.kills += [f"machine {number}" for number in lost]
    for number in set(range(count + len(lost))) - set(lost):
        told.faults += _left_on_machine(whole, folder.with_name("machines"), number)
    return told


def _compute_in(whole: Unbroken) -> None:
    """In a child that begins: the precision is that of the unbroken run, whatever is fast on machines that start."""
    from unfreeze.records.setting import begun_precision
    from unfreeze.runs.ray_place import RayPlace

    precision = begun_precision(whole.folder / "out")
    RayPlace.precision = lambda self: precision  # type: ignore[assignment,return-value,method-assign]


def _strike(own: int, theirs: list[int], folder: Path, keeper: Keeper) -> None:
    """In a child that begins: at some changes from now a machine is killed, at one this process."""
    seen = 0

    def happens(what: str) -> None:
        nonlocal seen
        seen += 1
        if seen in theirs:
            keeper.kill_one()

    disk_events.watch([folder], happens)
    if own:
        disk_events.killed_at(own, [folder])


def _left_with_the_process(one: Start, whole: Unbroken, folder: Path) -> list[str]:
    """What is wrong with the folder of the process that asked, which need not have any layer states.

    It may have trials that were at work elsewhere when one before them made them needless.
    """
    found = kills.left_behind(one, whole, folder, whole.folder / "cache")
    return [fault for fault in found if not _NEEDLESS.fullmatch(fault)]


def _left_on_machine(whole: Unbroken, folder: Path, number: int) -> list[str]:
    """What is wrong with the disk of a machine that is alive, once another question is opened there: other states than
    elsewhere, anything unfinished."""
    cache, passing = folder / f"cache-{number}", folder / f"tmp-{number}"

    def work() -> list[str]:
        from unfreeze.runs.sending import tidy

        tidy()
        stores = [path.name for path in (whole.folder / "cache").iterdir() if (cache / path.name).exists()]
        return [str(one) for name in stores for one in differences(whole.folder / "cache" / name, cache / name)][:20]

    ended = forked(work, environment={"UNFREEZE_CACHE": str(cache)})
    left = [*cache.glob("**/.*"), *cache.glob("passing/*"), *passing.glob("unfreeze*")]
    found = [f"left over: {path.relative_to(folder)}" for path in left if path.suffix != ".lock"]
    return found + ([f"cannot be compared: {ended.complained[-500:]}"] if ended.status else ended.value)
