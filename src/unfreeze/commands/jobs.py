"""A share of a prepared comparison's runs, made beside other processes that make the other shares.

The folder is on a disk that all of them see. `unfreeze compare` with the same `--out` judges.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.commands.prepare import first_look
from unfreeze.commands.steps import flows_of
from unfreeze.data.examples import Dataset
from unfreeze.data.folds import Folds
from unfreeze.disk.lock import holder_of
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.records.encoders import folder_of, read_encoders
from unfreeze.records.folds import fold_folder, read_folds
from unfreeze.records.setting import read_setting
from unfreeze.runs.opening import Loaded, reopened
from unfreeze.runs.question import folds_of, read_data
from unfreeze.runs.shares import Part, Shared, share, taken_over
from unfreeze.runs.watching import Watcher

PAUSE, AGAIN = 5.0, 120.0
"""Seconds between two looks at what others have made, and after which a question is opened again in any case."""
NOTHING = Shared(0, 0, ())


@dataclass(frozen=True)
class _Question:
    """One of the questions of a comparison.

    Attributes:
        folder: of its `comparison.json`.
        fold: from 1; None where it is not in folds.
    """

    folder: Path
    fold: int | None


@dataclass
class _Left:
    """What is known of a question after its share was made as far as that is possible.

    Attributes:
        shared: what became of the share.
        records: of each flow that waits, the files that it waits for.
        since: when that was asked; None before the first time.
    """

    shared: Shared = NOTHING
    records: tuple[tuple[Path, ...], ...] = ()
    since: float | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing of it is left to do for anybody."""
        return self.since is not None and not self.shared.waits

    @property
    def may_go_on(self) -> bool:
        """Whether it is worth while to open the question (again)."""
        there = any(all(path.exists() for path in paths) for paths in self.records)
        return self.since is None or (not self.ended and (there or time.monotonic() - self.since > AGAIN))


@dataclass
class _Files:
    """What questions of a comparison share: the data, and the encoder of the last one."""

    folder: Path
    data: Dataset | None = None
    folds: Folds | None = None
    loaded: tuple[Plan, Loaded] | None = None

    def dataset(self, plan: Plan, fold: int | None) -> Dataset:
        """The data of a question."""
        if self.data is None:
            self.data = _read_again(plan)
            self.folds = None if fold is None else folds_of(plan, self.data, self.folder)[0]
        return self.data if fold is None or self.folds is None else self.folds.parts[fold - 1]

    def encoder(self, plan: Plan) -> Loaded:
        """A question's encoder."""
        same = replace(plan, out=None)
        if self.loaded is None or self.loaded[0] != same:
            self.loaded = same, Loaded(plan)
        return self.loaded[1]


def make_share(
    folder: Path,
    part: Part,
    wait: bool,
    watcher: Watcher | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> str:
    """Make a part's share of what is missing in a comparison's folder.

    Args:
        wait: where it needs runs of other parts first, wait for them and go on.
        tell: told what it waits for, a line at a time.

    Returns:
        A line: what was done, what others still do, and what is to be run next.

    Raises:
        InputError: the folder is not of a prepared comparison, or its data or encoder are not there.
    """
    questions, files = _questions_in(folder), _Files(folder)
    left = {question: _Left() for question in questions}
    trials = finals = 0
    while True:
        for place, question in enumerate(questions):
            if not left[question].may_go_on:
                continue
            left[question] = now = _shared(question, place, files, part, watcher)
            trials, finals = trials + now.shared.trials, finals + now.shared.finals
            if now.shared.taken_over is not None:
                return f"{_done(trials, finals)}; {now.shared.taken_over}"
        shared = [one.shared for one in left.values()]
        if not (wait and any(map(_trials_missing, shared))):
            return _said(trials, finals, shared, folder)
        tell(say("Waiting: {shared}.", shared="; ".join(_missing(shared))))
        while not any(one.may_go_on for one in left.values()):
            time.sleep(PAUSE)
            if (driver := holder_of(folder)) is not None:
                return f"{_done(trials, finals)}; {taken_over(driver)}"


def _questions_in(folder: Path) -> list[_Question]:
    """The questions of a comparison, in the order of encoders and folds."""
    encoders = read_encoders(folder)
    tops = [folder] if encoders is None else [folder_of(folder, encoders, name) for name in encoders.trained]
    questions = []
    for top in tops:
        if (folds := read_folds(top)) is None:
            questions.append(_Question(top, None))
        else:
            questions += [_Question(fold_folder(top, fold), fold) for fold in range(1, folds.number + 1)]
    return questions


def _shared(question: _Question, place: int, files: _Files, part: Part, watcher: Watcher | None) -> _Left:
    plan = read_setting(question.folder).plan
    dataset, loaded, since = files.dataset(plan, question.fold), files.encoder(plan), time.monotonic()
    with reopened(question.folder, dataset, loaded, watcher) as now:
        flows = list(flows_of(now.bench, now.plan, now.question, first_look(plan)).values())
        first = place * now.bench.planned  # so that the first part does not have the first run of every question
        shared = share(now.bench, flows, part, files.folder, first)
        return _Left(shared, tuple(one.records(now.bench) for one in shared.waits), since)


def _read_again(plan: Plan) -> Dataset:
    try:
        return read_data(plan)
    except InputError as error:
        problem = say(
            "{problem}; comparison.json names the data so, and every machine needs them there", problem=error.message
        )
        raise InputError(problem, where=error.where) from None


def _said(trials: int, finals: int, shared: Sequence[Shared], folder: Path) -> str:
    lines = [_done(trials, finals), *_missing(shared)]
    waits = [one for each in shared for one in each.waits]
    judge = say("`unfreeze compare` with --out {folder} judges", folder=folder)
    if not waits:
        lines.append(say("all runs are there: {judge}", judge=judge))
    elif any(map(_trials_missing, shared)):
        lines.append(say("submit again for the final runs"))
    else:
        lines.append(say("once they are there, {judge}", judge=judge))
    return "; ".join(lines)


def _trials_missing(shared: Shared) -> bool:
    """Whether final runs are not known yet."""
    return any(unit.work.need != "test" for one in shared.waits for unit in (*one.own, *one.others))


def _done(trials: int, finals: int) -> str:
    made = [_count(count, what) for count, what in ((trials, "trial"), (finals, "final run")) if count]
    return say("{made} done", made=" and ".join(made)) if made else say("nothing to do for this part now")


def _missing(shared: Sequence[Shared]) -> Iterator[str]:
    """What is missing of other parts, and of this one where another process has claimed it."""
    waits = [one for each in shared for one in each.waits]
    counts = {
        what: sum(len(u.work.jobs) for one in waits for u in one.others if (u.work.need == "test") == final)
        for final, what in ((False, "trial"), (True, "final run"))
    }
    others = [_count(count, what) for what, count in counts.items() if count]
    if others:
        yield say(
            "{others} of other parts {values} missing",
            others=" and ".join(others),
            values="is" if sum(counts.values()) == 1 else "are",
        )
    yield from dict.fromkeys(line for one in waits for line in one.held)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
