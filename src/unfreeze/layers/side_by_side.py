"""Two pieces of work at a time, each in a thread of its own, where the caller has lent one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import local
from typing import TypeVar

import torch

Result = TypeVar("Result")
_here = local()


@contextmanager
def lent(pool: ThreadPoolExecutor | None) -> Iterator[None]:
    """Let `both` of this thread use the threads of `pool`, which compute with one of torch's threads; None lends none."""
    before = getattr(_here, "pool", None)
    _here.pool = pool
    try:
        yield
    finally:
        _here.pool = before


def both(work: Callable[[int], Result]) -> tuple[Result, Result]:
    """`work(0)` and `work(1)`, without gradients; at the same time inside `lent`.

    What they give does not hang on that: each runs in one thread of torch's either way, inside `lent`.
    """
    pool: ThreadPoolExecutor | None = getattr(_here, "pool", None)
    if pool is None:
        with torch.no_grad():
            return work(0), work(1)

    def other() -> Result:
        with torch.no_grad():  # is local to a thread
            return work(1)

    threads = torch.get_num_threads()
    running = pool.submit(other)
    try:
        torch.set_num_threads(1)  # else three threads would share two processors
        with torch.no_grad():
            first = work(0)
    finally:
        torch.set_num_threads(threads)
        running.exception()  # waits
    return first, running.result()
