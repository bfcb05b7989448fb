"""Recipes tried on dev, the chosen one's final runs, and their one reading of the test set.

A trial is chosen for its dev score, which is good by luck too, and dev and test see the same weights. So none of
several trials is a final run: recipes are tried with a seed of their own, and test means come from runs that nothing
chose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from unfreeze.data.examples import Label
from unfreeze.disk.json_files import in_words
from unfreeze.encoders.freezing import frozen
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.inputs import pair_reading
from unfreeze.methods.model import AdaptedModel, restore
from unfreeze.methods.trained import gold_labels, metrics
from unfreeze.methods.trainer import trainer_of
from unfreeze.plan import TRIAL_SEED
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import RUN_AGAIN, RunRecord, TestRecord, write_test
from unfreeze.records.forecasts import forecasts_of
from unfreeze.runs.bench import Workbench, forget, read_weights, split_inputs
from unfreeze.runs.jobs import Job, Work, job
from unfreeze.runs.racing import Race
from unfreeze.runs.runner import Asked, Flow, Records, follow
from unfreeze.runs.training import write_stopped
from unfreeze.tasks.metrics import degenerate, main_metric
from unfreeze.training.loop import PERFECT
from unfreeze.training.objectives import Decoded

Seeds = Sequence[int] | Callable[[Recipe], Sequence[int]]


@dataclass(frozen=True)
class Chosen:
    """The outcome of some recipes.

    Attributes:
        trials: a run of each recipe, up to the first that cannot be surpassed on dev; of a single one, which needs no
            trial, its first final run.
        finals: jobs of the recipe that was best on dev, one a seed.
        best: of them the best on dev.
    """

    trials: tuple[RunRecord, ...]
    finals: tuple[Job, ...]
    best: Job

    @property
    def recipe(self) -> Recipe:
        """That was chosen."""
        return self.best.recipe


def choose(bench: Workbench, question: str, candidates: Sequence[Recipe], seeds: Seeds) -> Chosen:
    """`choosing`, followed to its end. What is finished stays so."""
    (chosen,) = follow(bench, [choosing(bench, question, candidates, seeds)])
    return chosen


def choosing(bench: Workbench, question: str, candidates: Sequence[Recipe], seeds: Seeds) -> Flow[Chosen]:
    """Try each recipe with a seed of its own, train the one that is best on dev with every seed.

    Args:
        seeds: of final runs, all below `TRIAL_SEED`; they may depend on the recipe that is chosen.
    """
    tried = [Work((job(question, recipe, TRIAL_SEED),)) for recipe in candidates if len(candidates) > 1]
    trials = yield from _raced(bench, tried)
    bench.planned -= len(tried) - len(trials)
    recipe = candidates[_best_on_dev(bench, trials) if trials else 0]
    finals = [job(question, recipe, seed) for seed in (seeds(recipe) if callable(seeds) else seeds)]
    # The first is trained alone: of two, one that is trained again is then the same to the bit.
    records = _joined((yield Asked([Work(tuple(jobs), "test") for jobs in (finals[:1], finals[1:]) if jobs])))
    return Chosen(tuple(trials or records[:1]), tuple(finals), finals[_best_on_dev(bench, records)])


def _raced(bench: Workbench, tried: Sequence[Work]) -> Flow[list[RunRecord]]:
    """Records of the trials that are needed, those that are out at their rung cut there, whenever they were made."""
    jobs = {work.jobs[0].id: work.jobs[0] for work in tried}
    race = Race(list(jobs), len(bench.dataset.dev), _metric(bench))
    while True:
        trials = _joined((yield Asked(tried, partial(_needed, bench, race), race)))
        judged = [race.judged(record) for record in trials]
        for before, record in zip(trials, judged, strict=True):
            if record != before and bench.alone:  # else the process that finishes the comparison does it
                write_stopped(bench, jobs[record.id], record)
        revoked = {record.id for record in judged if race.revoked(record)}
        if not revoked:
            return judged
        for trial in revoked:
            forget(bench, jobs[trial])


def _needed(bench: Workbench, race: Race, done: Sequence[Sequence[RunRecord] | None]) -> int:
    """How many trials are needed: up to the first that is as good on dev as can be; no later one could be chosen.

    The race hears of those that are done.
    """
    for place, records in enumerate(done):
        if records is not None and on_dev(bench, race.judged(records[0])) >= PERFECT:
            return place + 1
    return len(done)


def _joined(records: Records) -> list[RunRecord]:
    return [record for of_work in records for record in of_work]


def runs_to_choose(recipes: int, seeds: int) -> int:
    """How many runs `choose` takes in all."""
    return seeds + (recipes if recipes > 1 else 0)


def _best_on_dev(bench: Workbench, records: Sequence[RunRecord]) -> int:
    """The place of the best; of equal ones the first."""
    return max(range(len(records)), key=lambda place: on_dev(bench, records[place]))


def on_dev(bench: Workbench, record: RunRecord) -> float:
    """The main metric."""
    return record.dev[_metric(bench)]


def _metric(bench: Workbench) -> str:
    return main_metric(bench.dataset.task, bench.dataset.labels.scheme)


def trained_model(bench: Workbench, jobs: Sequence[Job]) -> AdaptedModel:
    """The model of runs whose weights are there; several only where their heads share the encoder's pass.

    Raises:
        InputError: weights are torn, missing or another model's.
    """
    weights = [read_weights(bench, j) for j in jobs]
    try:
        return restore(bench.encoder, jobs[0].recipe, bench.objective, weights)
    except RuntimeError as error:
        raise InputError(
            say("its weights do not fit: {error}; {run_again}", error=in_words(error), run_again=RUN_AGAIN),
            where=_folders(bench, jobs),
        ) from None


def _folders(bench: Workbench, jobs: Sequence[Job]) -> str:
    return ", ".join(str(bench.run_folder(j)) for j in jobs)


def score_on_test(bench: Workbench, finals: Sequence[Job]) -> None:
    """Read the test set (nothing where there is none) with final runs that have not; some heads share a pass."""
    missing = [j for j in finals if bench.dataset.test and not (bench.run_folder(j) / "test.json").exists()]
    shared = bool(missing) and trainer_of(missing[0].recipe).shares_pass
    for group in [missing] if shared else [[j] for j in missing]:
        name = say("test set, {method}", method=group[0].recipe.method)
        bench.watcher.begin(name, bench.left)
        with frozen(bench.encoder):
            pair = pair_reading(group[0].recipe, bench.dataset.task)
            decoded = trained_model(bench, group).predict_read(split_inputs(bench, "test", pair))
        gold = gold_labels(bench.dataset.test)
        for one, said in zip(group, decoded, strict=True):
            write_test(bench.run_folder(one), _test_record(bench, gold, said))
        bench.watcher.end(say("test set"), None, name)


def _test_record(bench: Workbench, gold: Sequence[Label], said: Decoded) -> TestRecord:
    task, likely = bench.dataset.task, said.probabilities
    kept = forecasts_of(task, gold, likely, bench.objective.labels.names)
    same = degenerate(task, gold, said.labels, likely)
    return TestRecord(metrics(bench.objective, gold, said), same, said.labels, said.confidence, kept)
