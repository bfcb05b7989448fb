"""A workbench over a tiny random encoder and a dozen made-up texts, and a watcher that remembers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from families import WORDS, make_encoder

from unfreeze.data.examples import Dataset, Example, LabelSpace
from unfreeze.runs.bench import Workbench
from unfreeze.tasks.kinds import task
from unfreeze.training.objectives import objective_for

NAMES = ("bad", "good")


@dataclass
class Recorder:
    """A watcher that remembers what it was told."""

    begun: list[tuple[str, int]] = field(default_factory=list)
    ended: list[tuple[str, float | None]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)

    def begin(self, what: str, left: int) -> None:
        self.begun.append((what, left))

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        self.steps.append((done, total))

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        self.ended.append((what, score))

    def say(self, line: str) -> None:
        self.said.append(line)


def texts(labels: Sequence[str], seed: int) -> tuple[Example, ...]:
    """A text for each label, whose first word tells it."""
    rows = []
    for i, label in enumerate(labels):
        words = [WORDS[NAMES.index(label)], *(WORDS[2 + (5 * i + 3 * k + seed) % (len(WORDS) - 2)] for k in range(3))]
        rows.append(Example(f"x:{i}", " ".join(words), None, None, label))
    return tuple(rows)


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Workbench]:
    """`bench(train=labels, dev=labels)`: classification by a BERT of three layers that is not frozen."""

    def make(train: Sequence[str] = NAMES * 6, dev: Sequence[str] = NAMES * 4) -> Workbench:
        labels = LabelSpace(NAMES)
        splits = texts(train, 0), texts(dev, 1), texts(NAMES * 5, 2)
        dataset = Dataset("x", task("classification"), labels, *splits)
        encoder = make_encoder(limit=24)
        objective = objective_for(dataset.task, labels, dataset.train)
        return Workbench(
            tmp_path / "out", dataset, objective, encoder, encoder, "fp32", torch.device("cpu"),
            (tmp_path / "cache", 10**8), Recorder(),
        )  # fmt: skip

    return make
