"""Two pieces of work at the same time, each in its own thread, where the caller has lent one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

import torch

from unfreeze.layers.threads import ThreadValue

Result = TypeVar("Result")
_pool: ThreadValue[ThreadPoolExecutor] = ThreadValue()


def lent(pool: ThreadPoolExecutor) -> AbstractContextManager[None]:
    """Let `both` of this thread use one of `pool`, which computes, as this one should, with one thread of torch's."""
    return _pool.set_to(pool)


def both(work: Callable[[int], Result]) -> tuple[Result, Result]:
    """`work(0)` and `work(1)`, without gradients; at the same time inside `lent`."""

    def alone(way: int) -> Result:
        with torch.no_grad():  # is local to a thread
            return work(way)

    pool = _pool.get()
    if pool is None:
        return alone(0), alone(1)
    other = pool.submit(alone, 1)
    try:
        return alone(0), other.result()
    finally:
        other.exception()  # waits: nothing continues behind the caller's back
