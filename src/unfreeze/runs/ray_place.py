"""Runs on Ray: https://docs.ray.io. All that knows of Ray is in this file.

A question is put into Ray's store once and fetched by each process that works on it, which keeps its bench. What
several runs read (layer states) is a task of its own, which they wait for; its result stays on that machine's disk, and
a machine that has not got it fetches it once, or computes it again where the other is gone.

A result is put away as soon as it is here and its handle is dropped: what lies on a machine that dies is computed
again. Ray repeats a task for a worker or machine that is lost, never for an error, which is a result like any other
here.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import Any, Literal, TypeVar

from unfreeze.language.message import say

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody

import ray
from ray.exceptions import GetTimeoutError, RayError, RaySystemError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from unfreeze.disk.remote import Remote
from unfreeze.encoders.precision import Precision, fast_precision, pick_device
from unfreeze.encoders.protocol import Encoder, Ints, LayerStates
from unfreeze.errors import InputError
from unfreeze.features.cache import cache_folder
from unfreeze.features.extract import Features
from unfreeze.layers.threads import compute_with
from unfreeze.methods.inputs import pair_reading
from unfreeze.methods.split_features import SplitFeatures
from unfreeze.plan import Plan
from unfreeze.records.comparison import RunRecord
from unfreeze.runs import away
from unfreeze.runs.away import Home, Question, States, Telling, Trouble, trouble
from unfreeze.runs.bench import FITTED, Where, Workbench, computed_states, fingerprint_of, forms_of, split_inputs
from unfreeze.runs.board import Board, Event
from unfreeze.runs.engine import needed_bytes
from unfreeze.runs.jobs import Work
from unfreeze.runs.parcels import Parcel
from unfreeze.runs.racing import Race
from unfreeze.runs.sending import encoder_of, packed_encoder, tidy

Answer = TypeVar("Answer")
Item = TypeVar("Item")

RETRIES = 3  # of a work whose worker or machine is lost
WAIT_FOR = 10.0  # seconds for an address to answer
WAIT = 0.3  # seconds between looks at what workers tell
AHEAD = 2  # items of `mapped` for each task that there is room for, at work or waiting
MOST_MEMORY = 0.8  # of a machine's, that one work may reserve
UNREAD = "cannot begin on a machine: {}; install the same packages on all machines"
LOST = "its worker was lost {} times; if memory is short, give each run more with --cpus-per-run"


# What runs in workers.

_benches = away.Benches()


def _worker(cpus: int) -> None:
    """Ray sets the number of threads in the environment, which torch reads once; workers are used again with others."""
    compute_with(cpus)


def _opened(sent: _Sent, cpus: int, send: Callable[[Event], None]) -> Workbench:
    _worker(cpus)
    return _benches.bench(
        sent.token, lambda: ray.get(sent.question[0]), lambda: ray.get(sent.files[0]), Telling(send, time.monotonic)
    )


def _do(
    sent: _Sent, work: Work, race: Race | None, remote: Remote | None, cpus: int, *states: States | Trouble
) -> Home | Trouble:
    try:
        if race is not None:
            race = replace(race, reached=_Heard(sent.board, race.reached))
        bench = _opened(sent, cpus, sent.tell(work.name))
        away.bring(bench, [one for one in states if isinstance(one, States)], _fetched)
        return away.do_away(bench, work, race, remote)
    except Exception as error:
        return trouble(error)


def _extract(sent: _Sent, name: str, cpus: int, where: Where) -> States | Trouble:
    try:
        return away.extracted(_opened(sent, cpus, sent.tell(name)), where, ray.get_runtime_context().get_node_id())
    except Exception as error:
        return trouble(error)


def _ask(sent: _Sent, name: str, cpus: int, ask: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        return _Said(ask(_opened(sent, cpus, sent.tell(name)), *args))
    except Exception as error:
        return trouble(error)


def _map(work: Callable[[Any], Any], item: Any, cpus: int) -> Any:
    _worker(cpus)
    try:
        return _Said(work(item))
    except Exception as error:
        return trouble(error)


def _precision(device: str) -> Precision:
    return fast_precision(pick_device(device))


def _store_files(key: str) -> Parcel | None:
    return away.store_files(cache_folder(), key)


def _fetched(states: States) -> Parcel | None:
    """The files of a store on another machine; None where that is gone."""
    there = NodeAffinitySchedulingStrategy(states.node, soft=False)
    with suppress(RayError):
        files: Parcel | None = ray.get(
            _task(_store_files).options(num_cpus=0, scheduling_strategy=there).remote(states.key)
        )
        return files
    return None


class _Heard(dict[str, float]):
    """What trials of a race have reached at their rungs, wherever they run: whoever adds to it hears of the others."""

    def __init__(self, board: Any, known: Mapping[str, float]) -> None:
        super().__init__(known)
        self._board = board

    def __setitem__(self, trial: str, score: float) -> None:
        super().__setitem__(trial, score)
        with suppress(RayError):  # not to know of others costs time and no score
            self.update(ray.get(self._board.reached.remote(trial, score), timeout=WAIT_FOR))


class _Said:
    """What a function gave back, whatever that is: not an error."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer


class _Sent:
    """A question in Ray's store. The references are in lists, so that nobody fetches what he has already."""

    def __init__(self, token: str, question: Any, files: Any, board: Any) -> None:
        self.token, self.question, self.files, self.board = token, [question], [files], board

    def tell(self, name: str) -> Callable[[Event], None]:
        """How a task of that name tells what happens; a board that is gone stops nobody."""

        def send(event: Event) -> None:
            with suppress(RayError):
                self.board.tell.remote(name, event)

        return send


# What runs in this process.


@cache
def _task(function: Callable[..., Any]) -> Any:
    return ray.remote(max_retries=RETRIES, retry_exceptions=False)(function)


def connect(engine: str) -> None:
    """Join the Ray of an address, or start one on this machine; in a process that has joined one, that one stays.

    Raises:
        InputError: nothing answers there, or it is of another version.
    """
    if ray.is_initialized():
        return
    address = "local" if engine == "ray" else engine
    _knock(engine)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == "local":
            ray.init("local", include_dashboard=False, **quiet)
        else:
            ray.init(address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, ImportError, OSError, TimeoutError) as error:
        line = " ".join(str(error).split())
        raise InputError(say("no Ray can be joined: {line}", line=line), where=f"--engine {engine}") from None


def _knock(engine: str) -> None:
    """Raise `InputError` where nobody listens at an address, for which Ray would wait for minutes."""
    host, _, port = engine.removeprefix("ray://").rpartition(":")
    if host:
        try:
            socket.create_connection((host, int(port)), timeout=WAIT_FOR).close()
        except OSError as error:
            raise InputError(say("no Ray can be joined: {error}", error=error), where=f"--engine {engine}") from None


class RayPlace:
    """The machines of a Ray, for a plan's questions. See `runs.place.Place`."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.cpus = plan, plan.cpus_per_run
        connect(plan.engine)
        tidy()
        check_room(plan)
        self.joined = _joined()
        if plan.device not in self.joined.asked:  # by which a worker starts while others load the encoder
            self.joined.asked[plan.device] = self.task(_precision).remote(plan.device)
        self._sent: dict[tuple[int, str], tuple[Any, _Sent]] = {}
        self._states: dict[tuple[str, Where], Any] = {}

    @contextmanager
    def engine(self, bench: Workbench) -> Iterator[RayEngine]:
        """See `Place.engine`."""
        made = RayEngine(self, bench)
        try:
            yield made
        finally:
            made.stop()

    def precision(self) -> Precision:
        """See `Place.precision`."""
        precision: Precision = _answer(_got(self.joined.asked[self.plan.device], "a first task"), "a first task")
        return precision

    def states(self, bench: Workbench, where: Where) -> SplitFeatures:
        """See `Place.states`."""
        name = _name_of(where)
        states: States = self._waited(bench, self.begin_states(bench, where), name)
        inputs, examples = split_inputs(bench, *where[:2]), bench.dataset.split(where[0])
        return SplitFeatures(_AwayStates(bench, states), inputs, bench.objective.encode(examples), tuple(examples))

    def begin_states(self, bench: Workbench, where: Where) -> Any:
        """The task that computes a split's states, begun where it has not been."""
        sent = self.sent(bench)
        key, name = (sent.token, where), _name_of(where)
        if key not in self._states:
            self._states[key] = self.task(_extract, name=name).remote(sent, name, self.cpus, where)
        return self._states[key]

    def asked(self, bench: Workbench, ask: Callable[..., Answer], each: Iterable[Sequence[Any]]) -> Iterator[Answer]:
        """See `Place.asked`."""
        name = ask.__name__.strip("_").replace("_", " ")
        sent = self.sent(bench)
        tasks = deque(self.task(_ask, name=name).remote(sent, name, self.cpus, ask, tuple(args)) for args in each)
        try:
            while tasks:
                yield self._waited(bench, tasks[0], name)
                tasks.popleft()
        finally:
            _cancel(tasks)

    def _waited(self, bench: Workbench, task: Any, name: str) -> Any:
        """What a task gives, once it is there; meanwhile the watcher hears how far it is."""
        watch = _Watch(bench, self.joined.board)
        while not _ready([task]):
            watch.look()
        watch.look()
        return _answer(_got(task, name), name)

    def mapped(self, work: Callable[[Item], Answer], items: Iterable[tuple[int, Item]]) -> Iterator[tuple[int, Answer]]:
        """See `Place.mapped`. The work is sent to each machine once; its processes get it again with each item."""
        shared = ray.put(work)
        running: dict[Any, int] = {}
        try:
            for number, item in items:
                while len(running) >= AHEAD * self._at_a_time():
                    yield from _taken(running)
                running[self.task(_map).remote(shared, item, self.cpus)] = number
            while running:
                yield from _taken(running)
        finally:
            _cancel(running)

    def _at_a_time(self) -> int:
        """How many tasks can be at work now."""
        return max(1, int(ray.cluster_resources().get("CPU", 1)) // self.cpus)

    def task(self, function: Callable[..., Any], **options: Any) -> Any:
        """A function as a task with the processors and GPUs of a run."""
        return _task(function).options(num_cpus=self.cpus, num_gpus=self.plan.gpus_per_run, **options)

    def sent(self, bench: Workbench) -> _Sent:
        """The bench's question in Ray's store, put there at the first asking."""
        fingerprint = fingerprint_of(bench)
        key = id(bench.dataset), fingerprint
        if key not in self._sent:
            encoder = encoder_of(self.plan, fingerprint)
            question = Question(self.plan, bench.dataset, encoder, bench.precision)
            files = None if encoder.packaged else self.joined.files(bench.encoder, fingerprint)
            sent = _Sent(uuid.uuid4().hex, ray.put(question), files, self.joined.board)
            self._sent[key] = bench.dataset, sent  # which keeps its id from being used again
        return self._sent[key][1]


class _Joined:
    """What is in a Ray's store for all places: a board, on this process's own machine, and files of encoders.

    Attributes:
        asked: device to the task that finds its precision.
    """

    def __init__(self, job: str) -> None:
        self.job = job
        self.asked: dict[str, Any] = {}
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        self.board = ray.remote(num_cpus=0)(Board).options(scheduling_strategy=here).remote()
        self._files: dict[str, Any] = {}

    def files(self, encoder: Encoder, fingerprint: str) -> Any:
        """The encoder's files, as it saves itself."""
        if fingerprint not in self._files:
            self._files[fingerprint] = ray.put(packed_encoder(encoder))
        return self._files[fingerprint]


_last: list[_Joined] = []


def _joined() -> _Joined:
    """That of the Ray that this process has joined now."""
    job = ray.get_runtime_context().get_job_id()
    if not _last or _last[0].job != job:
        _last[:] = [_Joined(job)]
    return _last[0]


def _name_of(where: Where) -> str:
    return say("layer states of {where} ({where2})", where=where[0], where2=where[2])


def check_room(plan: Plan) -> None:
    """Raise `InputError` where no machine has what a run asks for, which Ray would wait for without an end."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    wanted = {"CPU": plan.cpus_per_run, "GPU": plan.gpus_per_run}
    if not any(all(node.get(name, 0) >= count for name, count in wanted.items()) for node in nodes):
        most = {name: max((node.get(name, 0) for node in nodes), default=0) for name in wanted}
        problem = say(
            "no machine has {wanted} processors and {wanted2:g} GPUs for a run; the most are {most:g} and {most2:g}",
            wanted=wanted["CPU"],
            wanted2=wanted["GPU"],
            most=most["CPU"],
            most2=most["GPU"],
        )
        raise InputError(problem, where="--cpus-per-run")


class RayEngine:
    """Works as tasks of Ray. See `runs.engine.Engine`."""

    def __init__(self, place: RayPlace, bench: Workbench) -> None:
        self._place, self._bench, self._watch = place, bench, _Watch(bench, place.joined.board)
        self._running: dict[Any, Work] = {}
        self._failed: list[Exception] = []

    def begin(self, work: Work, race: Race | None = None) -> None:
        """See `Engine.begin`."""
        bench, place = self._bench, self._place
        pair = pair_reading(work.recipe, bench.dataset.task)
        states = [
            place.begin_states(bench, (split, pair, form)) for form in forms_of(bench, work.recipe) for split in FITTED
        ]
        task = place.task(_do, memory=self._memory(work), name=work.name)
        remote = away.remote_of(bench)
        self._running[task.remote(place.sent(bench), work, race, remote, place.cpus, *states)] = work

    def next(self) -> tuple[Work, list[RunRecord]]:
        """See `Engine.next`. An error of one work is raised once the others are done, which it does not concern."""
        while self._running:
            for task in _ready(list(self._running)):
                work = self._running.pop(task)
                self._watch.look()
                try:
                    home: Home = _answer(_got(task, work.name), work.name)
                except (InputError, away.AwayError) as error:
                    self._failed.append(error)
                    self._watch.end(work.name)
                    continue
                away.put_away(self._bench, work, home)
                self._bench.reached.update(job.id for job in work.jobs)
                return work, home.records
            self._watch.look()
        raise self._failed[0]

    def drop(self, work: Work) -> None:
        """See `Engine.drop`."""
        dropped = [task for task, running in self._running.items() if running == work]
        for task in dropped:
            del self._running[task]
        _cancel(dropped)
        self._watch.end(work.name, say("  it was stopped, since it cannot be chosen any more"))

    def stop(self) -> None:
        """Let what is at work end."""
        _cancel(self._running)
        self._running.clear()

    def _memory(self, work: Work) -> int:
        most = max(node["Resources"].get("memory", 0) for node in ray.nodes() if node["Alive"])
        return int(min(needed_bytes(self._bench, work), MOST_MEMORY * most))


def _cancel(tasks: Iterable[Any]) -> None:
    for task in tasks:
        with suppress(RayError):
            ray.cancel(task)


class _AwayStates:
    """States that lie on another machine, see `features.extract.Features`; who reads them here fetches them first."""

    reused = False

    def __init__(self, bench: Workbench, states: States) -> None:
        self._bench, self._states = bench, states
        self._here: Features | None = None
        self.kind: Literal["stored", "recomputed"] = "recomputed" if states.key is None else "stored"
        self.layers, self.width, self.form = states.layers, states.width, states.where[2]
        self.bytes, self.seconds, self.note = states.bytes, states.seconds, states.note

    def read(self, inputs: Sequence[int] | Ints, layers: range | None = None) -> LayerStates:
        """See `Features.read`."""
        if self._here is None:
            away.bring(self._bench, [self._states], _fetched)
            where = self._states.where
            self._here = computed_states(self._bench, *where).features
        return self._here.read(inputs, layers)


class _Watch:
    """Passes on to a bench's watcher what workers tell: what runs, and where."""

    def __init__(self, bench: Workbench, board: Any) -> None:
        self._bench, self._board = bench, board
        self._begun: dict[tuple[str, str], str] = {}

    def look(self) -> None:
        """At what was told since the last time."""
        with suppress(RayError, GetTimeoutError):
            for task, event in ray.get(self._board.take.remote(), timeout=WAIT):
                self._pass_on(task, event)

    def end(self, task: str, why: str | None = None) -> None:
        """A task has ended in another way than well."""
        for key in [key for key in self._begun if key[0] == task]:
            self._bench.watcher.end(self._begun.pop(key), None)
            if why is not None:
                self._bench.watcher.say(why)

    def _pass_on(self, task: str, event: Event) -> None:
        watcher, key = self._bench.watcher, (task, event.of or event.what)
        if event.kind == "begin":
            if key in self._begun:
                watcher.say(say("  {begun}: lost; it is begun again", begun=self._begun[key]))
                watcher.end(self._begun[key], None)
            self._begun[key] = f"{event.what}, on {event.host}"
            watcher.begin(self._begun[key], self._bench.left)
        elif event.kind == "step" and key in self._begun:
            watcher.step(self._begun[key], event.done, event.total, event.score)
        elif event.kind == "end" and key in self._begun:
            name = self._begun[key] if event.of is None else f"{event.what}, on {event.host}"
            watcher.end(name, event.score, self._begun[key])
        elif event.kind == "say":
            watcher.say(event.what)


def _ready(tasks: list[Any], here: bool = True) -> list[Any]:
    """One of those that are done, if any is within a moment; its result is on this machine, if that is asked for."""
    done: list[Any] = ray.wait(tasks, num_returns=1, timeout=WAIT, fetch_local=here)[0]
    return done


def _taken(running: dict[Any, int]) -> Iterator[tuple[int, Any]]:
    """The number and answer of a task that is done, if any is. Answers stay where they are made until then."""
    for task in _ready(list(running), here=False):
        number = running.pop(task)
        yield number, _answer(_got(task, f"part {number + 1}"), f"part {number + 1}")


def _got(task: Any, name: str) -> Any:
    try:
        return ray.get(task)
    except RayError as error:
        if isinstance(error, RayTaskError) and (
            isinstance(error.cause, RaySystemError) or not isinstance(error.cause, RayError)
        ):  # our functions catch all that happens inside of them, so what was sent cannot be read there
            return Trouble(UNREAD.format(_last_line(error)), name, None, "")
        return Trouble(f"{LOST.format(RETRIES + 1)} ({_first_line(error)})", name, None, "")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1][:200]


def _answer(result: Any, name: str) -> Any:
    if isinstance(result, Trouble):
        raise result.error(name)
    return result.answer if isinstance(result, _Said) else result
