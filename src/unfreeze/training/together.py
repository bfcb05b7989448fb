"""Several independent trainings on one processor, a thread each."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from threading import Lock

import torch

from unfreeze.encoders.threads import thread_pool
from unfreeze.layers.side_by_side import lent
from unfreeze.training.loop import Fit, Progress


class _StoppedError(Exception):
    """Another training failed, or the user interrupted."""


class _Tally:
    """The progress of several trainings reported as one; and the signal to stop, which each receives after its step."""

    def __init__(self, count: int, tell: Progress) -> None:
        self.count, self.tell, self.stopped = count, tell, False
        self.lock = Lock()
        self.seen: dict[int, tuple[int, int, float | None]] = {}

    def of(self, number: int) -> Progress:
        def report(step: int, total: int, best: float | None) -> None:
            if self.stopped:
                raise _StoppedError
            with self.lock:
                self.seen[number] = step, total, best
                steps, totals, scores = zip(*self.seen.values(), strict=True)
                top = max((s for s in scores if s is not None), default=None)
                self.tell(sum(steps), sum(totals) * self.count // len(totals), top)

        return report


def train_together(
    train: Callable[[int, Progress], Fit], count: int, device: torch.device, tell: Progress
) -> list[Fit]:
    """`train(number, progress)` for each number below `count`.

    On a processor each training computes in one thread, whatever the number of threads, so that no result depends on
    it; a single one is lent a second (`layers.side_by_side`). On another device they follow each other.

    Args:
        train: draws nothing from the random state that all threads share, if they are several and on a processor.
        tell: as for `fit`; steps of all trainings together.

    Returns:
        What each did; `seconds` is its part of the time that all took.
    """
    tally = _Tally(count, tell)
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    if device.type != "cpu":
        return [train(number, tally.of(number)) for number in range(count)]
    began = time.perf_counter()
    with thread_pool(min(threads, count)) as pool:
        if count == 1 or threads == 1:
            torch.set_num_threads(1)  # until the pool is left
            with lent(pool) if threads > 1 else nullcontext():
                return [train(number, tally.of(number)) for number in range(count)]
        running = [pool.submit(train, number, tally.of(number)) for number in range(count)]
        try:
            done = [future.result() for future in running]
        finally:
            tally.stopped = True
            for future in running:
                future.cancel()
    share = (time.perf_counter() - began) / sum(fit.seconds for fit in done)
    return [replace(fit, seconds=fit.seconds * share) for fit in done]
