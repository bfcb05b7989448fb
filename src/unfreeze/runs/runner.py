"""Runs jobs, one folder each: what is finished stays finished, and a killed run leaves nothing behind.

Whoever wants runs says so in a flow, a generator: it yields what it asks for, gets the records of the works that it
wanted once they are there, and ends with its answer. Flows are followed together, so that a work of one is done while
another waits for what it has to know first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from unfreeze.methods.trainer import trainer_of
from unfreeze.records.comparison import RunRecord
from unfreeze.runs.bench import Workbench, finished, record_of
from unfreeze.runs.engine import Engine, in_process
from unfreeze.runs.jobs import Job, Need, Work
from unfreeze.runs.racing import Race

Answer = TypeVar("Answer")
Records = list[list[RunRecord]]
"""Of several works, of each job in its order."""


def all_wanted(done: Sequence[Sequence[RunRecord] | None]) -> int:
    """All works, whatever is done."""
    return len(done)


@dataclass(frozen=True)
class Asked:
    """What a flow asks for.

    Attributes:
        wanted: given the records of the works that are done, how many of them all, from the first on, the flow still
            needs. It gets the records of these; the others are dropped, at work or not.
        race: in which all works are trials.
    """

    works: Sequence[Work]
    wanted: Callable[[Sequence[Sequence[RunRecord] | None]], int] = all_wanted
    race: Race | None = None


Flow = Generator[Asked, Records, Answer]


def run(bench: Workbench, jobs: Sequence[Job], need: Need = "record") -> list[RunRecord]:
    """Records of these jobs, which share one recipe; those not finished are run.

    Raises:
        InputError: a run cannot be written.
    """
    (records,) = follow(bench, [_wanted(Work(tuple(jobs), need))])
    return records


def _wanted(work: Work) -> Flow[list[RunRecord]]:
    (records,) = yield Asked([work])
    return records


def follow(bench: Workbench, flows: Sequence[Flow[Answer]]) -> list[Answer]:
    """The answers of flows; what their works need that is not finished is run, side by side where that can be.

    Raises:
        InputError: a run cannot be written.
    """
    followed = [_Followed(bench, flow) for flow in flows]
    with in_process(bench) if bench.place is None else bench.place.engine(bench) as engine:
        for one in followed:
            one.go_on(engine)
        while any(one.open for one in followed):
            work, records = engine.next()
            bench.records.update(zip(map(bench.run_folder, work.jobs), records, strict=True))
            for one in followed:
                one.done(engine, work)
    return [one.answer for one in followed]


class _Followed(Generic[Answer]):
    """A flow, and the works that it waits for."""

    answer: Answer

    def __init__(self, bench: Workbench, flow: Flow[Answer]) -> None:
        self._bench, self._flow = bench, flow
        self._asked = next(flow)
        self.open: list[Work] = []
        self._ended = False

    def go_on(self, engine: Engine) -> None:
        """As far as what is finished allows; works that have to be done before it goes on again begin."""
        while not (self.open or self._ended):
            self.open = [part for work in self._wanted() for part in self._missing(work)]
            for work in self.open:
                engine.begin(work, self._asked.race)
            if not self.open:
                self._answered()

    def done(self, engine: Engine, work: Work) -> None:
        """A work is done: it, and what is not wanted any more, is waited for no longer."""
        if work not in self.open:
            return
        wanted = {job.id for asked in self._wanted() for job in asked.jobs}
        for one in self.open:
            if one != work and not wanted & {job.id for job in one.jobs}:
                engine.drop(one)
        self.open = [one for one in self.open if one != work and wanted & {job.id for job in one.jobs}]
        self.go_on(engine)

    def _wanted(self) -> Sequence[Work]:
        """The works that the flow still needs after what is finished."""
        works = self._asked.works
        return works[: self._asked.wanted([self._records(work) for work in works])]

    def _records(self, work: Work) -> list[RunRecord] | None:
        """Of a work, if all of its jobs are finished."""
        bench = self._bench
        if not all(finished(bench, job, work.need) for job in work.jobs):
            return None
        return [record_of(bench, job) for job in work.jobs]

    def _answered(self) -> None:
        records = [[record_of(self._bench, job) for job in work.jobs] for work in self._wanted()]
        try:
            self._asked = self._flow.send(records)
        except StopIteration as end:
            self.answer, self._ended = end.value, True

    def _missing(self, work: Work) -> list[Work]:
        """What of a work is not finished: together where its seeds are best trained in one call."""
        bench = self._bench
        jobs = tuple(job for job in work.jobs if not finished(bench, job, work.need))
        bench.reached.update(job.id for job in work.jobs if job not in jobs)
        together = trainer_of(work.recipe).seeds_together(work.recipe, bench.dataset.task)
        groups = [jobs] if together and jobs else [(job,) for job in jobs]
        return [Work(group, work.need) for group in groups]
