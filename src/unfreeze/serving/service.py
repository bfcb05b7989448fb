"""What a server has while it runs: the model, the thread that computes, limits and counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from unfreeze.errors import InputError
from unfreeze.serving.limits import Limits, RefusedError
from unfreeze.serving.metrics import Metrics
from unfreeze.serving.model import Answer, Model
from unfreeze.serving.questions import Question
from unfreeze.serving.worker import Worker

OURS = "the server failed; this is a fault of the program, not of the request"
GONE = 499
"""The status under which a request is counted whose client went away."""


@dataclass
class Service:
    """A model and who answers with it.

    Attributes:
        leaving: the server is about to end: it is not ready, and connections end with their reply.
    """

    model: Model
    limits: Limits
    metrics: Metrics = field(init=False)
    worker: Worker = field(init=False)
    leaving: bool = False

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.model.name)
        self.worker = Worker(self.model, self.limits.waiting, self.metrics)
        self.metrics.follow("waiting_texts", "Texts that wait for the model.", self.worker.texts)
        self.metrics.follow("ready", "1 where requests are welcome.", lambda: float(self.ready))

    @property
    def ready(self) -> bool:
        """Whether requests are welcome."""
        return self.worker.alive and not self.leaving

    async def answers(self, questions: Sequence[Question], gone: Callable[[], Awaitable[object]]) -> list[Answer]:
        """The answers, once the model has had time for them.

        Args:
            gone: ends when the client has gone away; its texts are then given up.

        Raises:
            RefusedError: too many texts wait, they waited too long, or the client is gone.
        """
        waiting = asyncio.wrap_future(self.worker.ask([question.example for question in questions]))
        leaving = asyncio.ensure_future(gone())
        try:
            both: set[asyncio.Future[Any]] = {waiting, leaving}
            done, _ = await asyncio.wait(both, timeout=self.limits.seconds, return_when=asyncio.FIRST_COMPLETED)
            if waiting in done:
                return _answered(waiting)
            if leaving in done:
                raise RefusedError(GONE, "the client is gone")
            raise RefusedError(503, f"no answer within {self.limits.seconds:g} s; try again", retry=True)
        finally:
            leaving.cancel()
            waiting.cancel()


def _answered(waiting: asyncio.Future[list[Answer]]) -> list[Answer]:
    try:
        return waiting.result()
    except InputError as error:  # states that are not finite
        raise RefusedError(500, str(error)) from error
    except Exception as error:
        raise RefusedError(500, OURS) from error
