"""The task kinds. Other files ask a `Task` what it needs; no other file knows the kinds by name."""

from __future__ import annotations

from dataclasses import dataclass

from unfreeze.errors import InputError, nearest, shown
from unfreeze.language.message import say
from unfreeze.tasks.targets.classes import Classes
from unfreeze.tasks.targets.label_sets import LabelSets
from unfreeze.tasks.targets.scores import Scores
from unfreeze.tasks.targets.tags import Tags
from unfreeze.tasks.targets.target import Target

CLASSES, LABEL_SETS, SCORES, TAGS = Classes(), LabelSets(), Scores(), Tags()


@dataclass(frozen=True)
class Task:
    """What a task kind asks of data, heads and metrics.

    Attributes:
        kind: the name people use.
        target: what is predicted: one of C classes, any number of labels, a number, or a tag per word, and all
            that depends on it.
        pair: whether an example has two texts.
        metric: the usual main metric, higher is better, used for choosing on dev and for the verdict.
        asked: another metric that a person asked for instead; it fits the label space.
    """

    kind: str
    target: Target
    pair: bool
    metric: str
    asked: str | None = None


TASKS = {
    task.kind: task
    for task in (
        Task("classification", CLASSES, False, "accuracy"),
        Task("regression", SCORES, False, "pearson"),
        Task("pair-classification", CLASSES, True, "accuracy"),
        Task("pair-regression", SCORES, True, "pearson"),
        Task("multilabel-classification", LABEL_SETS, False, "micro_f1"),
        Task("tagging", TAGS, False, "span_f1"),
    )
}


def task(kind: str) -> Task:
    """The task called `kind`. Raises `InputError` naming the nearest known kind."""
    if kind not in TASKS:
        raise InputError(
            say("unknown task '{kind}'{kind2}", kind=shown(kind), kind2=nearest(kind, TASKS)), where="--task"
        )
    return TASKS[kind]
