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
def lent(pool: ThreadPoolExecutor) -> Iterator[None]:
    """Let `both` of this thread use one of `pool`, which computes, as this one should, with one thread of torch's."""
    before = getattr(_here, "pool", None)
    _here.pool = pool
    try:
        yield
    finally:
        _here.pool = before


def both(work: Callable[[int], Result]) -> tuple[Result, Result]:
    """`work(0)` and `work(1)`, without gradients; at the same time inside `lent`."""

    def alone(way: int) -> Result:
        with torch.no_grad():  # is local to a thread
            return work(way)

    pool: ThreadPoolExecutor | None = getattr(_here, "pool", None)
    if pool is None:
        return alone(0), alone(1)
    other = pool.submit(alone, 1)
    try:
        return alone(0), other.result()
    finally:
        other.exception()  # waits: nothing goes on behind the caller's back
