"""The whole question, from data to verdict: read, audit, extract once, run, judge, report, bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from unfreeze.bundle.save import bundled_run
from unfreeze.commands.compare_encoders import compare_encoders
from unfreeze.commands.compare_folds import compare_folds
from unfreeze.commands.places import out_of, working_folder
from unfreeze.commands.steps import add_floor, add_probes, bundle_winner, run_methods
from unfreeze.commands.until_decided import run_until_decided
from unfreeze.data.examples import Dataset
from unfreeze.judging.judge import judge
from unfreeze.judging.read import Compared, read_compared
from unfreeze.judging.result import Result
from unfreeze.plan import Plan
from unfreeze.records.comparison import write_choices
from unfreeze.report.render import render
from unfreeze.runs.bench import Workbench, finished
from unfreeze.runs.opening import opened
from unfreeze.runs.question import folds_of, read_data
from unfreeze.runs.runner import run
from unfreeze.runs.watching import Watcher


def compare(plan: Plan, watcher: Watcher | None = None, tell: Callable[[str], None] = lambda line: None) -> Result:
    """Answer a plan's question; what was finished in its output folder before is not done again.

    Args:
        watcher: told what runs and how far it is.
        tell: told what was read, guessed and found, a line at a time.

    Raises:
        InputError: the data, the encoder, the plan or the output folder is invalid.
    """
    dataset = read_data(plan)
    with working_folder(out_of(plan, dataset)) as folder:
        return _compare(plan, dataset, folder, watcher, tell)


def _compare(plan: Plan, dataset: Dataset, out: Path, watcher: Watcher | None, tell: Callable[[str], None]) -> Result:
    folds, said = folds_of(plan, dataset, out)
    if said is not None:
        tell(said)
    if folds is not None:
        plan = replace(plan, folds=len(folds.parts))
    if len(plan.encoders) > 1:
        return compare_encoders(plan, dataset if folds is None else folds, out, watcher, tell)
    if folds is not None:
        return compare_folds(plan, folds, out, watcher, tell)
    with opened(plan, dataset, out, watcher, tell) as question:
        result, compared = _answer(question.bench, question.plan, question.question)
        render(out, compared, result)
    return result


def _answer(bench: Workbench, plan: Plan, question: str) -> tuple[Result, Compared]:
    """Run what is missing, judge, bundle; gives what was judged, too.

    A winner whose weights are gone (see `compare`'s end) is run once more.
    """
    bundle = bench.folder / "bundle"
    while True:
        run_all = run_until_decided if plan.seeds == "auto" else run_methods
        choices, best = run_all(bench, plan, question)
        add_floor(bench, question)
        add_probes(bench, question)
        write_choices(bench.folder, choices)
        compared = read_compared(bench.folder)
        result = judge(bench.folder, compared)
        winner = best[result.used.method]
        if finished(bench, winner, "weights") or bundled_run(bundle) == winner.id:
            bundle_winner(bench, result, winner, bundle)
            return result, compared
        run(bench, [winner], "weights")
