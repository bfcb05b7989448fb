"""Interruptions (Ctrl-C) that are not lost.

Python raises `KeyboardInterrupt` wherever the main thread is at that moment. Where that is a `__getattr__` that a
library written in C asked for, the library may take the exception for "no such attribute" and continue.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether the user has interrupted, and a way to raise it once more."""

    def __init__(self) -> None:
        self._asked = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """As a signal's handler: raise `KeyboardInterrupt`, and remember that."""
        self._asked = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if there was one before."""
        if self._asked:
            raise KeyboardInterrupt


@contextmanager
def remembered() -> Iterator[Interrupts]:
    """Inside, interruptions are remembered; not in threads other than the main one, nor where they are ignored."""
    interrupts = Interrupts()
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, interrupts.handle)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
