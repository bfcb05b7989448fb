"""The one thread that computes: models are not made for several threads, and threads would compete for processors."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

from unfreeze.data.examples import Example
from unfreeze.serving.limits import RefusedError
from unfreeze.serving.model import Answer, Model
from unfreeze.serving.waiting import Batch, Job, Waiting


class Watch(Protocol):
    """Who hears of batches."""

    def batch(self, answers: Sequence[Answer], seconds: float) -> None:
        """Some texts were answered together."""
        ...


class Worker:
    """Answers what waits: at once where nothing else is computed, else together with what came meanwhile.

    Args:
        most: texts that may wait.
        log: hears of a fault of the program, in lines that contain nothing of a text.
    """

    def __init__(self, model: Model, most: int, watch: Watch, log: Callable[[str], None] | None = None) -> None:
        self._model, self._most, self._watch, self._log = model, most, watch, log or _on_stderr
        self._waiting, self._closing = Waiting(model.budget, model.whole), False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether it can answer."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def texts(self) -> int:
        """How many wait."""
        with self._changed:
            return self._waiting.texts()

    def ask(self, examples: Sequence[Example]) -> Future[list[Answer]]:
        """Put texts behind those that wait; cancelling what is returned gives up what has not begun.

        Raises:
            RefusedError: too many wait, or the server stops.
        """
        job = Job(examples, [self._model.cost(example) for example in examples])
        with self._changed:
            if self._closing or not self.alive:
                raise RefusedError(503, "the server stops", retry=True)
            if self._waiting.texts() + len(examples) > self._most:
                raise RefusedError(503, f"{self._most:,} texts wait already; try again soon", retry=True)
            self._waiting.add(job)
            self._changed.notify()
        return job.future

    def close(self, seconds: float) -> None:
        """Answer what waits, for so long at most, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self.alive:
            self._thread.join(seconds)

    def _run(self) -> None:
        while batch := self._next():
            self._answer(batch)

    def _next(self) -> Batch:
        """Waits for the next batch; empty at the end."""
        with self._changed:
            while not (batch := self._waiting.take()) and not self._closing:
                self._changed.wait()
            return batch

    def _answer(self, batch: Batch) -> None:
        began = time.perf_counter()
        try:
            answers = self._model.answers([job.examples[i] for job, i in batch])
        except Exception as error:
            if len(batch) > 1 and not self._model.whole:
                for one in batch:  # so that only those fail which cannot be answered
                    if not one[0].ended:
                        self._answer([one])
                return
            self._log(faults(error))
            for job, _ in batch:
                job.fail(error)
            return
        self._watch.batch(answers, time.perf_counter() - began)
        for (job, i), answer in zip(batch, answers, strict=True):
            job.answer(i, answer)


def faults(error: BaseException) -> str:
    """Where an error was raised, without its message, which may quote a text."""
    return "".join([*traceback.format_tb(error.__traceback__), type(error).__name__])


def _on_stderr(lines: str) -> None:
    print(lines, file=sys.stderr, flush=True)
