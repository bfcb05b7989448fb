"""What each thread has on its own, and what several threads change together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, local
from typing import Generic, TypeVar

import torch

Value = TypeVar("Value")
Thing = TypeVar("Thing")
Before = TypeVar("Before")


def compute_with(count: int) -> None:
    """From now on this thread computes with that many threads of torch's.

    A thread that was given a number before it has ever asked for it takes, at its first operation, the number that any
    thread was given last (findings/torch_threads_overwritten.sh). So it asks first.
    """
    torch.get_num_threads()
    torch.set_num_threads(count)


class ThreadValue(Generic[Value]):
    """A value that a thread has inside a block; blocks may nest, and other threads do not see it."""

    def __init__(self) -> None:
        self._local = local()

    def get(self) -> Value | None:
        """This thread's value; None outside of every block."""
        value: Value | None = getattr(self._local, "value", None)
        return value

    @contextmanager
    def set_to(self, value: Value) -> Iterator[None]:
        """Inside, this thread's value is `value`."""
        before = self.get()
        self._local.value = value
        try:
            yield
        finally:
            self._local.value = before


class SharedChange(Generic[Thing, Before]):
    """A change to a thing that several threads use: the first one in makes it, the last one out undoes it.

    Args:
        undo: called with the thing and what its `change` returned.
    """

    def __init__(self, undo: Callable[[Thing, Before], None]) -> None:
        self._undo, self._lock = undo, Lock()
        self._inside: dict[Thing, tuple[int, Before]] = {}  # threads inside, and how to go back

    @contextmanager
    def made(self, thing: Thing, change: Callable[[], Before]) -> Iterator[Before]:
        """Inside, the change is made; gives what `change` returned when it was made."""
        with self._lock:
            inside, before = self._inside[thing] if thing in self._inside else (0, change())
            self._inside[thing] = inside + 1, before
        try:
            yield before
        finally:
            with self._lock:
                inside, before = self._inside.pop(thing)
                if inside > 1:
                    self._inside[thing] = inside - 1, before
                else:
                    self._undo(thing, before)
