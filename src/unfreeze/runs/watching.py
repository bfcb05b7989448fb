"""Watchers: they hear what begins, how far it is, and how it ended."""

from __future__ import annotations

from threading import RLock
from typing import Protocol


class Watcher(Protocol):
    """Told how the work goes; the command line draws it. Several things may be at work at the same time."""

    def begin(self, what: str, left: int) -> None:
        """A run (or extraction) begins; `left` more are known to follow."""
        ...

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        """Progress inside of what has begun, with its best dev score so far."""
        ...

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        """It ended, with its dev score if it has one.

        Args:
            of: as what it began, where it is one of several runs that began together.
        """
        ...

    def say(self, line: str) -> None:
        """Something that a person should know."""
        ...


class Quiet:
    """A watcher that says nothing."""

    def begin(self, what: str, left: int) -> None:
        """See `Watcher.begin`."""

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        """See `Watcher.step`."""

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        """See `Watcher.end`."""

    def say(self, line: str) -> None:
        """See `Watcher.say`."""


class InTurn:
    """A watcher that threads may tell at the same time: what they say reaches another one in turn."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher, self._lock = watcher, RLock()

    def begin(self, what: str, left: int) -> None:
        """See `Watcher.begin`."""
        with self._lock:
            self._watcher.begin(what, left)

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        """See `Watcher.step`."""
        with self._lock:
            self._watcher.step(what, done, total, best)

    def end(self, what: str, score: float | None, of: str | None = None, then: str | None = None) -> None:
        """See `Watcher.end`; `then` is said right after it."""
        with self._lock:
            self._watcher.end(what, score, of)
            if then is not None:
                self._watcher.say(then)

    def say(self, line: str) -> None:
        """See `Watcher.say`."""
        with self._lock:
            self._watcher.say(line)
