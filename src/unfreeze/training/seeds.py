"""Randomness from one number: the same seed gives the same run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

import numpy as np
import torch

_one_at_a_time = RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed python, numpy and torch inside the block, and restore the caller's random state after it.

    All threads share that state, so they go through such blocks one after the other.
    """
    with _one_at_a_time, _restored():
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        yield


def draws(work: Callable[[], object]) -> bool:
    """Whether some work draws from the random state that all threads share, which stays as it was. Inside `seeded`."""
    with _restored():
        before = _state()
        work()
        return _state() != before


@contextmanager
def _restored() -> Iterator[None]:
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def _state() -> tuple[object, ...]:
    """That of python, numpy and torch, to compare."""
    _, keys, *rest = np.random.get_state()
    return random.getstate(), bytes(memoryview(keys)), rest, torch.get_rng_state().numpy().tobytes()  # type: ignore[arg-type]
