"""A bench: everything that the runs of a question share, and what of it is computed once and kept at hand."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from unfreeze.data.examples import Dataset, SplitName
from unfreeze.disk.tensors import read_tensors
from unfreeze.disk.unfinished import discard
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder, Inputs
from unfreeze.errors import InputError
from unfreeze.features.index import predicted_bytes
from unfreeze.features.layout import Form, layout
from unfreeze.language.message import say
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.methods.trainer import trainer_of
from unfreeze.recipe import CacheDtype, Recipe
from unfreeze.records.comparison import RUN_AGAIN, RunRecord, read_record
from unfreeze.runs.jobs import Job, Need
from unfreeze.runs.watching import Watcher
from unfreeze.training.objectives import Objective

if TYPE_CHECKING:
    from unfreeze.runs.place import Place

WEIGHTS = "weights.safetensors"
FITTED: tuple[SplitName, ...] = ("train", "dev")
Where = tuple[SplitName, str, Form]
"""Which layer states: of a split, read with pairs in a way, in a form."""


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
        machine: its kind, see `runs.cost.machine_name`; None where nobody asks for it.
        alone: no other process makes runs in the folder at the same time.
        place: where its runs are made; None for this process.
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
    features: dict[Where, SplitFeatures] = field(default_factory=dict)
    inputs: dict[tuple[SplitName, str], Inputs] = field(default_factory=dict)
    fingerprint: str | None = None
    records: dict[Path, RunRecord] = field(default_factory=dict)
    machine: str | None = None
    alone: bool = True
    place: Place | None = None

    @property
    def left(self) -> int:
        """Runs that are still to follow."""
        return self.planned - len(self.reached)

    def run_folder(self, job: Job) -> Path:
        """Where a job's record is."""
        return self.folder / "runs" / job.id


def finished(bench: Workbench, job: Job, need: Need) -> bool:
    """Whether a job need not be run (again): for its record, for being scored on test if there is one, or for weights.

    Weights are deleted at the end of a comparison, so that a run can have its scores and yet no weights.
    """
    folder = bench.run_folder(job)
    record, test, weights = ((folder / name).exists() for name in ("record.json", "test.json", WEIGHTS))
    return record and (weights or need == "record" or (need == "test" and (test or not bench.dataset.test)))


def record_of(bench: Workbench, job: Job) -> RunRecord:
    """A finished job's record, read once."""
    folder = bench.run_folder(job)
    if folder not in bench.records:
        bench.records[folder] = read_record(folder)
    return bench.records[folder]


def forget(bench: Workbench, job: Job) -> None:
    """Delete a trial that was stopped, so that it is run again; one that another process has run again stays."""
    folder = bench.run_folder(job)
    with suppress(InputError):  # another process has deleted it
        if read_record(folder).stopped is not None:
            (folder / "record.json").unlink(missing_ok=True)  # first: without it nothing else in the folder counts
            discard(folder)
    bench.records.pop(folder, None)
    bench.reached.discard(job.id)


def read_weights(bench: Workbench, job: Job) -> Mapping[str, Tensor]:
    """A run's weights. Raises `InputError` where their file is torn or missing."""
    return read_tensors(bench.run_folder(job) / WEIGHTS, RUN_AGAIN)


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


def stored(bench: Workbench, recipe: Recipe, only_known: bool = False) -> tuple[SplitFeatures, ...]:
    """States of train and dev that a recipe reads, in every form that it reads; none where it encodes every batch.

    Args:
        only_known: leave out what is not at hand, rather than compute it.
    """
    forms = forms_of(bench, recipe)
    if only_known:
        pair = pair_reading(recipe, bench.dataset.task)
        keys: list[Where] = [(split, pair, form) for form in forms for split in FITTED]
        return tuple(bench.features[key] for key in keys if key in bench.features)
    return tuple(split for form in forms for split in of_both(bench, recipe, form))


def forms_of(bench: Workbench, recipe: Recipe) -> tuple[Form, ...]:
    """The forms in which a recipe reads states of the pretrained encoder."""
    return trainer_of(recipe).reads(recipe, bench.dataset.task, bench.encoder)


def of_both(bench: Workbench, recipe: Recipe, form: Form) -> tuple[SplitFeatures, SplitFeatures]:
    """States of train and of dev in a form, read as the recipe reads pairs."""
    pair = pair_reading(recipe, bench.dataset.task)
    return states_of(bench, "train", pair, form), states_of(bench, "dev", pair, form)


def states_of(bench: Workbench, split: SplitName, pair: str, form: Form) -> SplitFeatures:
    """A split's layer states in a form, computed at the first asking, where the bench's runs are made."""
    where = (split, pair, form)
    if where not in bench.features:
        away = bench.place
        bench.features[where] = computed_states(bench, *where) if away is None else away.states(bench, where)
    return bench.features[where]


def computed_states(bench: Workbench, split: SplitName, pair: str, form: Form) -> SplitFeatures:
    """The same, computed or read from the store here and now."""
    reader, inputs = bench.reader, split_inputs(bench, split, pair)
    where = layout(inputs, form, reader.ordered is None)
    size = predicted_bytes(where, reader.layers, reader.width, bench.cache_dtype) / 1e6
    name = say("layer states of {split} ({form}, {size:,.1f} MB)", split=say(split), form=form, size=size)
    bench.watcher.begin(name, bench.left)
    made = split_features(
        reader, inputs, form, bench.objective, bench.dataset.split(split), cache=bench.cache,
        dtype=bench.cache_dtype, where=where, fingerprint=fingerprint_of(bench), precision=bench.precision,
        progress=lambda done, total: bench.watcher.step(name, done, total, None),
    )  # fmt: skip
    bench.watcher.end(name, None)
    if made.features.note:
        bench.watcher.say(say("  note on {name}: {note}", name=name, note=made.features.note))
    return made
