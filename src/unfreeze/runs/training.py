"""A work is done: its recipe is trained with its seeds, and each run leaves a folder with its record and weights."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace

from safetensors.torch import save_file

from unfreeze.disk.files import new_folder, write_json
from unfreeze.disk.mirror import sent
from unfreeze.language.message import say
from unfreeze.methods.inputs import pair_reading
from unfreeze.methods.trained import Trained, gold_labels, metrics, settled
from unfreeze.methods.trainer import Given, trainer_of
from unfreeze.methods.work import states_work
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import Rung, RunRecord, record_values
from unfreeze.runs.bench import FITTED, WEIGHTS, Workbench, forms_of, of_both, split_inputs, stored
from unfreeze.runs.cost import Cost, Meter
from unfreeze.runs.jobs import Job, Work
from unfreeze.runs.racing import Race, points, readings_to_rung, rung_of
from unfreeze.runs.watching import InTurn
from unfreeze.tasks.metrics import degenerate, main_metric
from unfreeze.training.loop import Progress


def prepare(bench: Workbench, recipe: Recipe) -> None:
    """Have at hand what runs of a recipe read, so that they only read it: inputs, and states of the frozen encoder."""
    for split in FITTED:
        split_inputs(bench, split, pair_reading(recipe, bench.dataset.task))
    stored(bench, recipe)


def do(
    bench: Workbench, work: Work, meter: Meter, watcher: InTurn, progress: Progress, race: Race | None = None
) -> list[RunRecord]:
    """Train the jobs of a work in one call and write their folders.

    Args:
        meter: of all works that are done at the same time.
        watcher: told what ends.
        race: in which its one job is a trial.

    Raises:
        InputError: a run cannot be written.
    """
    gold = gold_labels(bench.dataset.dev)
    with meter.running() as cost:
        trained = [settled(one, bench.objective, gold) for one in _train(bench, work, progress, race)]
    records = []
    for job, one in zip(work.jobs, trained, strict=True):
        record = _record(bench, job, one, cost)
        if race is not None:
            record = race.judged(replace(record, rung=_rung(one)))
        records.append(record)
        if record.stopped is not None:
            write_stopped(bench, job, record)
            continue
        with new_folder(bench.run_folder(job)) as folder:
            save_file({k: v.contiguous() for k, v in one.weights.items()}, folder / WEIGHTS)
            write_json(folder / "record.json", record_values(record))
        sent(bench.run_folder(job))
    _tell(bench, work, records, watcher)
    return records


def write_stopped(bench: Workbench, job: Job, record: RunRecord) -> None:
    """Write the record of a trial that is out at its rung over whatever it left."""
    with new_folder(bench.run_folder(job)) as folder:
        write_json(folder / "record.json", record_values(record))
    sent(bench.run_folder(job))
    bench.records[bench.run_folder(job)] = record


def _tell(bench: Workbench, work: Work, records: Sequence[RunRecord], watcher: InTurn) -> None:
    metric = main_metric(bench.dataset.task, bench.dataset.labels.scheme)
    for job, record in zip(work.jobs, records, strict=True):
        watcher.end(Work((job,)).name, record.dev[metric], work.name, _ended_early(record))


def _ended_early(record: RunRecord) -> str | None:
    if record.stopped is not None:
        return say("  it was stopped there: another recipe had {stopped:.1f} by then", stopped=100 * record.stopped)
    return (
        say("  it diverged; what it had learned by epoch {best_epoch} is kept", best_epoch=record.best_epoch)
        if record.diverged
        else None
    )


def _rung(trained: Trained) -> Rung | None:
    done = trained.fit
    readings = readings_to_rung([one.step for one in done.curve], done.planned)
    return rung_of(done.curve, done.planned, not done.stopped, trained.work_after(readings))


def _train(bench: Workbench, work: Work, progress: Progress, race: Race | None) -> list[Trained]:
    recipe = work.recipe
    states = {form: of_both(bench, recipe, form) for form in forms_of(bench, recipe)}
    pair = pair_reading(recipe, bench.dataset.task)
    given = Given(
        bench.encoder, bench.objective, bench.dataset.train, bench.dataset.dev, bench.precision, states, progress,
        (split_inputs(bench, "train", pair), split_inputs(bench, "dev", pair)),
    )  # fmt: skip
    if race is not None:
        given = replace(given, goes_on=race.goes_on(work.jobs[0].id))
    return trainer_of(recipe).train(recipe, given, [job.seed for job in work.jobs])


def _record(bench: Workbench, job: Job, trained: Trained, cost: Cost) -> RunRecord:
    done, m = trained.fit, trained.member
    seconds = done.seconds * cost.share
    members = len(done.best_epoch)
    gold, said = gold_labels(bench.dataset.dev), trained.dev
    return RunRecord(
        id=job.id,
        method=job.recipe.method,
        recipe=job.recipe,
        seed=job.seed,
        dev=metrics(bench.objective, gold, said),
        best_epoch=done.best_epoch[m],
        curve=points(done.curve, m),
        degenerate=degenerate(bench.dataset.task, gold, said.labels, said.probabilities),
        diverged=done.diverged[m],
        layer_weights=trained.layer_weights,
        chosen=dict(trained.chosen),
        train_s=seconds,
        work=trained.work,
        states=_states_read(bench, job.recipe),
        peak_mb=cost.peak_mb,
        trained_parameters=done.trained_parameters // members,
        stored_mb=sum(t.numel() * t.element_size() for t in trained.weights.values()) / 1e6,
        examples_per_s=done.examples / seconds,
        machine=bench.machine,
        host=platform.node() or None,
    )


def _states_read(bench: Workbench, recipe: Recipe) -> dict[str, int]:
    """Layer states that a recipe reads, by name, and the multiply-adds of those of train and dev."""
    pair, layers = pair_reading(recipe, bench.dataset.task), bench.encoder.piece_work()
    return {
        f"{pair} {form}": states_work(layers, [split.reading() for split in of_both(bench, recipe, form)])
        for form in forms_of(bench, recipe)
    }
