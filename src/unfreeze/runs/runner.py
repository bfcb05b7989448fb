"""Runs jobs, one folder each: what is finished stays finished, and a killed run leaves nothing behind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor

from unfreeze.data.examples import Dataset, SplitName
from unfreeze.disk.files import new_folder, write_json
from unfreeze.disk.tensors import read_tensors
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder, Inputs
from unfreeze.features.index import predicted_bytes
from unfreeze.features.layout import Form, layout
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.methods.trained import Trained, gold_labels, metrics, settled
from unfreeze.methods.trainer import Given, trainer_of
from unfreeze.methods.work import states_work
from unfreeze.recipe import CacheDtype, Recipe
from unfreeze.records.comparison import RUN_AGAIN, EpochPoint, RunRecord, read_record, record_values
from unfreeze.runs.cost import peak_mb, reset_peak
from unfreeze.runs.jobs import Job
from unfreeze.tasks.metrics import degenerate, main_metric
from unfreeze.training.objectives import Objective

Need = Literal["record", "test", "weights"]
WEIGHTS = "weights.safetensors"


class Watcher(Protocol):
    """Told how the work goes; the command line draws it."""

    def begin(self, what: str, left: int) -> None:
        """A run (or extraction) begins; `left` more are known to follow."""
        ...

    def step(self, done: int, total: int, best: float | None) -> None:
        """Progress inside what runs now, with its best dev score so far."""
        ...

    def end(self, what: str, score: float | None) -> None:
        """It ended, with its dev score if it has one."""
        ...

    def say(self, line: str) -> None:
        """Something that a person should know."""
        ...


class Quiet:
    """A watcher that says nothing."""

    def begin(self, what: str, left: int) -> None:
        """See `Watcher.begin`."""

    def step(self, done: int, total: int, best: float | None) -> None:
        """See `Watcher.step`."""

    def end(self, what: str, score: float | None) -> None:
        """See `Watcher.end`."""

    def say(self, line: str) -> None:
        """See `Watcher.say`."""


@dataclass
class Workbench:
    """Everything that runs share.

    Attributes:
        encoder: fp32, never changed; fine-tuning copies it.
        reader: the frozen encoder that features come from (a bf16 copy where that is faster).
        precision: of training and extraction.
        cache: folder and cap in bytes of the feature store.
        cache_dtype: what states are stored as.
        planned: runs that the comparison takes in all.
        reached: ids of the runs that were done before or have begun.
        features: states that are at hand, by split, way of reading pairs, and form.
        inputs: splits as the encoder reads them, by split and way of reading pairs.
        fingerprint: of `encoder`; None where nobody has asked yet.
        records: of runs that were read or made, by folder.
    """

    folder: Path
    dataset: Dataset
    objective: Objective
    encoder: Encoder
    reader: Encoder
    precision: Precision
    device: torch.device
    cache: tuple[Path, int]
    watcher: Watcher
    cache_dtype: CacheDtype = "float16"
    planned: int = 0
    reached: set[str] = field(default_factory=set)
    features: dict[tuple[SplitName, str, str], SplitFeatures] = field(default_factory=dict)
    inputs: dict[tuple[SplitName, str], Inputs] = field(default_factory=dict)
    fingerprint: str | None = None
    records: dict[Path, RunRecord] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Runs that are still to follow."""
        return self.planned - len(self.reached)

    def run_folder(self, job: Job) -> Path:
        """Where a job's record is."""
        return self.folder / "runs" / job.id


def run(bench: Workbench, jobs: Sequence[Job], need: Need = "record") -> list[RunRecord]:
    """Records of these jobs, which share one recipe; those not finished are run.

    As many run at once as their method finds best.

    Raises:
        InputError: a run cannot be written.
    """
    missing = [j for j in jobs if not finished(bench, j, need)]
    bench.reached.update(j.id for j in jobs if j not in missing)
    recipe = jobs[0].recipe
    at_once = trainer_of(recipe).at_once(recipe, bench.dataset.task, bench.device)
    for group in _groups(missing, at_once):
        _run_group(bench, recipe, group)
    return [_record_of(bench, j) for j in jobs]


def _record_of(bench: Workbench, job: Job) -> RunRecord:
    """A finished job's record, read once."""
    folder = bench.run_folder(job)
    if folder not in bench.records:
        bench.records[folder] = read_record(folder)
    return bench.records[folder]


def _groups(jobs: Sequence[Job], at_most: int | None) -> list[Sequence[Job]]:
    """Jobs in groups of about one size, none empty."""
    count = math.ceil(len(jobs) / (at_most or max(len(jobs), 1)))
    bounds = [len(jobs) * i // count for i in range(count + 1)] if count else []
    return [jobs[a:b] for a, b in pairwise(bounds)]


def finished(bench: Workbench, job: Job, need: Need) -> bool:
    """Whether a job need not be run (again): for its record, for being scored on test, or for its weights.

    Weights are deleted at the end of a comparison, so that a run can have its scores and yet no weights.
    """
    folder = bench.run_folder(job)
    record, test, weights = ((folder / name).exists() for name in ("record.json", "test.json", WEIGHTS))
    return record and (weights or need == "record" or (need == "test" and test))


def _run_group(bench: Workbench, recipe: Recipe, group: Sequence[Job]) -> None:
    name = f"{recipe.method} {recipe.name}, seed {', '.join(str(j.seed) for j in group)}"
    bench.reached.update(j.id for j in group)
    stored(bench, recipe)  # before the clock of the run starts
    bench.watcher.begin(name, bench.left)
    reset_peak(bench.device)
    gold = gold_labels(bench.dataset.dev)
    trained = [settled(one, bench.objective, gold) for one in _train(bench, recipe, [j.seed for j in group])]
    peak = peak_mb(bench.device)
    for job, one in zip(group, trained, strict=True):
        record = _record(bench, job, one, peak)
        with new_folder(bench.run_folder(job)) as folder:
            save_file({k: v.contiguous() for k, v in one.weights.items()}, folder / WEIGHTS)
            write_json(folder / "record.json", record_values(record))
        bench.records[bench.run_folder(job)] = record
        bench.watcher.end(f"{recipe.method} {recipe.name}, seed {job.seed}", _on_dev(bench, record))
        if record.diverged:
            bench.watcher.say(f"  it diverged; what it had learned by epoch {record.best_epoch} is kept")


def _on_dev(bench: Workbench, record: RunRecord) -> float:
    return record.dev[main_metric(bench.dataset.task, bench.dataset.labels.scheme)]


def _train(bench: Workbench, recipe: Recipe, seeds: Sequence[int]) -> list[Trained]:
    states = {form: _of_both(bench, recipe, form) for form in _forms(bench, recipe)}
    pair = pair_reading(recipe, bench.dataset.task)
    given = Given(
        bench.encoder, bench.objective, bench.dataset.train, bench.dataset.dev, bench.precision, states,
        bench.watcher.step, (split_inputs(bench, "train", pair), split_inputs(bench, "dev", pair)),
    )  # fmt: skip
    return trainer_of(recipe).train(recipe, given, seeds)


def stored(bench: Workbench, recipe: Recipe, only_known: bool = False) -> tuple[SplitFeatures, ...]:
    """States of train and dev that a recipe reads, in every form that it reads; none where it encodes every batch.

    Args:
        only_known: leave out what is not at hand, rather than compute it.
    """
    forms = _forms(bench, recipe)
    if only_known:
        pair = pair_reading(recipe, bench.dataset.task)
        keys = [(split, pair, form) for form in forms for split in FITTED]
        return tuple(bench.features[key] for key in keys if key in bench.features)
    return tuple(split for form in forms for split in _of_both(bench, recipe, form))


def _forms(bench: Workbench, recipe: Recipe) -> tuple[Form, ...]:
    return trainer_of(recipe).reads(recipe, bench.dataset.task, bench.encoder)


FITTED: tuple[SplitName, ...] = ("train", "dev")


def _of_both(bench: Workbench, recipe: Recipe, form: Form) -> tuple[SplitFeatures, SplitFeatures]:
    pair = pair_reading(recipe, bench.dataset.task)
    return states_of(bench, "train", pair, form), states_of(bench, "dev", pair, form)


def split_inputs(bench: Workbench, split: SplitName, pair: str) -> Inputs:
    """A split as the encoder reads it, tokenised at the first asking."""
    if (split, pair) not in bench.inputs:
        bench.inputs[split, pair] = read_inputs(bench.encoder, bench.dataset.task, pair, bench.dataset.split(split))
    return bench.inputs[split, pair]


def fingerprint_of(bench: Workbench) -> str:
    """The encoder's, whose weights are hashed at the first asking: on a bench it never changes."""
    if bench.fingerprint is None:
        bench.fingerprint = bench.encoder.fingerprint()
    return bench.fingerprint


def states_of(bench: Workbench, split: SplitName, pair: str, form: Form) -> SplitFeatures:
    """A split's layer states in a form, computed at the first asking."""
    key = (split, pair, form)
    if key not in bench.features:
        reader, inputs = bench.reader, split_inputs(bench, split, pair)
        where = layout(inputs, form, reader.ordered is None)
        size = predicted_bytes(where, reader.layers, reader.width, bench.cache_dtype) / 1e6
        name = f"layer states of {split} ({form}, {size:,.1f} MB)"
        bench.watcher.begin(name, bench.left)
        bench.features[key] = split_features(
            reader, inputs, form, bench.objective, bench.dataset.split(split), cache=bench.cache,
            dtype=bench.cache_dtype, where=where, fingerprint=fingerprint_of(bench), precision=bench.precision,
            progress=lambda done, total: bench.watcher.step(done, total, None),
        )  # fmt: skip
        bench.watcher.end(name, None)
        note = bench.features[key].features.note
        if note:
            bench.watcher.say(f"  note on {name}: {note}")
    return bench.features[key]


def _record(bench: Workbench, job: Job, trained: Trained, peak: float) -> RunRecord:
    done, m = trained.fit, trained.member
    curve = tuple(
        EpochPoint(e.epoch, e.step, e.loss[m], e.dev[m], e.seconds, e.rate)
        for e in done.curve
        if math.isfinite(e.loss[m]) and math.isfinite(e.dev[m])
    )
    members = len(done.best_epoch)
    gold, said = gold_labels(bench.dataset.dev), trained.dev
    return RunRecord(
        id=job.id,
        method=job.recipe.method,
        recipe=job.recipe,
        seed=job.seed,
        dev=metrics(bench.objective, gold, said),
        best_epoch=done.best_epoch[m],
        curve=curve,
        degenerate=degenerate(bench.dataset.task, gold, said.labels, said.probabilities),
        diverged=done.diverged[m],
        layer_weights=trained.layer_weights,
        chosen=dict(trained.chosen),
        train_s=done.seconds,
        work=trained.work,
        states=_states_read(bench, job.recipe),
        peak_mb=peak,
        trained_parameters=done.trained_parameters // members,
        stored_mb=sum(t.numel() * t.element_size() for t in trained.weights.values()) / 1e6,
        examples_per_s=done.examples / done.seconds,
    )


def _states_read(bench: Workbench, recipe: Recipe) -> dict[str, int]:
    """Layer states that a recipe reads, by name, and the multiply-adds of those of train and dev."""
    pair, layers = pair_reading(recipe, bench.dataset.task), bench.encoder.piece_work()
    return {
        f"{pair} {form}": states_work(layers, [split.reading() for split in _of_both(bench, recipe, form)])
        for form in _forms(bench, recipe)
    }


def read_weights(bench: Workbench, job: Job) -> Mapping[str, Tensor]:
    """A run's weights. Raises `InputError` where their file is torn or missing."""
    return read_tensors(bench.run_folder(job) / WEIGHTS, RUN_AGAIN)
