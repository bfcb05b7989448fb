"""What workers on other machines tell, kept until it is read. It has a process of its own, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """What a watcher hears from away. `what` is the name of the thing at work."""

    kind: Literal["begin", "step", "end", "say"]
    what: str
    host: str
    done: int = 0
    total: int = 0
    score: float | None = None
    of: str | None = None


class Board:
    """Events by the task that they are of, and what trials of a race have at their rungs."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Event]] = []
        self._reached: dict[str, float] = {}

    def tell(self, task: str, event: Event) -> None:
        """Add an event."""
        self._events.append((task, event))

    def take(self) -> list[tuple[str, Event]]:
        """The events since the last time."""
        taken, self._events = self._events, []
        return taken

    def reached(self, trial: str, score: float) -> dict[str, float]:
        """Add what a trial has at its rung; what all have there, as far as is known."""
        self._reached[trial] = score
        return self._reached
