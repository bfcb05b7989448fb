"""Batches side by side on a processor: a thread for each, instead of all threads on one batch after the other."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import torch

from unfreeze.layers.side_by_side import threads_here
from unfreeze.layers.threads import compute_with

MOST_BATCHES = 8  # in memory at a time, besides one that waits; with more threads each batch gets several
Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_threads(work: Callable[[Item], Result], items: Iterable[Item], device: torch.device) -> Iterator[Result]:
    """`map(work, items)`, results in order, several items at a time on a processor (`MOST_BATCHES` at most).

    Threads that share one batch wait for each other at every operation; with a batch each they do not. Of several
    pieces of work side by side, each has the threads that are idle (`layers.side_by_side`). Everything that
    is local to a thread in torch (inference mode, autocast) must be set by `work` itself.

    Args:
        work: reads shared modules and changes none.
        device: where it computes; nothing is done side by side on a GPU.
    """
    if device.type == "cpu" and (here := threads_here()) is not None:
        yield from here.map(work, items)
        return
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    if threads == 1:
        yield from map(work, items)
        return
    each = math.ceil(threads / MOST_BATCHES)
    workers = threads // each
    left = iter(items)
    first = list(islice(left, workers + 1))
    if len(first) < 2:  # a pool would only cost time
        yield from _alone(work, first, each)
        return
    with thread_pool(workers, each) as pool:
        running: deque[Future[Result]] = deque(pool.submit(work, item) for item in first)
        try:
            while running:
                yield running.popleft().result()
                running.extend(pool.submit(work, item) for item in islice(left, 1))
        finally:
            for future in running:  # the caller stopped, or an item failed
                future.cancel()


def _alone(work: Callable[[Item], Result], items: Iterable[Item], each: int) -> list[Result]:
    """In this thread, with as many threads of torch's as one of the pool's would have."""
    before = torch.get_num_threads()
    torch.set_num_threads(each)
    try:
        return [work(item) for item in items]
    finally:
        torch.set_num_threads(before)


@contextmanager
def thread_pool(workers: int, each: int = 1) -> Iterator[ThreadPoolExecutor]:
    """A pool whose threads compute with `each` threads of torch's; torch is left as it was."""
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(workers, initializer=compute_with, initargs=(each,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)  # what new threads start with
