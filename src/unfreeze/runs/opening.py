"""A plan's question, opened: data read and audited, encoder loaded and frozen, what is known written down."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from unfreeze.data.audit import audit, read_by
from unfreeze.data.audit_lines import lines_of
from unfreeze.data.examples import SPLITS, Dataset, SplitName
from unfreeze.data.unread import Unread
from unfreeze.disk.claim import claimed
from unfreeze.disk.mirror import sent, shown_place
from unfreeze.disk.shares import at_work
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import Precision, fast_precision, precision_to_use
from unfreeze.encoders.protocol import Encoder, Inputs
from unfreeze.errors import InputError
from unfreeze.features.cache import cache_folder
from unfreeze.language.message import joined, opening, say
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.inputs import cut_at_limit, read_inputs
from unfreeze.methods.table import default_names, method_named
from unfreeze.plan import Plan
from unfreeze.records.comparison import write_items
from unfreeze.records.setting import (
    AuditFacts,
    DataFacts,
    EncoderFacts,
    Environment,
    Setting,
    begun_precision,
    read_setting,
    write_setting,
)
from unfreeze.runs.bench import WEIGHTS, Workbench
from unfreeze.runs.cost import machine_name, processor_name
from unfreeze.runs.jobs import question_digest
from unfreeze.runs.place import own_device, place_of, precision_for
from unfreeze.runs.watching import Quiet, Watcher
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import main_metric
from unfreeze.training.objectives import objective_for
from unfreeze.training.usable_precision import usable_precision


@dataclass(frozen=True)
class Opened:
    """A question that runs can be made for.

    Attributes:
        plan: with the methods that the encoder allows.
        question: digest of data, task, encoder and precision.
    """

    bench: Workbench
    plan: Plan
    question: str


class Loaded:
    """A plan's encoder, for questions that follow each other: loaded and tried at the first, as it is at the others.

    Raises:
        InputError: at the first use, see `load_encoder`.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._usable: dict[Precision, tuple[Precision, str | None]] = {}

    @cached_property
    def encoder(self) -> Encoder:
        """In fp32, on the plan's device."""
        plan = self._plan
        return load_encoder(plan.only_encoder, plan.max_length, plan.all_options).to(own_device(plan))

    @cached_property
    def fingerprint(self) -> str:
        """The encoder's."""
        return self.encoder.fingerprint()

    def usable(self, wanted: Precision) -> Precision:
        """The precision to compute in, see `usable_precision`; where it is another one, the notes say why."""
        if wanted not in self._usable:
            self._usable[wanted] = usable_precision(self.encoder, wanted)
        precision, instead = self._usable[wanted]
        if instead is not None and instead not in self.encoder.notes:
            self.encoder.notes = (*self.encoder.notes, instead)
        return precision


@contextmanager
def opened(
    plan: Plan,
    dataset: Dataset,
    out: Path,
    watcher: Watcher | None = None,
    tell: Callable[[str], None] = lambda line: None,
    begun: str | None = None,
    of_several: bool = False,
    loaded: Loaded | None = None,
    keep_weights: bool = False,
) -> Iterator[Opened]:
    """Hold the folder `out` for a question; when the block ends without an error, weights of its runs are deleted.

    Args:
        dataset: the plan's.
        begun: precision of work that this is a part of; that of the folder's own runs wins over it.
        of_several: the encoder is one of several: methods that it does not allow are left out even if they are asked
            for, and weights stay, which the caller deletes.
        loaded: the plan's encoder, where another question had it before.
        keep_weights: the runs are not judged yet.
        watcher: told what runs and how far it is.
        tell: told what was read, guessed and found, a line at a time.

    Raises:
        InputError: the data, the encoder, the plan or the output folder is invalid.
    """
    for line in dataset.notes:
        tell(line)
    loaded = loaded or Loaded(plan)
    with claimed(out):
        if (parts := _parts_at_work(out)) is not None:
            tell(parts)
        place_of(plan)  # its machines begin while the encoder is loaded here
        encoder = loaded.encoder
        for line in (*encoder.notes, *(encoder.notes_on_pairs if dataset.task.pair else ())):
            tell(line)
        plan, left_out = _possible(plan, encoder, of_several)
        if left_out:
            tell(left_out)
        check_recipes([r for r in plan.recipes if r.method in (plan.methods or ())], dataset.task, encoder.traits)
        begun = begun_precision(out) or begun
        begun_in = precision_for(plan, begun)
        if begun is not None and begun_in != fast_precision(encoder.device):
            tell(say("Computing goes on in {begun_in}, in which it was begun.", begun_in=begun_in))
        known = encoder.notes
        precision = loaded.usable(begun_in)
        for line in encoder.notes[len(known) :]:
            tell(line)
        question = question_digest(dataset, loaded.fingerprint, precision, encoder.max_length, plan.cache_dtype)
        _same_question(out, question)
        computed = {"precision": precision, "begun_in": begun_in}
        pair = pair_as_counted(encoder, dataset.task)
        inputs = {split: read_inputs(encoder, dataset.task, pair, dataset.split(split)) for split in SPLITS}
        read = {split: cut_and_unread(encoder, dataset.task, inputs[split]) for split in SPLITS}
        facts = _about(encoder, loaded.fingerprint), _environment(encoder.device, computed)
        setting = _setting(replace(plan, out=shown_place(out)), dataset, read, *facts, question)
        for line in setting.audit.lines:
            tell(line)
        write_setting(out, setting)
        write_items(out, dataset.test)
        for name in ("comparison.json", "items.parquet"):
            sent(out / name)
        with workbench(plan, dataset, encoder, out, watcher, precision) as bench:
            bench.fingerprint = loaded.fingerprint
            bench.inputs.update({(split, pair): read for split, read in inputs.items()})
            yield Opened(bench, plan, question)
        if not (of_several or keep_weights):
            drop_weights(out)


def _parts_at_work(out: Path) -> str | None:
    """That other processes are making runs in a folder, which end with the run that they are at."""
    owners = at_work(out)
    hosts = sorted({owner.host for owner in owners if owner is not None})
    if not owners:
        return None
    where = say(" on {hosts}", hosts=joined(hosts)) if hosts else ""
    if len(owners) == 1:
        return say("In {out} a run is being made by `unfreeze jobs`{where}, which then ends.", out=out, where=where)
    return say(
        "In {out} {number} runs are being made by `unfreeze jobs`{where}, which then ends.",
        out=out, number=len(owners), where=where,
    )  # fmt: skip


@contextmanager
def reopened(folder: Path, dataset: Dataset, loaded: Loaded, watcher: Watcher | None) -> Iterator[Opened]:
    """A question that was opened before, perhaps on another machine, without holding or changing its folder.

    Args:
        dataset: the plan's, or the fold's, read again.

    Raises:
        InputError: the encoder cannot be loaded, or it or the data are not those of `comparison.json`.
    """
    setting, encoder = read_setting(folder), loaded.encoder
    precision = loaded.usable(precision_to_use(encoder.device, begun_precision(folder)))
    dtype = setting.plan.cache_dtype
    question = question_digest(dataset, loaded.fingerprint, precision, encoder.max_length, dtype)
    if question != setting.data.question:
        problem = say("data or encoder, or what this machine can compute in, are not what comparison.json says")
        raise InputError(
            say("{problem}; give every machine the same files and versions", problem=problem), where=str(folder)
        )
    with workbench(setting.plan, dataset, encoder, folder, watcher, precision) as bench:
        bench.fingerprint, bench.alone = loaded.fingerprint, False
        yield Opened(bench, setting.plan, question)


def drop_weights(folder: Path, kept: Iterable[str] = ()) -> None:
    """Delete the weights of all runs in a folder but those `kept`, by id; records and predictions stay."""
    ids = frozenset(kept)
    for weights in (folder / "runs").glob(f"*/{WEIGHTS}"):
        if weights.parent.name not in ids:
            weights.unlink()


@contextmanager
def workbench(
    plan: Plan, dataset: Dataset, encoder: Encoder, folder: Path, watcher: Watcher | None, precision: Precision
) -> Iterator[Workbench]:
    """A bench for runs in a folder, over an encoder that is frozen inside the block."""
    objective = objective_for(dataset.task, dataset.labels, dataset.train)
    cache = cache_folder(), int(plan.cache_gb * 1e9)
    with frozen(encoder, precision) as reader:
        yield Workbench(
            folder, dataset, objective, encoder, reader, precision, encoder.device, cache, watcher or Quiet(),
            plan.cache_dtype, machine=machine_name(encoder.device), place=place_of(plan),
        )  # fmt: skip


def _possible(plan: Plan, encoder: Encoder, of_several: bool) -> tuple[Plan, str | None]:
    """The plan with the methods that this encoder allows, and what to say where one was not asked for and is left out.

    Raises:
        InputError: a method is asked for that the encoder does not allow; of several encoders, it allows none.
    """
    asked = plan.methods or ()
    usual = dict.fromkeys((*asked, *default_names()))
    unfit = {name: why for name in usual if (why := method_named(name).unfit(encoder.traits)) is not None}
    refused = [why for name, why in unfit.items() if name in asked]
    if refused and not (of_several and len(refused) < len(asked)):
        raise InputError(
            say("{only_encoder} {refused}", only_encoder=plan.only_encoder, refused=refused[0]), where="--methods"
        )
    left = [method_named(name) for name in asked or usual if name not in unfit]
    allowed = replace(plan, methods=tuple(method.name for method in left))
    if not unfit:
        return allowed, None
    only = joined((method.words.noun for method in left), " and ")
    reasons = joined(dict.fromkeys(unfit.values()), "; ")
    told = say("{methods} alone: {encoder} {reasons}.", methods=only, encoder=encoder.name, reasons=reasons)
    return allowed, opening(told)


def _setting(
    plan: Plan,
    dataset: Dataset,
    read: Mapping[SplitName, tuple[int, Unread | None]],
    encoder: EncoderFacts,
    environment: Environment,
    question: str,
) -> Setting:
    """Args:
    read: of each split what `cut_and_unread` gives.
    """
    over: dict[str, int] = {split: count for split, (count, _) in read.items()}
    unread: dict[str, Unread] = {split: part for split, (_, part) in read.items() if part is not None}
    found = read_by(audit(dataset), over, unread)
    sizes: dict[str, int] = {split: len(dataset.split(split)) for split in SPLITS}
    windows = dataset.task.target.per_word  # nothing of a tagged sentence is cut
    data = DataFacts(
        name=dataset.name,
        files=dataset.files,
        columns=dataset.columns,
        sizes=sizes,
        said=dataset.notes,
        truncated={split: 0.0 if windows else over[split] / sizes[split] for split in SPLITS},
        question=question,
    )
    metric = main_metric(dataset.task, dataset.labels.scheme)
    audited = AuditFacts(**vars(found), lines=tuple(lines_of(dataset, found)))
    return Setting(dataset.task, dataset.labels, metric, plan, data, audited, encoder, environment)


def _environment(device: torch.device, computed: Mapping[str, str]) -> Environment:
    return Environment(
        **versions(),
        processor=processor_name(device),
        threads=torch.get_num_threads(),
        device=str(device),
        **computed,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _about(encoder: Encoder, fingerprint: str) -> EncoderFacts:
    parameters, size = encoder.sizes()
    return EncoderFacts(
        name=encoder.name,
        layers=encoder.layers,
        width=encoder.width,
        parameters=parameters,
        piece_work=sum(encoder.piece_work()),
        mb=size / 1e6,
        max_length=encoder.max_length,
        fixed=encoder.fixed,
        said=encoder.notes,
        fingerprint=fingerprint,
    )


def pair_as_counted(encoder: Encoder, task: Task) -> str:
    """In which way of reading pairs it is counted what is cut and unread: jointly, where the encoder does that."""
    return "joint" if encoder.reads_pairs or not task.pair else "separate"


def cut_and_unread(encoder: Encoder, task: Task, inputs: Inputs) -> tuple[int, Unread | None]:
    """Examples of a split that pass the encoder's limit (cut, or, for tagging, read in windows), and what is unread."""
    if task.target.per_word:
        return int((np.diff(inputs.examples) > 1).sum()), encoder.unread(inputs)
    return cut_at_limit(inputs), encoder.unread(inputs)


def versions() -> dict[str, str]:
    """The versions of packages that results depend on."""
    packages = {name: version(name) for name in ("unfreeze", "torch", "transformers", "numpy")}
    return {"python": platform.python_version(), **packages}


def _same_question(out: Path, question: str) -> None:
    if not (out / "runs").exists():
        return  # stopped before the first run: nothing to lose
    if read_setting(out).data.question != question:
        raise InputError(
            "holds a comparison of other data, or with another encoder, task, metric or cache dtype; choose another "
            "--out or remove it",
            where=str(out),
        )
