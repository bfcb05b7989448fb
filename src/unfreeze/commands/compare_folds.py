"""A question answered in folds: a comparison for each of them underneath, and the winner trained on all of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.bundle.save import bundled_run
from unfreeze.commands.steps import add_floor, add_probes, bundle_winner, run_methods
from unfreeze.commands.until_decided import until_decided
from unfreeze.data.folds import Folds
from unfreeze.disk.claim import claimed
from unfreeze.disk.mirror import sent
from unfreeze.judging.judge import judge
from unfreeze.judging.looks import LOOKS
from unfreeze.judging.read import read_compared
from unfreeze.judging.result import ArmResult, Result
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName
from unfreeze.records.comparison import FloorRecord, write_choices
from unfreeze.records.folds import FILE, WHOLE, FoldsRecord, fold_folder, write_folds
from unfreeze.records.setting import begun_precision
from unfreeze.report.render import render
from unfreeze.runs.bench import Workbench, finished
from unfreeze.runs.jobs import job, question_digest
from unfreeze.runs.opening import Loaded, Opened, drop_weights, opened, workbench
from unfreeze.runs.place import precision_for
from unfreeze.runs.runner import run
from unfreeze.runs.trials import on_dev
from unfreeze.runs.watching import Quiet, Watcher

Say = Callable[[str], None]
Floors = dict[int, FloorRecord]


@dataclass(frozen=True)
class FoldedQuestion:
    """A plan's question for one encoder, in folds.

    Attributes:
        out: the folder of the question; each fold's is below it.
        of_several, keep_weights: see `runs.opening.opened`.
    """

    plan: Plan
    folds: Folds
    out: Path
    watcher: Watcher | None
    say: Say
    of_several: bool = False
    keep_weights: bool = False

    def tell(self, line: str) -> None:
        """A line about how the work goes, which may be the same as another."""
        (self.watcher or Quiet()).say(line)


def compare_folds(
    plan: Plan, folds: Folds, out: Path, watcher: Watcher | None = None, tell: Say = lambda line: None
) -> Result:
    """Answer a plan's question for one encoder; what was finished in the output folder is not done again.

    Every fold has a comparison of its own in `out/folds/`. The result and the report in `out` are of all of them
    together, and the bundle there is of a model that learned from all of the data.

    Args:
        watcher: told what runs and how far it is.
        tell: told what was read, guessed and found, a line at a time.

    Raises:
        InputError: the encoder, the plan or an output folder is invalid.
    """
    question = FoldedQuestion(plan, folds, out, watcher, once(tell))
    with claimed_folds(question):
        floors: Floors = {}
        if plan.seeds == "auto":
            until_decided(out, lambda wanted: run_folds(question, floors, wanted.of), question.tell)
        else:
            run_folds(question, floors)
        compared = read_compared(out)
        result = judge(out, compared)
        bundle_whole(question, result, out / "bundle")
        drop_weights(out / WHOLE)
        render(out, compared, result)
    return result


def once(tell: Say) -> Say:
    """Passes each line on, but none twice."""
    before: set[str] = set()

    def say(line: str) -> None:
        if line not in before:
            before.add(line)
            tell(line)

    return say


def run_folds(question: FoldedQuestion, floors: Floors, looked: Callable[[MethodName], int] | None = None) -> None:
    """Run what is missing of all folds; frozen probes are made in the first one alone, since they decide nothing.

    Args:
        floors: fold to what the words alone reach; those of folds that are not there are added.
        looked: see `commands.steps.run_methods`.
    """
    loaded = Loaded(question.plan)
    for fold in range(1, len(question.folds.parts) + 1):
        question.say(say("Fold {fold} of {parts}:", fold=fold, parts=len(question.folds.parts)))
        with opened_fold(question, fold, loaded) as now:
            choices, _ = run_methods(now.bench, now.plan, now.question, looked)
            floors[fold] = add_floor(now.bench, now.question, floors.get(fold))
            if fold == 1:
                add_probes(now.bench, now.question)
            write_choices(now.bench.folder, choices)
            drop_weights(now.bench.folder)


@contextmanager
def claimed_folds(question: FoldedQuestion) -> Iterator[None]:
    """Hold the folder of a question in folds. Raises `InputError` where it is in use or contains something else."""
    parts = question.folds.parts
    with claimed(question.out, FILE):
        write_folds(question.out, FoldsRecord(len(parts), parts[0].columns.get("group")))
        sent(question.out / FILE)
        yield


@contextmanager
def opened_fold(question: FoldedQuestion, fold: int, loaded: Loaded | None = None) -> Iterator[Opened]:
    """A fold's question; folds count from 1. What is found in the data and the encoder is said of the first alone.

    All folds are computed in the precision in which the first one was begun.
    """
    folder = fold_folder(question.out, fold)
    plan, dataset = replace(question.plan, out=str(folder)), question.folds.parts[fold - 1]
    say: Say = question.say if fold == 1 else lambda line: None
    begun = begun_precision(fold_folder(question.out, 1))
    kept = question.of_several, loaded, question.keep_weights
    with opened(plan, dataset, folder, question.watcher, say, begun, *kept) as now:
        yield now


def each_fold(question: FoldedQuestion) -> Iterator[Opened]:
    """Open each fold's question in turn."""
    loaded = Loaded(question.plan)
    with claimed_folds(question):
        for fold in range(1, len(question.folds.parts) + 1):
            with opened_fold(question, fold, loaded) as now:
                yield now


def bundle_whole(question: FoldedQuestion, result: Result, bundle: Path) -> None:
    """Train the arm to use on all labelled examples and bundle it; a bundle of that very run stays.

    The recipe is the one that was best on dev over folds. A tenth of the examples choose epochs, penalties and the best
    of the seeds, as in every comparison; nothing is tested, since the folds have done that.
    """
    used = result.used
    with _bench_of_all(question, used) as (bench, digest):
        seeds = LOOKS[0] if question.plan.seeds == "auto" else len(used.runs)  # more of them are for judging
        jobs = [job(digest, used.recipe, seed) for seed in range(seeds)]
        records = run(bench, jobs)
        winner = jobs[max(range(len(jobs)), key=lambda place: on_dev(bench, records[place]))]
        if not finished(bench, winner, "weights") and bundled_run(bundle) != winner.id:
            run(bench, [winner], "weights")
        bundle_winner(bench, result, winner, bundle, _made_so(question, used))


@contextmanager
def _bench_of_all(question: FoldedQuestion, used: ArmResult) -> Iterator[tuple[Workbench, str]]:
    """A bench over all labelled examples, and the digest of that question."""
    plan, whole, folder = question.plan, question.folds.whole, question.out / WHOLE
    loaded = Loaded(plan)
    encoder = loaded.encoder
    precision = loaded.usable(precision_for(plan, begun_precision(fold_folder(question.out, 1))))
    digest = question_digest(whole, loaded.fingerprint, precision, encoder.max_length, plan.cache_dtype)
    with claimed(folder, "runs"), workbench(plan, whole, encoder, folder, question.watcher, precision) as bench:
        bench.fingerprint = loaded.fingerprint
        yield bench, digest


def _made_so(question: FoldedQuestion, used: ArmResult) -> str:
    """How the bundled model was made, as a sentence."""
    whole = question.folds.whole
    return say(
        "Learned from all {size:,} labelled examples ({dev:,} of them chose epochs) with the recipe "
        "{value}, the best on dev over {parts} folds. Its test score is that of the folds' models, none "
        "of which saw what it was tested on.",
        size=question.folds.size,
        dev=len(whole.dev),
        value=used.recipe.name or used.recipe.brief,
        parts=len(question.folds.parts),
    )
