"""Several encoders on one question: frozen probes of all, then each encoder's own comparison, one verdict above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.bundle.save import bundled_run
from unfreeze.commands.compare_folds import (
    Floors,
    FoldedQuestion,
    bundle_whole,
    claimed_folds,
    each_fold,
    once,
    opened_fold,
    run_folds,
)
from unfreeze.commands.steps import add_floor, add_probes, bundle_winner, run_methods
from unfreeze.commands.until_decided import Wanted, until_decided
from unfreeze.data.examples import Dataset
from unfreeze.data.folds import Folds
from unfreeze.disk.claim import claimed
from unfreeze.disk.mirror import sent
from unfreeze.judging.hopeless import hopeless
from unfreeze.judging.judge import judge
from unfreeze.judging.read import Compared, read_compared
from unfreeze.judging.result import Result
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName
from unfreeze.records.comparison import read_choices, write_choices
from unfreeze.records.encoders import FILE, Encoders, encoders_of, folder_of, write_encoders
from unfreeze.records.folds import WHOLE, fold_folder
from unfreeze.records.looks import Look, write_looks
from unfreeze.report.render import render
from unfreeze.runs.bench import finished
from unfreeze.runs.jobs import Job
from unfreeze.runs.opening import Opened, drop_weights, opened
from unfreeze.runs.runner import run
from unfreeze.runs.watching import Quiet, Watcher

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Comparison:
    """What all encoders share.

    Attributes:
        out: the folder of the whole comparison; each encoder's is below it.
        say: passes each line on once, since data that all encoders read is described only once.
    """

    plan: Plan
    dataset: Dataset | Folds
    out: Path
    watcher: Watcher | None
    say: Say

    def folder(self, encoders: Encoders, name: str) -> Path:
        """Of an encoder's own comparison."""
        return folder_of(self.out, encoders, name)

    @contextmanager
    def opened(self, encoders: Encoders, name: str) -> Iterator[Opened]:
        """An encoder's question, in its first fold where there are folds; weights of its runs stay."""
        folder = self.folder(encoders, name)
        if isinstance(self.dataset, Folds):
            folded = self.in_folds(encoders, name, self.dataset)
            with claimed_folds(folded), opened_fold(folded, 1) as question:
                yield question
        else:
            plan = self._plan(encoders, name)
            with opened(plan, self.dataset, folder, self.watcher, self.say, of_several=True) as question:
                yield question

    def in_folds(self, encoders: Encoders, name: str, folds: Folds) -> FoldedQuestion:
        """An encoder's question in folds."""
        folder = self.folder(encoders, name)
        return FoldedQuestion(self._plan(encoders, name), folds, folder, self.watcher, self.say, of_several=True)

    def _plan(self, encoders: Encoders, name: str) -> Plan:
        encoder = self.plan.encoders[list(encoders.folders).index(name)]
        return replace(self.plan, encoder=encoder, out=str(self.folder(encoders, name)))


def compare_encoders(plan: Plan, dataset: Dataset | Folds, out: Path, watcher: Watcher | None, tell: Say) -> Result:
    """Answer a plan's question for all its encoders; what was finished in the output folder is not done again.

    Every encoder has a comparison of its own in `out/encoders/`, with its own report. The result, the report and the
    bundle in `out` are of all of them together.

    Args:
        watcher: told what runs and how far it is.
        tell: told what was read, guessed and found, a line at a time.

    Raises:
        InputError: an encoder, the plan or an output folder is invalid.
    """
    every = _Comparison(plan, dataset, out, watcher, once(tell))
    encoders = encoders_of(plan.encoders)
    with claimed(out, FILE):
        write_encoders(out, encoders)
        sent(out / FILE)
        reached = _probed(every, encoders)
        if plan.drop_hopeless:
            first = dataset.parts[0] if isinstance(dataset, Folds) else dataset
            encoders = replace(encoders, dropped=hopeless(reached, len(first.dev)))
            write_encoders(out, encoders)
        for name, reason in encoders.dropped.items():
            every.say(
                say("{name} is dropped before any training: {reason} (--drop-hopeless).", name=name, reason=reason)
            )
        if isinstance(dataset, Folds):
            result, compared = _answered_in_folds(every, encoders, dataset)
        else:
            result, compared = _answered(every, encoders)
        render(out, compared, result)
    return result


def each_question(
    plan: Plan, dataset: Dataset | Folds, out: Path, watcher: Watcher | None, tell: Say
) -> Iterator[Opened]:
    """Open the question of each encoder in turn, of each fold where there are folds; weights of runs stay."""
    every = _Comparison(plan, dataset, out, watcher, once(tell))
    encoders = encoders_of(plan.encoders)
    with claimed(out, FILE):
        write_encoders(out, encoders)
        sent(out / FILE)
        for name in encoders.folders:
            if isinstance(dataset, Folds):
                yield from each_fold(every.in_folds(encoders, name, dataset))
            else:
                with every.opened(encoders, name) as question:
                    yield question


def _answered(every: _Comparison, encoders: Encoders) -> tuple[Result, Compared]:
    """Train and judge the encoders that are left, and bundle the winner."""
    best: Best = {}

    def train(wanted: Wanted | None = None) -> None:
        for name in encoders.trained:
            if wanted is None or _gets_more(name, best.get(name, {}), wanted):
                best[name] = _trained(every, encoders, name, wanted)

    _until_decided(every, encoders, train)
    compared = read_compared(every.out)
    result = judge(every.out, compared)
    _bundled(every, encoders, result, best[result.used.encoder][result.used.method])
    for name in encoders.folders:
        drop_weights(every.folder(encoders, name))
    return result, compared


def _answered_in_folds(every: _Comparison, encoders: Encoders, folds: Folds) -> tuple[Result, Compared]:
    """The same in folds; the winner is trained on all of the data."""
    floors: Floors = {}
    known: dict[str, tuple[MethodName, ...]] = {}

    def train(wanted: Wanted | None = None) -> None:
        for name in encoders.trained:
            if wanted is not None and not _gets_more(name, known.get(name, ()), wanted):
                continue
            question = every.in_folds(encoders, name, folds)
            with claimed_folds(question):
                run_folds(question, floors, _of(name, wanted))
                known[name] = tuple(read_choices(fold_folder(question.out, 1)))
                _judged_alone(question.out)

    _until_decided(every, encoders, train)
    compared = read_compared(every.out)
    result = judge(every.out, compared)
    winner = every.in_folds(encoders, result.used.encoder, folds)
    bundle_whole(winner, result, every.out / "bundle")
    drop_weights(winner.out / WHOLE)
    return result, compared


Best = dict[str, dict[MethodName, Job]]
"""Encoder and method to the run with the best dev score."""


def _of(encoder: str, wanted: Wanted | None) -> Callable[[MethodName], int] | None:
    """How many final runs the methods of an encoder get; None where the plan says it."""
    return None if wanted is None else lambda method: wanted.of(f"{encoder}/{method}")


def _gets_more(encoder: str, methods: Iterable[MethodName], wanted: Wanted) -> bool:
    """Whether any of its methods does, or they are not known yet."""
    staying = [f"{encoder}/{method}" in wanted.staying for method in methods]
    return not staying or not all(staying)


def _until_decided(every: _Comparison, encoders: Encoders, train: Callable[..., None]) -> None:
    """Train once, or where seeds are `auto` look by look; each encoder alone then has the error of the whole."""
    if every.plan.seeds != "auto":
        train()
        return
    looks = until_decided(every.out, train, (every.watcher or Quiet()).say)
    for name in encoders.trained if looks else ():
        folder = every.folder(encoders, name)
        write_looks(folder, [replace(look, runs=_runs_of(name, look)) for look in looks])
        _judged_alone(folder)


def _runs_of(encoder: str, look: Look) -> dict[str, tuple[str, ...]]:
    """The runs of an encoder that were looked at, by their names where it is compared alone."""
    own = f"{encoder}/"
    return {arm.removeprefix(own): runs for arm, runs in look.runs.items() if arm.startswith(own)}


def _probed(every: _Comparison, encoders: Encoders) -> dict[str, float]:
    """Floor and frozen probes of every encoder: its name to what its best probe reaches on dev."""
    reached: dict[str, float] = {}
    floor = None
    for name in encoders.folders:
        every.say(f"Encoder {name}:")
        with every.opened(encoders, name) as question:
            floor = add_floor(question.bench, question.question, floor)
            scores = add_probes(question.bench, question.question)
        reached[name] = max(layer.dev for layer in scores.layers)
    return reached


def _trained(every: _Comparison, encoders: Encoders, name: str, wanted: Wanted | None) -> dict[MethodName, Job]:
    """Run what is missing of an encoder's methods and judge it alone: method to its run with the best dev score."""
    folder = every.folder(encoders, name)
    with every.opened(encoders, name) as question:
        choices, best = run_methods(question.bench, question.plan, question.question, _of(name, wanted))
        write_choices(folder, choices)
        drop_weights(folder, kept=[job.id for job in best.values()])  # the winner may be any of these
        _judged_alone(folder)
    return best


def _judged_alone(folder: Path) -> None:
    """Result and report of one encoder's comparison."""
    compared = read_compared(folder)
    render(folder, compared, judge(folder, compared))


def _bundled(every: _Comparison, encoders: Encoders, result: Result, winner: Job) -> None:
    """Bundle the winner; one whose weights are gone is run once more."""
    bundle = every.out / "bundle"
    with every.opened(encoders, result.used.encoder) as question:
        if not finished(question.bench, winner, "weights") and bundled_run(bundle) != winner.id:
            run(question.bench, [winner], "weights")
        bundle_winner(question.bench, result, winner, bundle)
