"""How long a run goes on, and how fast it learns at each point of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Tokens, or seconds of training; exactly one is None."""

    tokens: float | None
    seconds: float | None

    def done(self, tokens: int, seconds: float) -> float:
        """The share that is spent, from 0; 1 or more is the end."""
        if self.tokens is not None:
            return tokens / self.tokens
        assert self.seconds is not None
        return seconds / self.seconds


def rate(done: float, warmup: float = 0.06) -> float:
    """Share of the highest learning rate: a rise over the first `warmup`, then a straight fall to 0 (BERT's)."""
    if done < warmup:
        return max(done, 1e-3) / warmup
    return max(0.0, (1 - done) / (1 - warmup))
