"""Splitting text into words side by side: it is Python, so it takes processes."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
AT_ONCE = 64  # items that a process gets at a time


def map_in_processes(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`map(work, items)`, results in order, one process per core; only as many items are read ahead as keep them busy.

    A few items are done here, since processes take a second to begin.

    Args:
        work: can be pickled.
    """
    left = iter(items)
    yield from map(work, islice(left, AT_ONCE))
    first = list(islice(left, AT_ONCE))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not first or cores == 1:
        yield from map(work, first)
        yield from map(work, left)
        return
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        running: deque[Future[list[Result]]] = deque([pool.submit(_each, work, first)])
        try:
            while running:
                while len(running) < 2 * cores and (some := list(islice(left, AT_ONCE))):
                    running.append(pool.submit(_each, work, some))
                yield from running.popleft().result()
        finally:
            for future in running:  # the caller stopped, or an item failed
                future.cancel()


def _each(work: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    return [work(item) for item in items]
