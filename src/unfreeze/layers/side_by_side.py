"""Pieces of work side by side on a processor, a thread each; threads that nobody needs help others for a moment.

Each thread computes with one thread of torch's, so that no result depends on how many there are or on who is beside it.
Whoever may be helped gives out parts that do not depend on each other (`both`, `Threads.map`): where no thread is
idle, its own computes them one after the other, to the same bits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from threading import Lock
from types import TracebackType
from typing import TypeVar

import torch

from unfreeze.layers.threads import ThreadValue, compute_with

MOST_AHEAD = 8  # results of `Threads.map` that wait at a time
Item = TypeVar("Item")
Result = TypeVar("Result")


class Threads:
    """Threads that compute with one thread of torch's each: for pieces of work, and to help them while idle.

    Args:
        count: threads that compute at a time, at most.
        taken: of them, those that compute already and are none of these: 1 where the caller is one.
    """

    def __init__(self, count: int, taken: int = 0) -> None:
        self.count, self._taken, self._lock = count, taken, Lock()
        self._pool = ThreadPoolExecutor(count, initializer=compute_with, initargs=(1,))

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown()

    def begin(self, work: Callable[[], Result]) -> Future[Result]:
        """Begin a piece of work, which may be helped; it waits its turn where all threads are taken."""

        def helped() -> Result:
            with helped_by(self):
                return work()

        with self._lock:
            return self._submit(helped)

    def lend(self, work: Callable[[], Result]) -> Future[Result] | None:
        """Let an idle thread do some work, which is not helped; None where none is idle."""
        with self._lock:
            return None if self._taken >= self.count else self._submit(work)

    def _submit(self, work: Callable[[], Result]) -> Future[Result]:
        """In the order in which threads are taken: help must not queue behind later work, since somebody waits for it.

        Whoever calls holds the lock.
        """

        def counted() -> Result:
            try:
                return work()
            finally:
                with self._lock:
                    self._taken -= 1

        self._taken += 1
        return self._pool.submit(counted)

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`map(work, items)`, results in order: this thread takes an item, idle ones those after it."""
        left, helping = iter(items), deque[Future[Result]]()
        try:
            for item in left:
                while len(helping) < MOST_AHEAD and (future := self._lend_next(work, left)):
                    helping.append(future)
                yield work(item)
                while helping:
                    yield helping.popleft().result()
        finally:
            for future in helping:
                future.exception()  # waits: nothing continues behind the caller's back

    def _lend_next(self, work: Callable[[Item], Result], left: Iterator[Item]) -> Future[Result] | None:
        """The next item for an idle thread; None where there is no item or none is idle."""
        if self._taken >= self.count:
            return None
        for item in left:
            return self.lend(partial(work, item)) or _done(work, item)
        return None


def _done(work: Callable[[Item], Result], item: Item) -> Future[Result]:
    """Work that this thread does at once."""
    future: Future[Result] = Future()
    future.set_result(work(item))
    return future


_threads: ThreadValue[Threads] = ThreadValue()


def helped_by(threads: Threads) -> AbstractContextManager[None]:
    """Inside, this thread, which is one of those taken, is helped."""
    return _threads.set_to(threads)


def threads_here() -> Threads | None:
    """Those that may help this thread; None outside of every piece of work."""
    return _threads.get()


@contextmanager
def one_thread_each(device: torch.device) -> Iterator[Threads | None]:
    """Inside, this thread computes with one thread of torch's, and idle ones help it: those beside it, if it is one of
    several pieces of work, else as many as torch may use. Elsewhere than on a processor nothing changes: None.
    """
    here = threads_here()
    if device.type != "cpu" or here is not None:
        yield here
        return
    before = torch.get_num_threads()
    with Threads(before, taken=1) as made, helped_by(made):
        torch.set_num_threads(1)
        try:
            yield made
        finally:
            torch.set_num_threads(before)  # what new threads start with


def both(work: Callable[[int], Result]) -> tuple[Result, Result]:
    """`work(0)` and `work(1)`, without gradients; at the same time where a thread is idle."""

    def alone(way: int) -> Result:
        with torch.no_grad():  # is local to a thread
            return work(way)

    threads = threads_here()
    other = None if threads is None else threads.lend(partial(alone, 1))
    if other is None:
        return alone(0), alone(1)
    try:
        return alone(0), other.result()
    finally:
        other.exception()  # waits: nothing continues behind the caller's back
