"""A comparison opened for others to work at: read, audited and written down, with nothing trained."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.commands.compare_encoders import each_question
from unfreeze.commands.compare_folds import FoldedQuestion, each_fold, once
from unfreeze.commands.places import out_of, shared_folder
from unfreeze.commands.steps import flows_of
from unfreeze.data.examples import Dataset
from unfreeze.data.folds import Folds
from unfreeze.errors import InputError
from unfreeze.judging.looks import LOOKS
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.runs.opening import Opened, opened
from unfreeze.runs.question import folds_of, read_data
from unfreeze.runs.watching import Watcher

Say = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """What is to be done.

    Attributes:
        out: the comparison's folder.
        runs: how many there are to make, of all its questions.
    """

    out: Path
    runs: int


def prepare(plan: Plan, watcher: Watcher | None = None, tell: Say = lambda line: None) -> Prepared:
    """Open a plan's questions, so that `unfreeze jobs` can make their runs in several processes; train nothing.

    Paths of data and encoders are written down in full, since the processes may start in other folders.

    Raises:
        InputError: the data, an encoder, the plan or the output folder is invalid.
    """
    if plan.drop_hopeless:
        problem = say("is decided by probes, which --prepare does not make; leave one of the two out")
        raise InputError(problem, where="--drop-hopeless")
    plan = in_full(plan)
    dataset = read_data(plan)
    out = shared_folder(out_of(plan, dataset))
    folds, said = folds_of(plan, dataset, out)
    if said is not None:
        tell(said)
    if folds is not None:
        plan = replace(plan, folds=len(folds.parts))
    runs = 0
    for question in _questions(plan, folds or dataset, out, watcher, tell):
        flows_of(question.bench, question.plan, question.question, first_look(plan))
        runs += question.bench.planned
    return Prepared(out, runs)


def first_look(plan: Plan) -> Callable[[str], int] | None:
    """How many final runs parts make where seeds are `auto`: those of the first look. None takes the plan's number."""
    return (lambda method: LOOKS[0]) if plan.seeds == "auto" else None


def _questions(plan: Plan, dataset: Dataset | Folds, out: Path, watcher: Watcher | None, tell: Say) -> Iterator[Opened]:
    if len(plan.encoders) > 1:
        yield from each_question(plan, dataset, out, watcher, tell)
    elif isinstance(dataset, Folds):
        yield from each_fold(FoldedQuestion(plan, dataset, out, watcher, once(tell), keep_weights=True))
    else:
        with opened(plan, dataset, out, watcher, tell, keep_weights=True) as question:
            yield question


def in_full(plan: Plan) -> Plan:
    """The plan with the paths of data, and of encoders that are folders, from the root of the disk."""

    def full(name: str) -> str:
        return os.path.abspath(name)

    def split(names: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        return full(names) if isinstance(names, str) else names and tuple(map(full, names))

    encoders = tuple(full(name) if os.path.exists(name) else name for name in plan.encoders)
    return replace(
        plan,
        data=plan.data and full(plan.data),
        train=split(plan.train),
        dev=split(plan.dev),
        test=split(plan.test),
        encoder=encoders[0] if isinstance(plan.encoder, str) else encoders,
    )
