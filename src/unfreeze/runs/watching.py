"""Watchers: they hear what begins, how far it is, and how it ended."""

from __future__ import annotations

from threading import RLock
from typing import Protocol

from unfreeze.language.message import say


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


class Progress:
    """How many of a number of things are done, told to a watcher under one name."""

    def __init__(self, watcher: Watcher, name: str, total: int) -> None:
        self._watcher, self._name, self._total, self._done = watcher, name, total, 0

    def begin(self, before: int) -> None:
        """It begins, with some that were done before."""
        if before:
            self._watcher.say(say("{name}: {before:,} are finished.", name=self._name, before=before))
        self._watcher.begin(self._name, 0)
        self.add(before)

    def add(self, more: int) -> None:
        """Some more are done."""
        self._done += more
        self._watcher.step(self._name, self._done, self._total, None)

    def end(self) -> None:
        """All are done."""
        self._watcher.end(self._name, None)


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
