"""Texts that wait for the model, and which of them go together.

The request that has waited longest for its turn leads a batch with its next text, and the texts nearest in length come
along, as long as the batch stays within its budget. So a request waits for no more batches than there are other
requests, whatever their number of texts; a long text does not hold up all short ones; and a head that fills its inputs
up to the longest of a batch has little to fill.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from unfreeze.data.examples import Example
from unfreeze.serving.model import Answer

MOST_ROWS = 256
"""Texts of a batch."""


class Job:
    """The texts of a request.

    Attributes:
        future: gets the answers, in the order of `examples`, or the error of one; who cancels it wants none.
        left: indices of the texts that have not begun.
    """

    def __init__(self, examples: Sequence[Example], costs: Sequence[int]) -> None:
        self.examples, self.costs = examples, costs
        self.future: Future[list[Answer]] = Future()
        self.left = list(range(len(examples)))
        self._answers: dict[int, Answer] = {}

    @property
    def ended(self) -> bool:
        """Nobody waits for it any more."""
        return self.future.done()

    def answer(self, index: int, answer: Answer) -> None:
        """One text is answered; with the last one the job ends."""
        self._answers[index] = answer
        if len(self._answers) == len(self.examples) and self.future.set_running_or_notify_cancel():
            self.future.set_result([self._answers[i] for i in range(len(self.examples))])

    def fail(self, error: Exception) -> None:
        """One text cannot be answered, so the job ends."""
        if not self.ended and self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


Batch = list[tuple[Job, int]]
"""Jobs with an index of one of their texts."""


class Waiting:
    """Jobs in turn. One thread at a time may use it.

    Args:
        budget: `cost` of a batch, but for a single text that has more.
        whole: the texts of a job are one batch, without those of others.
    """

    def __init__(self, budget: int, whole: bool = False) -> None:
        self._budget, self._whole = budget, whole
        self._jobs: deque[Job] = deque()

    def texts(self) -> int:
        """How many wait, with those that were given up since the last batch."""
        return sum(len(job.left) for job in self._jobs)

    def add(self, job: Job) -> None:
        """One more, behind the others."""
        self._jobs.append(job)

    def take(self) -> Batch:
        """The next batch; empty where nothing waits."""
        self._jobs = deque(job for job in self._jobs if job.left and not job.ended)
        if not self._jobs:
            return []
        lead = self._jobs.popleft()
        chosen = [(lead, i) for i in lead.left] if self._whole else self._around(lead)
        for job, i in chosen:
            job.left.remove(i)
        if lead.left:
            self._jobs.append(lead)
        return chosen

    def _around(self, lead: Job) -> Batch:
        first = lead.left[0]
        size = lead.costs[first]
        others = [(abs(job.costs[i] - size), turn, i, job) for turn, job in enumerate(self._jobs) for i in job.left]
        others += [(abs(lead.costs[i] - size), len(self._jobs), i, lead) for i in lead.left[1:]]
        chosen, total = [(lead, first)], size
        for _, _, i, job in sorted(others, key=lambda other: other[:3]):
            if len(chosen) == MOST_ROWS:
                break
            if total + job.costs[i] <= self._budget:
                chosen.append((job, i))
                total += job.costs[i]
        return chosen
