"""What another process does of a question, perhaps on another machine: its bench rebuilt from plain values and kept.

Nothing here knows how values travel: an engine sends a `Question` and `Work`s, and puts away what comes home.
"""

from __future__ import annotations

import platform
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch

from unfreeze.data.examples import Dataset
from unfreeze.disk.files import new_folder
from unfreeze.disk.mirror import fetched, shown_place
from unfreeze.disk.remote import Remote, is_remote
from unfreeze.disk.unfinished import discard
from unfreeze.encoders.precision import Precision, fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError, user_fault
from unfreeze.features.cache import new_store, room_for
from unfreeze.features.layout import store_key
from unfreeze.features.store import open_keys
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.records.comparison import RunRecord
from unfreeze.runs.bench import WEIGHTS, Where, Workbench, fingerprint_of, record_of, split_inputs, states_of
from unfreeze.runs.board import Event
from unfreeze.runs.jobs import Work
from unfreeze.runs.opening import versions, workbench
from unfreeze.runs.parcels import Parcel, packed, unpacked
from unfreeze.runs.racing import Race
from unfreeze.runs.runner import Asked, Flow, follow
from unfreeze.runs.sending import Last, SentEncoder, check_version, one_at_a_time, passing_folder, tidy
from unfreeze.runs.trials import score_on_test

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Question:
    """All that a bench is rebuilt from, but for the encoder's files.

    Attributes:
        precision: decided once, for all machines.
        version: of this package, likewise.
    """

    plan: Plan
    dataset: Dataset
    encoder: SentEncoder
    precision: Precision
    version: str = versions()["unfreeze"]


@dataclass(frozen=True)
class States:
    """Layer states that were computed away.

    Attributes:
        key: of their store; None where they are recomputed at each reading.
        node: the machine that has it, as the engine calls it.
        layers, width, bytes, seconds, note: see `features.extract.Features`.
    """

    where: Where
    key: str | None
    node: str
    layers: int
    width: int
    bytes: int
    seconds: float
    note: str | None


@dataclass(frozen=True)
class Home:
    """What comes home of a work: records of its jobs, and their folders by id."""

    records: list[RunRecord]
    folders: dict[str, Parcel]


@dataclass(frozen=True)
class Trouble:
    """An error, as it comes home: a line for bad input, else where it happened in the code."""

    problem: str
    where: str | None
    trace: str | None
    host: str

    def error(self, name: str) -> Exception:
        """To be raised, about the work of this name."""
        if self.trace is None:
            return InputError(self.problem, where=self.where or f"{name}, on {self.host}")
        return AwayError(f"{name}, on {self.host}: {self.problem}\n{self.trace}")


class AwayError(Exception):
    """A fault of the program in another process, whose traceback is in the message."""


def trouble(error: Exception) -> Trouble:
    """An error to be sent home."""
    fault = error if isinstance(error, InputError) else user_fault(error)
    if fault is not None:
        return Trouble(fault.problem, fault.where, None, platform.node())
    told = "".join(traceback.format_exception(error))
    return Trouble(f"{type(error).__name__}: {error}", None, told, platform.node())


class Telling:
    """A watcher that sends on what it hears. Steps come often: of those within a second only the first is sent."""

    def __init__(self, send: Callable[[Event], None], clock: Callable[[], float]) -> None:
        self._send, self._clock, self._last, self._host = send, clock, float("-inf"), platform.node()

    def begin(self, what: str, left: int) -> None:
        """See `Watcher.begin`."""
        self._send(Event("begin", what, self._host))

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        """See `Watcher.step`."""
        if self._clock() - self._last >= 1:
            self._last = self._clock()
            self._send(Event("step", what, self._host, done, total, best))

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        """See `Watcher.end`."""
        self._send(Event("end", what, self._host, score=score, of=of))

    def say(self, line: str) -> None:
        """See `Watcher.say`."""
        self._send(Event("say", line, self._host))


class Benches:
    """The bench of the last question that this process was asked, and the encoder of the one before."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._token: str | None = None
        self._bench: Workbench | None = None
        self._encoder = Last[SentEncoder, Encoder]()

    def bench(
        self, token: str, question: Callable[[], Question], files: Callable[[], Parcel], watcher: Telling
    ) -> Workbench:
        """The bench of a question, kept from the last time where it is the same one.

        Args:
            token: names the question.
            question, files: fetch the question, and the encoder's files where it is not a packaged one.

        Raises:
            InputError: this machine cannot answer it.
        """
        if self._bench is None or token != self._token:
            self._token, self._bench = None, None
            self._open.close()
            tidy()
            asked = question()
            check_version(asked.version)
            encoder = self._encoder.get(asked.encoder, lambda: asked.encoder.loaded(files))
            check_precision(asked.precision, encoder.device, watcher)
            made = workbench(
                replace(asked.plan, engine="here"), asked.dataset, encoder, Path(), watcher, asked.precision
            )
            self._bench = self._open.enter_context(made)
            self._bench.fingerprint = asked.encoder.fingerprint
            self._token = token
        self._bench.watcher = watcher
        return self._bench


def check_precision(precision: Precision, device: torch.device, watcher: Telling) -> None:
    """Say where another precision would be faster here. Raises `InputError` where this device cannot do it."""
    if precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        problem = say("its GPU cannot compute in bf16, in which the question was begun; leave this machine out")
        raise InputError(problem, where=platform.node())
    if fast_precision(device) != precision:
        watcher.say(
            say(
                "{node} computes in {precision}, as the others do; {device} is faster.",
                node=platform.node(),
                precision=precision,
                device=fast_precision(device),
            )
        )


def extracted(bench: Workbench, where: Where, node: str) -> States:
    """Have a split's states on this machine, which is called `node`."""
    features = states_of(bench, *where).features
    key = key_of(bench, where) if features.kind == "stored" else None
    return States(
        where, key, node, features.layers, features.width, features.bytes, features.seconds, features.note
    )  # fmt: skip


def key_of(bench: Workbench, where: Where) -> str:
    """Of the store of a split's states."""
    split, pair, form = where
    inputs = split_inputs(bench, split, pair)
    return store_key(fingerprint_of(bench), inputs, form, bench.precision, bench.cache_dtype)


def bring(bench: Workbench, states: Sequence[States], fetch: Callable[[States], Parcel | None]) -> None:
    """Have states that another machine computed in this one's stores, as far as there is room.

    Args:
        fetch: the files of their store; None where they are lost, so that whoever reads them computes them again.
    """
    folder, cap = bench.cache
    for one in states:
        if one.key is None or (folder / one.key).exists():
            continue
        with one_at_a_time(folder / one.key):
            if (folder / one.key).exists() or room_for(folder, one.bytes, cap, open_keys()) is not None:
                continue
            if (parcel := fetch(one)) is not None:
                with new_store(folder / one.key) as unfinished:
                    unpacked(parcel, unfinished)


def store_files(cache: Path, key: str) -> Parcel | None:
    """The files of a store; None where it has been thrown away."""
    return (packed(cache / key) or None) if (cache / key).is_dir() else None


def do_away(bench: Workbench, work: Work, race: Race | None, remote: Remote | None) -> Home:
    """Do a work in a folder of its own; the finals that will be judged read the test set here too.

    Args:
        race: in which it is a trial; what others have reached in it is heard by whoever made it.
        remote: where run folders are put; a run that is finished there is not made again. None sends them home.
    """
    with passing_folder(work.jobs[0].id) as folder:
        aside = replace(bench, folder=folder, records={}, reached=set())
        if remote is not None:
            for job in work.jobs:
                remote.pull_run(aside.folder, job.id)
        there = {job.id: _names(aside.run_folder(job)) for job in work.jobs}
        follow(aside, [_asked(work, race)])
        if work.need == "test":
            score_on_test(aside, work.jobs)
        folders: dict[str, Parcel] = {}
        for job in work.jobs:
            if work.need == "record" and not there[job.id]:
                discard(aside.run_folder(job) / WEIGHTS)  # which may be a whole encoder's, and nobody asked for
            if remote is None:
                folders[job.id] = packed(aside.run_folder(job))
            elif _names(aside.run_folder(job)) != there[job.id]:
                remote.put_run(aside.run_folder(job))
        return Home([record_of(aside, job) for job in work.jobs], folders)


def _asked(work: Work, race: Race | None) -> Flow[None]:
    yield Asked([work], race=race)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*")}


def put_away(bench: Workbench, work: Work, home: Home) -> None:
    """Have the folders of a work's runs here, each whole or not at all. Raises `InputError` where one cannot be."""
    for job in work.jobs:
        if job.id not in home.folders:
            fetched(bench.run_folder(job))
            continue
        with new_folder(bench.run_folder(job)) as folder:
            unpacked(home.folders[job.id], folder)


def remote_of(bench: Workbench) -> Remote | None:
    """The URL that the folder of a bench is the mirror of."""
    place = shown_place(bench.folder)
    return Remote(place) if is_remote(place) else None
