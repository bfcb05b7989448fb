"""Works side by side: as many at a time as there are threads and memory, each with the numbers that it has alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event, Lock, get_ident
from typing import Any

import pytest
import torch
from families import make_encoder
from made_runs import BCN, FROZEN, LORA, STAGES, TUNED, jobs_of, outcome, wanted

from unfreeze.data.examples import Dataset, Example, LabelSpace
from unfreeze.encoders.freezing import frozen
from unfreeze.methods import trainer as trainers
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.trained import Trained
from unfreeze.methods.trainer import Given
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.recipe import Recipe
from unfreeze.runs import engine, training
from unfreeze.runs.bench import Workbench, finished
from unfreeze.runs.jobs import Work, job
from unfreeze.runs.runner import Asked, Flow, follow
from unfreeze.tasks.kinds import task
from unfreeze.training.objectives import objective_for

MakeBench = Callable[..., Workbench]
TEXTS: tuple[Recipe, ...] = (FROZEN, BCN, TUNED, LORA, STAGES)
TAGS: tuple[Recipe, ...] = (
    FrozenRecipe("bilstm-crf", "lstm", learning_rate=1e-2, epochs=2, batch_size=4, hidden=6, dropout=0.3),
    TunedRecipe("crf", "tuned", learning_rate=1e-3, epochs=2, batch_size=5),
    replace(LORA, head="bilstm-crf", hidden=4),
)


@pytest.fixture
def with_threads() -> Any:
    """Sets torch's threads, until the test ends."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def tagging(made: Workbench, folder: Path) -> Workbench:
    """The bench for tagged sentences of the same words."""
    tags = LabelSpace(("O", "B-X", "I-X"), "BIO")

    def tagged(split: Sequence[Example]) -> tuple[Example, ...]:
        rows = []
        for number, one in enumerate(split):
            words = tuple(one.text.split())
            marks = tuple("B-X" if (number + i) % 3 == 0 else "O" for i in range(len(words)))
            rows.append(Example(one.where, one.text, None, words, marks))
        return tuple(rows)

    splits = (tagged(made.dataset.split(split)) for split in ("train", "dev", "test"))
    dataset = Dataset("x", task("tagging"), tags, *splits)
    return replace(made, folder=folder, dataset=dataset, objective=objective_for(dataset.task, tags, dataset.train))


@pytest.mark.parametrize("kind", ["classification", "tagging"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_runs_side_by_side_are_bit_for_bit_those_that_were_made_alone(
    kind: str, precision: Any, bench: MakeBench, tmp_path: Path, with_threads: Any
) -> None:
    """One at a time in one thread; one at a time where all threads help it; two at a time; four at a time."""
    recipes, outcomes = TEXTS if kind == "classification" else TAGS, []
    for number, (threads, together) in enumerate([(1, False), (4, False), (2, True), (4, True)]):
        with_threads(threads)
        one = replace(bench(), folder=tmp_path / str(number), precision=precision)
        one = one if kind == "classification" else tagging(one, one.folder)
        jobs = jobs_of(recipes)
        parts = [jobs] if together else [[run] for run in jobs]
        with frozen(one.encoder):
            every = [follow(one, [wanted([Work((run,)) for run in part])])[0] for part in parts]
        records = [record for part in every for record in part]
        outcomes.append([outcome(one, run, record) for run, record in zip(jobs, records, strict=True)])
    for other in outcomes[1:]:
        for run, got, expected in zip(jobs, other, outcomes[0], strict=True):
            assert got == expected, run.id


class Stub:
    """Stands in for a trainer: says when it is at work, and waits for others where a test asks for it.

    Args:
        real: makes what is handed on.
        meet: how many have to be at work at the same time for any to go on.
    """

    def __init__(self, real: Any, meet: int = 1, fails: int | None = None) -> None:
        self.real, self.fails, self.barrier, self.lock = real, fails, Barrier(meet), Lock()
        self.at_work, self.most, self.steps = 0, 0, 0
        self.in_threads: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def train(self, recipe: Recipe, given: Given, seeds: Sequence[int]) -> list[Trained]:
        with self.lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
            self.in_threads.add(get_ident())
        self.barrier.wait(60)
        if seeds[0] == self.fails:
            raise MemoryError("too much")
        if self.fails is not None:
            for step in range(1, 2000):
                time.sleep(0.005)
                self.steps = max(self.steps, step)
                given.progress(step, 2000, None)
        done: list[Trained] = self.real.train(recipe, given, seeds)
        with self.lock:
            self.at_work -= 1
        return done


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stub]:
    """`stub(...)`: stands in for the trainer of fine-tuning."""

    def make(**settings: Any) -> Stub:
        made = Stub(trainers.trainer_of(TUNED), **settings)
        for module in ("engine", "training", "bench", "runner"):
            monkeypatch.setattr(f"unfreeze.runs.{module}.trainer_of", lambda recipe: made)
        return made

    return make


@pytest.mark.parametrize(("threads", "runs"), [(2, 2), (4, 4), (3, 5)])
def test_all_threads_are_put_to_use_and_no_more(
    threads: int, runs: int, stub: Callable[..., Stub], bench: MakeBench, with_threads: Any
) -> None:
    """Fine-tuning goes in two halves; with four threads four runs are at work at the same time."""
    with_threads(threads)
    trainer, one = stub(meet=threads if runs == threads else 1), bench()
    with frozen(one.encoder):
        (records,) = follow(one, [wanted([Work((run,)) for run in jobs_of([TUNED], range(runs))])])
    assert [record.seed for record in records] == list(range(runs)), "in their order"
    assert trainer.most <= threads
    assert get_ident() not in trainer.in_threads
    assert torch.get_num_threads() == threads
    if runs == threads:
        assert trainer.most == threads


@pytest.mark.parametrize("recipes", [(TUNED, LORA), (BCN, FROZEN), (TUNED, BCN)])
def test_runs_take_their_steps_at_the_same_time(
    recipes: tuple[Recipe, ...], bench: MakeBench, with_threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the other in its first step: what is drawn for a run is drawn by then."""
    with_threads(2)
    one, met = bench(), Barrier(2)
    plain = training.trainer_of

    def meeting(recipe: Recipe) -> Any:
        made = Stub(plain(recipe))

        def train(recipe: Recipe, given: Given, seeds: Sequence[int]) -> Any:
            def first_step(step: int, total: int, best: float | None) -> None:
                if step == 1:
                    met.wait(60)

            return made.real.train(recipe, replace(given, progress=first_step), seeds)

        made.train = train  # type: ignore[method-assign]
        return made

    monkeypatch.setattr(training, "trainer_of", meeting)
    with frozen(one.encoder):
        follow(one, [wanted([Work((job("q", recipe, 0),)) for recipe in recipes])])


def test_with_one_thread_all_is_done_by_the_one_who_asks(
    stub: Callable[..., Stub], bench: MakeBench, with_threads: Any
) -> None:
    with_threads(1)
    trainer, one = stub(), bench()
    with frozen(one.encoder):
        follow(one, [wanted([Work((run,)) for run in jobs_of([TUNED], range(3))])])
    assert (trainer.most, trainer.in_threads) == (1, {get_ident()})


@pytest.mark.parametrize(("free", "most"), [(10.0, 4), (2.5, 2), (1.5, 1), (0.1, 1)])
def test_no_more_are_at_work_than_there_is_memory_for(
    free: float, most: int, stub: Callable[..., Stub], bench: MakeBench, with_threads: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Room for that many runs. One alone is tried, whatever there is."""
    with_threads(4)
    trainer, one = stub(meet=most), bench()
    needed = engine.needed_bytes(one, Work((job("q", TUNED, 0),)))
    monkeypatch.setattr(engine, "free_bytes", lambda: free * needed / engine.FILLED)
    with frozen(one.encoder):
        follow(one, [wanted([Work((run,)) for run in jobs_of([TUNED], range(4))])])
    assert trainer.most == most


def test_a_run_that_reads_states_from_the_encoder_goes_alone(bench: MakeBench, with_threads: Any) -> None:
    """Without a store each reading runs the same encoder that fine-tuning copies when it begins."""
    with_threads(4)
    one = bench()
    one.cache = (one.cache[0], 0)
    seen: list[tuple[str, str]] = []
    one.watcher.begin = lambda what, left: seen.append(("begin", what))  # type: ignore[method-assign]
    one.watcher.end = lambda what, score, of=None: seen.append(("end", what))  # type: ignore[method-assign]
    jobs = [job("q", recipe, 0) for recipe in (TUNED, BCN, replace(TUNED, name="other"))]
    with frozen(one.encoder):
        follow(one, [wanted([Work((run,)) for run in jobs])])
    runs = [(event, what) for event, what in seen if "layer states" not in what]
    at = runs.index(("begin", "feature-extraction bcn, seed 0"))
    assert runs[at + 1] == ("end", "feature-extraction bcn, seed 0")
    assert sum(1 if event == "begin" else -1 for event, _ in runs[:at]) == 0


def test_when_one_fails_the_others_stop_and_what_was_finished_stays(
    stub: Callable[..., Stub], bench: MakeBench, with_threads: Any
) -> None:
    with_threads(2)
    one = bench()
    done, *jobs = jobs_of([TUNED], range(4))
    with frozen(one.encoder):
        follow(one, [wanted([Work((done,))])])
        trainer = stub(meet=2, fails=2)
        with pytest.raises(MemoryError, match="too much"):
            follow(one, [wanted([Work((run,)) for run in (done, *jobs)])])
    assert trainer.steps < 1000
    assert torch.get_num_threads() == 2
    assert [finished(one, run, "record") for run in (done, *jobs)] == [True, False, False, False]
    assert not list(one.folder.rglob(".*")), "nothing half-written"


def test_an_interruption_stops_all(
    stub: Callable[..., Stub], bench: MakeBench, with_threads: Any, monkeypatch: Any
) -> None:
    """Ctrl-C reaches the thread that waits."""
    with_threads(2)
    one, trainer = bench(), stub(meet=2, fails=99)
    plain = engine.wait

    def interrupted(*given: Any, **settings: Any) -> Any:
        if trainer.at_work == 2:
            raise KeyboardInterrupt
        return plain(*given, **{**settings, "timeout": 0.01})

    monkeypatch.setattr(engine, "wait", interrupted)
    with frozen(one.encoder), pytest.raises(KeyboardInterrupt):
        follow(one, [wanted([Work((run,)) for run in jobs_of([TUNED])])])
    assert trainer.steps < 1000


def test_a_flow_goes_on_as_soon_as_its_own_runs_are_there(
    stub: Callable[..., Stub], bench: MakeBench, with_threads: Any
) -> None:
    """Its second run begins while that of another is at work, which waits for it."""
    with_threads(2)
    met, one = Barrier(2), bench()
    trainer = stub()
    plain = trainer.real.train

    def train(recipe: Recipe, given: Given, seeds: Sequence[int]) -> Any:
        if seeds[0] in (1, 9):
            met.wait(60)
        return plain(recipe, given, seeds)

    trainer.train = train  # type: ignore[method-assign]

    def chain() -> Flow[list[int]]:
        first = yield Asked([Work((job("q", TUNED, 0),))])
        second = yield Asked([Work((job("q", TUNED, 1),))])
        return [first[0][0].seed, second[0][0].seed]

    with frozen(one.encoder):
        chained, alone = follow(one, [chain(), wanted([Work((job("q", TUNED, 9),))])])
    assert (chained, [record.seed for record in alone]) == ([0, 1], [9])


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_not_wanted_any_more_ends_or_never_begins(
    threads: int, stub: Callable[..., Stub], bench: MakeBench, with_threads: Any
) -> None:
    """The second run is at work and the third waits when the first has ended, after which one more is asked for."""
    with_threads(threads)
    trainer, one, second_began = stub(), bench(), Event()
    plain, begun = trainer.real.train, []

    def train(recipe: Recipe, given: Given, seeds: Sequence[int]) -> Any:
        begun.append(seeds[0])
        if seeds[0] == 1:
            second_began.set()
            for step in range(1, 10**6):
                time.sleep(0.005)
                given.progress(step, 10**6, None)
        elif seeds[0] == 0 and threads > 1:
            assert second_began.wait(60)
        return plain(recipe, given, seeds)

    trainer.train = train  # type: ignore[method-assign]
    jobs = jobs_of([TUNED], range(4))

    def flow() -> Flow[list[int]]:
        first = yield Asked([Work((run,)) for run in jobs[:3]], lambda done: 3 if done[0] is None else 1)
        last = yield Asked([Work((jobs[3],))])
        return [record.seed for records in (*first, *last) for record in records]

    one.planned = 2
    with frozen(one.encoder):
        (seeds,) = follow(one, [flow()])
    assert seeds == [0, 3]
    assert begun == ([0, 1, 3] if threads > 1 else [0, 3])
    assert [finished(one, run, "record") for run in jobs] == [True, False, False, True]
    assert one.left == 0
    ended = [what for what, _ in one.watcher.ended]  # type: ignore[attr-defined]
    assert len(ended) == len(one.watcher.begun), "every line on the screen goes away"  # type: ignore[attr-defined]


def test_seconds_of_runs_side_by_side_add_up_to_the_time_that_all_took(bench: MakeBench, with_threads: Any) -> None:
    with_threads(2)
    one = bench()
    jobs = jobs_of([replace(TUNED, epochs=6)], range(4))
    with frozen(one.encoder):
        began = time.perf_counter()
        (records,) = follow(one, [wanted([Work((run,)) for run in jobs])])
        took = time.perf_counter() - began
    assert 0 < sum(record.train_s for record in records) <= took


def test_encoders_that_draw_from_the_shared_state_train_the_same_beside_others(
    bench: MakeBench, tmp_path: Path, with_threads: Any
) -> None:
    """One that cannot run packed has dropout of its own: nobody else may draw while it trains."""
    outcomes = []
    for threads in (1, 4):
        with_threads(threads)
        one = replace(bench(), folder=tmp_path / str(threads))
        one.encoder = one.reader = make_encoder("xlm", limit=24)
        jobs = jobs_of([TUNED, FROZEN, BCN])
        assert one.encoder.way() != "packed"
        with frozen(one.encoder):
            (records,) = follow(one, [wanted([Work((run,)) for run in jobs])])
        outcomes.append([outcome(one, run, record) for run, record in zip(jobs, records, strict=True)])
    assert outcomes[0] == outcomes[1]
