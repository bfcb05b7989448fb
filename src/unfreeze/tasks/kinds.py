"""The task kinds. Other files ask a `Task` what it needs; no other file knows the kinds by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unfreeze.errors import InputError, nearest, shown

Target = Literal["class", "score", "tags"]


@dataclass(frozen=True)
class Task:
    """What a task kind asks of data, heads and metrics.

    Attributes:
        kind: the name people use.
        target: what is predicted: one of C classes, a number, or a tag per word.
        pair: whether an example has two texts.
        metric: the main metric, higher is better, used for choosing on dev and for the verdict.
    """

    kind: str
    target: Target
    pair: bool
    metric: str


TASKS = {
    task.kind: task
    for task in (
        Task("classification", "class", False, "accuracy"),
        Task("regression", "score", False, "pearson"),
        Task("pair-classification", "class", True, "accuracy"),
        Task("pair-regression", "score", True, "pearson"),
        Task("tagging", "tags", False, "span_f1"),
    )
}


def task(kind: str) -> Task:
    """The task called `kind`. Raises `InputError` naming the nearest known kind."""
    if kind not in TASKS:
        raise InputError(f"unknown task '{shown(kind)}'{nearest(kind, TASKS)}", where="--task")
    return TASKS[kind]
