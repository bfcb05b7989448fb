"""A share of the runs that flows want, made beside other processes that make the other shares in the same folder.

Whose share a run is in depends only on its place among all that a flow asks for, so parts need not talk to each other.
What a flow asks for next, such as final runs after trials, is known once all that it asked for before is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch

from unfreeze.disk.lock import holder_of, said_of
from unfreeze.disk.shares import claim_of, forget_dead
from unfreeze.disk.soft_lock import HeldError
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.trainer import trainer_of
from unfreeze.records.comparison import RunRecord
from unfreeze.runs.bench import Workbench, finished, record_of
from unfreeze.runs.jobs import Work
from unfreeze.runs.racing import Race
from unfreeze.runs.runner import Asked, Flow, follow
from unfreeze.runs.trials import score_on_test


@dataclass(frozen=True)
class Part:
    """One of several processes: it makes the runs whose place is its number, modulo how many there are."""

    number: int
    of: int

    def has(self, place: int) -> bool:
        """Whether the run at a place is in this part's share."""
        return place % self.of == self.number % self.of


def part_from(text: str) -> Part:
    """`i/n` as a part. Raises `InputError` where it is something else."""
    number, sign, of = text.partition("/")
    if not (sign and number.isdecimal() and of.isdecimal() and int(of) > 0 and int(number) <= int(of)):
        raise InputError(say("must be i/n, from 0/n to n-1/n, such as 0/4, found '{text}'", text=text), where="--part")
    return Part(int(number), int(of))


@dataclass(frozen=True)
class Unit:
    """Jobs that are trained in one call, and their place among all that a flow asks for.

    Attributes:
        race: in which they are trials.
    """

    work: Work
    place: int
    race: Race | None = None


@dataclass(frozen=True)
class Waits:
    """What a flow waits for: units of this part that another process has claimed, and units of other parts.

    Attributes:
        held: who has claimed which of this part's, in words.
    """

    own: tuple[Unit, ...]
    others: tuple[Unit, ...]
    held: tuple[str, ...]

    def records(self, bench: Workbench) -> tuple[Path, ...]:
        """The files that will be there when it need not wait any more."""
        jobs = [job for unit in (*self.own, *self.others) for job in unit.work.jobs]
        return tuple(bench.run_folder(job) / "record.json" for job in jobs)


@dataclass(frozen=True)
class Shared:
    """What became of a share.

    Attributes:
        trials, finals: how many runs this part made.
        waits: what the flows that have not ended wait for.
        taken_over: why this part ends early: another process finishes the comparison; None where none does.
    """

    trials: int
    finals: int
    waits: tuple[Waits, ...]
    taken_over: str | None = None


def share(bench: Workbench, flows: Sequence[Flow[object]], part: Part, root: Path, first: int) -> Shared:
    """Make what can be made now of a part's share.

    Args:
        root: the comparison's folder; where another process holds it, that one finishes it, and this part ends.
        first: the place of the first flow's first run.

    Raises:
        InputError: a run cannot be made or written.
    """
    followed, made = [], {"record": 0, "test": 0}
    for flow in flows:
        followed.append(_Followed(bench, flow, first))
        first += followed[-1].asked_for
    while True:
        units = [unit for one in followed for unit in one.to_do() if part.has(unit.place)]
        driver = holder_of(root)
        held: dict[str, HeldError] = {}
        for work in [] if driver else _made(bench, units, held):
            made["test" if work.need == "test" else "record"] += len(work.jobs)
        waits = _waits(followed, part, held)
        if driver or not any(unit.work.jobs[0].id not in held for one in waits for unit in one.own):
            forget_dead(bench.folder, [path.parent.name for path in bench.folder.glob("runs/[!.]*/record.json")])
            return Shared(made["record"], made["test"], waits, None if driver is None else taken_over(driver))


def taken_over(driver: HeldError) -> str:
    """Why a part ends before its share is made, as the end of a sentence."""
    return say(
        "{driver} finishes this comparison now, so that this part ends here (if that process is gone, delete {file})",
        driver=said_of(driver),
        file=driver.file,
    )


def _waits(followed: Sequence[_Followed], part: Part, held: Mapping[str, HeldError]) -> tuple[Waits, ...]:
    waits = []
    for one in followed:
        units = one.to_do()
        own = tuple(unit for unit in units if part.has(unit.place))
        said = tuple(_holder(unit, held[unit.work.jobs[0].id]) for unit in own if unit.work.jobs[0].id in held)
        if units:
            waits.append(Waits(own, tuple(unit for unit in units if unit not in own), said))
    return tuple(waits)


def _holder(unit: Unit, held: HeldError) -> str:
    claim = f".claims/{unit.work.jobs[0].id}/{held.file}"
    return say(
        "{name} is claimed by {held}; if that has ended, delete {claim}",
        name=unit.work.name,
        held=said_of(held),
        claim=claim,
    )


def _made(bench: Workbench, units: Sequence[Unit], held: dict[str, HeldError]) -> list[Work]:
    """Make the first of these that can be claimed, as many as there are threads.

    Args:
        held: gets who has claimed the others.
    """
    with ExitStack() as claims:
        free: list[Unit] = []
        for unit in units:
            name = unit.work.jobs[0].id
            if (holder := claims.enter_context(claim_of(bench.folder, name))) is not None:
                held[name] = holder
            elif not _done(bench, unit.work):  # by another process, until now
                free.append(unit)
            if len(free) == _at_once(bench):
                break
        follow(bench, [_made_of(unit) for unit in free])
        works = [unit.work for unit in free]
        for work in works:
            if work.need == "test":
                score_on_test(bench, work.jobs)
        return works


def _made_of(unit: Unit) -> Flow[None]:
    yield Asked([unit.work], race=unit.race)


def _at_once(bench: Workbench) -> int:
    return torch.get_num_threads() if bench.device.type == "cpu" else 1


def _done(bench: Workbench, work: Work) -> bool:
    """Whether a work is finished, its runs scored where they are final ones."""
    scored = (
        work.need != "test"
        or not bench.dataset.test
        or all((bench.run_folder(job) / "test.json").exists() for job in work.jobs)
    )
    return scored and all(finished(bench, job, work.need) for job in work.jobs)


class _Followed:
    """A flow as far as what is finished allows."""

    def __init__(self, bench: Workbench, flow: Flow[object], first: int) -> None:
        self._bench, self._flow, self._first = bench, flow, first
        self._asked: Asked | None = next(flow)
        self.asked_for = len(self._units(self._asked, self._asked.works))

    def to_do(self) -> list[Unit]:
        """What it waits for; where that is nothing it has ended."""
        while self._asked is not None:
            works = self._wanted(self._asked)
            missing = [unit for unit in self._units(self._asked, works) if not _done(self._bench, unit.work)]
            if missing:
                return missing
            try:
                self._asked = self._flow.send([self._records(work) or [] for work in works])
            except StopIteration:
                self._asked = None
        return []

    def _wanted(self, asked: Asked) -> Sequence[Work]:
        return asked.works[: asked.wanted([self._records(work) for work in asked.works])]

    def _records(self, work: Work) -> list[RunRecord] | None:
        if not all(finished(self._bench, job, work.need) for job in work.jobs):
            return None
        return [record_of(self._bench, job) for job in work.jobs]

    def _units(self, asked: Asked, works: Sequence[Work]) -> list[Unit]:
        """Works as they are trained, each with its place: together, or one job after the other."""
        parts: list[Work] = []
        for work in works:
            together = trainer_of(work.recipe).seeds_together(work.recipe, self._bench.dataset.task)
            parts += [work] if together else [Work((job,), work.need) for job in work.jobs]
        return [Unit(part, place, asked.race) for place, part in enumerate(parts, start=self._first)]
