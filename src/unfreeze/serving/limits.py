"""What a server accepts, and requests that it refuses."""

from __future__ import annotations

from dataclasses import dataclass

from unfreeze.errors import InputError
from unfreeze.language.message import say

RETRY_SECONDS = 1


@dataclass(frozen=True)
class Limits:
    """What a request may ask for, and how many may wait.

    Attributes:
        body: bytes of a request.
        texts: in a request; a pair counts as one.
        characters: of a text, or of both texts of a pair.
        waiting: texts that wait for the model, of all requests.
        seconds: a request may take, from its first byte to its answer.
    """

    body: int = 1 << 20
    texts: int = 256
    characters: int = 20_000
    waiting: int = 1024
    seconds: float = 30.0

    def check(self) -> None:
        """Raise `InputError` where no request could be answered."""
        for value, option in (
            (self.body, "--max-body"), (self.texts, "--max-texts"), (self.characters, "--max-length"),
            (self.waiting, "--max-waiting"), (self.seconds, "--timeout"),
        ):  # fmt: skip
            if not value > 0:
                raise InputError(say("is {value}; it must be above 0", value=value), where=option)
        if self.waiting < self.texts:
            told = f"is {self.waiting:,}, fewer than the {self.texts:,} texts that one request may have (--max-texts)"
            raise InputError(told, where="--max-waiting")


class RefusedError(Exception):
    """A request that gets no answer, with its HTTP status.

    Args:
        problem: one sentence for whoever sent it.
        retry: it may be sent again soon.
    """

    def __init__(self, status: int, problem: str, *, retry: bool = False) -> None:
        self.status, self.problem, self.retry = status, problem, retry
        super().__init__(problem)
