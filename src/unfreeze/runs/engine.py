"""Where works are done: here in this process, on a processor side by side, a thread each, to the same bits as alone.

What is drawn for a run is drawn in turn (`training.seeds`), and what runs share (inputs, states, the pretrained
encoder) is made ready before they begin and only read after that. A run whose states are computed at each reading, by
the encoder that others copy meanwhile, goes alone; and so does one for which there is no memory beside those at work.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from functools import partial
from typing import Protocol

import numpy as np
import torch

from unfreeze.language.message import say
from unfreeze.layers.side_by_side import Threads
from unfreeze.methods.inputs import example_lengths, pair_reading
from unfreeze.methods.trainer import trainer_of
from unfreeze.records.comparison import RunRecord
from unfreeze.runs.bench import Workbench, split_inputs, stored
from unfreeze.runs.cost import Meter, free_bytes
from unfreeze.runs.jobs import Work
from unfreeze.runs.racing import Race
from unfreeze.runs.training import do, prepare
from unfreeze.runs.watching import InTurn
from unfreeze.training.loop import Progress

FILLED = 0.8  # of the free memory, by works side by side: what they need is estimated


class Engine(Protocol):
    """Turns works into records of their runs, as they come."""

    def begin(self, work: Work, race: Race | None = None) -> None:
        """Have it done, at some time.

        Args:
            race: in which it is a trial; it is ended at its rung, or later, once it is out.
        """
        ...

    def next(self) -> tuple[Work, list[RunRecord]]:
        """Wait for one that has begun and is done; its records. What has gone wrong in any is raised."""
        ...

    def drop(self, work: Work) -> None:
        """It is not needed any more: it does not begin, or ends at its next step and leaves nothing."""
        ...


class StoppedError(Exception):
    """Another work failed, a person interrupted, or nobody needs the work any more."""


class InProcess:
    """The engine of this process.

    Args:
        threads: on which works are done; None does one after the other in the thread that asks.
    """

    def __init__(self, bench: Workbench, threads: Threads | None) -> None:
        self._bench, self._threads = bench, threads
        self._watcher, self._meter = InTurn(bench.watcher), Meter(bench.device)
        self._waiting: list[Work] = []
        self._needed: dict[Work, int] = {}
        self._races: dict[Work, Race | None] = {}
        self._dropped: set[Work] = set()
        self._running: dict[Future[list[RunRecord]], Work] = {}
        self._room, self._stopped = FILLED * free_bytes(), False

    def begin(self, work: Work, race: Race | None = None) -> None:
        """See `Engine.begin`."""
        if not self._running:
            prepare(self._bench, work.recipe)
        self._waiting.append(work)
        self._needed[work] = needed_bytes(self._bench, work)
        self._races[work] = race

    def next(self) -> tuple[Work, list[RunRecord]]:
        """See `Engine.next`."""
        if self._threads is None:
            work = self._waiting.pop(0)
            self._announce(work)
            return work, self._do(work)
        while True:
            self._start(self._threads)
            done: set[Future[list[RunRecord]]] = set()
            while not done:  # in turns, so that an interruption is noticed on every system
                done = wait(self._running, timeout=1, return_when=FIRST_COMPLETED).done
            first = done.pop()
            work = self._running.pop(first)
            if work not in self._dropped:
                return work, first.result()
            self._forget(work, first)

    def drop(self, work: Work) -> None:
        """See `Engine.drop`."""
        if work in self._waiting:
            self._waiting.remove(work)
        else:
            self._dropped.add(work)
            self._bench.reached.difference_update(job.id for job in work.jobs)

    def _forget(self, work: Work, ended: Future[list[RunRecord]]) -> None:
        """A work that was dropped has ended; by an error of its own, that is raised."""
        self._dropped.remove(work)
        try:
            ended.result()
        except StoppedError:
            self._watcher.end(work.name, None, then=say("  it was stopped, since it cannot be chosen any more"))

    def stop(self) -> None:
        """Let what is at work end at its next step."""
        self._stopped = True

    def _start(self, threads: Threads) -> None:
        """Start those that wait, in their order, as far as there are threads and memory for them."""
        for work in list(self._waiting):
            if len(self._running) < threads.count and (not self._running or self._fits(work)):
                self._waiting.remove(work)
                self._announce(work)
                self._running[threads.begin(partial(self._do, work))] = work

    def _fits(self, work: Work) -> bool:
        """Beside those that are at work."""
        everything = [work, *self._running.values()]
        if any(self._alone(one) for one in everything):
            return False
        return sum(self._needed[one] for one in everything) <= self._room

    def _alone(self, work: Work) -> bool:
        known = stored(self._bench, work.recipe, only_known=True)
        wanted = 2 * len(trainer_of(work.recipe).reads(work.recipe, self._bench.dataset.task, self._bench.encoder))
        return len(known) < wanted or any(split.features.kind != "stored" for split in known)

    def _announce(self, work: Work) -> None:
        prepare(self._bench, work.recipe)  # before the clock of the run starts; beside others it is ready
        self._bench.reached.update(job.id for job in work.jobs)
        self._watcher.begin(work.name, self._bench.left)

    def _do(self, work: Work) -> list[RunRecord]:
        return do(self._bench, work, self._meter, self._watcher, self._progress(work), self._races[work])

    def _progress(self, work: Work) -> Progress:
        def tell(step: int, total: int, best: float | None) -> None:
            if self._stopped or work in self._dropped:
                raise StoppedError
            self._watcher.step(work.name, step, total, best)

        return tell


@contextmanager
def in_process(bench: Workbench) -> Iterator[InProcess]:
    """The engine of this process; where the block is left by an error, what is at work ends at its next step."""
    count = torch.get_num_threads()
    if bench.device.type != "cpu" or count == 1:
        yield InProcess(bench, None)
        return
    bench.encoder.settle()
    try:
        with Threads(count) as threads:
            engine = InProcess(bench, threads)
            try:
                yield engine
            finally:
                engine.stop()
    finally:
        torch.set_num_threads(count)  # what new threads start with


def needed_bytes(bench: Workbench, work: Work) -> int:
    """About what a work takes in memory, beside what runs share."""
    recipe = work.recipe
    lengths = example_lengths(split_inputs(bench, "train", pair_reading(recipe, bench.dataset.task)))
    largest = int(np.sort(lengths)[-recipe.batch_size :].sum())
    return trainer_of(recipe).memory(recipe, bench.encoder, largest)
