"""Runs on two machines of Ray that share no folder: the same numbers, and nothing finished is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_runs import BCN, FROZEN, LORA, STAGES, TUNED, jobs_of, outcome, wanted
from ray_cluster import Machines, machines

from unfreeze.encoders.freezing import frozen
from unfreeze.errors import InputError
from unfreeze.plan import TRIAL_SEED, Plan
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import RunRecord, read_test
from unfreeze.runs.bench import Workbench, finished
from unfreeze.runs.jobs import Job, Work
from unfreeze.runs.racing import Race
from unfreeze.runs.runner import Asked, Flow, follow
from unfreeze.runs.trials import score_on_test

MakeBench = Callable[..., Workbench]
RECIPES: tuple[Recipe, ...] = (FROZEN, BCN, TUNED, LORA, STAGES)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("machines")) as made:
        yield made


@pytest.fixture
def away(cluster: Machines, bench: MakeBench, tmp_path: Path) -> Callable[..., Workbench]:
    """Makes a bench whose runs are made on the cluster, and whose encoder is one of no package."""
    from unfreeze.runs.ray_place import RayPlace

    def make(**settings: Any) -> Workbench:
        place = RayPlace(Plan(encoder="an encoder of mine", max_length=24, engine="auto", **settings))
        return replace(bench(), folder=tmp_path / "away", place=place)

    return make


def followed(one: Workbench, jobs: Sequence[Job], need: Any = "record") -> list[RunRecord]:
    with frozen(one.encoder):
        (records,) = follow(one, [wanted([Work((job,), need) for job in jobs])])
    return records


def test_the_numbers_are_those_of_one_process_bit_for_bit(
    away: Callable[..., Workbench], bench: MakeBench, tmp_path: Path, cluster: Machines
) -> None:
    jobs = jobs_of(RECIPES)
    here, there = replace(bench(), folder=tmp_path / "here"), away()
    expected, got = followed(here, jobs), followed(there, jobs, "weights")
    for job, one, other in zip(jobs, expected, got, strict=True):
        assert outcome(there, job, other) == outcome(here, job, one), job.id
    assert not list(there.folder.glob("runs/.*"))
    stores = [{p.name for p in cluster.cache(n).iterdir() if not p.name.startswith(".")} for n in (0, 1)]
    assert all(stores), "each machine has what its runs read on its own disk"
    for n in (0, 1):
        assert cluster.cache(n).joinpath("encoders", there.fingerprint or "").is_dir()
        assert not list(cluster.cache(n).glob("passing/*"))
        assert not list(cluster.passing(n).glob("unfreeze*"))


def test_finals_read_the_test_set_where_they_are_made(away: Callable[..., Workbench]) -> None:
    there, jobs = away(), jobs_of([TUNED])
    followed(there, jobs, "test")
    for job in jobs:
        test = read_test(there.run_folder(job))
        assert test is not None
        assert len(test.predictions) == len(there.dataset.test)


def test_finals_of_data_without_a_test_set_come_home_with_their_weights_and_are_not_made_again(
    away: Callable[..., Workbench], bench: MakeBench, tmp_path: Path
) -> None:
    """As `fit` of scikit-learn's estimators asks for them."""
    jobs = jobs_of([TUNED, FROZEN])
    untested = replace(away(), dataset=replace(bench().dataset, test=()))
    got = followed(untested, jobs, "test")
    here = replace(bench(), folder=tmp_path / "here", dataset=untested.dataset)
    for job, one, other in zip(jobs, followed(here, jobs), got, strict=True):
        assert outcome(untested, job, other) == outcome(here, job, one)
        assert not (untested.run_folder(job) / "test.json").exists()
    score_on_test(untested, jobs)
    assert not list(untested.folder.glob("runs/*/test.json"))
    assert all(finished(untested, job, "test") for job in jobs)


def test_weights_that_nobody_asks_for_stay_away(away: Callable[..., Workbench]) -> None:
    there, jobs = away(), jobs_of([TUNED, FROZEN], [0])
    followed(there, jobs)
    assert {path.name for job in jobs for path in there.run_folder(job).iterdir()} == {"record.json"}


def test_an_error_of_a_run_comes_home_and_leaves_the_others_alone(away: Callable[..., Workbench]) -> None:
    from unfreeze.runs.away import AwayError

    there, broken = away(), replace(TUNED, batch_size=0, name="broken")
    jobs = jobs_of([broken, TUNED, FROZEN])
    with pytest.raises(AwayError, match=r"fine-tuning broken, seed \d, on (.|\n)*Traceback(.|\n)*in train"):
        followed(there, jobs)
    assert {folder.name for folder in there.folder.glob("runs/*")} == {job.id for job in jobs[2:]}


def test_an_error_is_never_tried_again(away: Callable[..., Workbench], tmp_path: Path) -> None:
    from ray import cloudpickle

    tries = tmp_path / "tries"

    def fail(bench: Workbench, number: int) -> None:
        with tries.open("a") as file:
            file.write("x")
        raise InputError(f"{number} is too many", where="numbers")

    cloudpickle.register_pickle_by_value(__import__(__name__))
    there = away()
    assert there.place is not None
    with pytest.raises(InputError, match="numbers: 3 is too many"):
        list(there.place.asked(there, fail, [[3]]))
    assert tries.read_text() == "x"


def test_answers_of_a_map_come_with_their_items_numbers(away: Callable[..., Workbench]) -> None:
    import math

    place = away().place
    assert place is not None
    said = dict(place.mapped(math.factorial, ((n + 7, n) for n in range(40))))
    assert said == {n + 7: math.factorial(n) for n in range(40)}
    with pytest.raises(Exception, match=r"part 2, on (.|\n)*factorial"):
        list(place.mapped(math.factorial, enumerate([3, -1, 4])))


def test_a_map_takes_items_as_there_is_room_and_gives_answers_as_they_come(
    away: Callable[..., Workbench], tmp_path: Path
) -> None:
    """The first item is at work until the second one's answer is here; by then few of the others are taken."""
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(__import__(__name__))
    place, taken = away().place, list[int]()

    def items() -> Iterator[tuple[int, Path | None]]:
        for number in range(50):
            taken.append(number)
            yield number, None if number else tmp_path / "go"

    assert place is not None
    answers = place.mapped(_wait_for, items())
    first = next(answers)
    assert first[0] > 0
    assert len(taken) < 20
    (tmp_path / "go").touch()
    assert sorted([first, *answers]) == [(number, number > 0) for number in range(50)]


class _Unreadable:
    """Something that is made by a package which other machines have not got."""

    def __reduce__(self) -> Any:
        return _import, ("a_package_of_mine",)

    def __call__(self, number: int) -> int:
        return number


def _import(name: str) -> Any:
    return __import__(name)


def test_what_a_machine_cannot_read_is_one_line_that_says_what_to_do(away: Callable[..., Workbench]) -> None:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(__import__(__name__))
    place = away().place
    assert place is not None
    with pytest.raises(InputError, match=r"part 4: cannot begin on .*No module named 'a_package_of_mine'.*; install"):
        list(place.mapped(_Unreadable(), [(3, 1)]))


def _wait_for(path: Path | None) -> bool:
    """Whether there is nothing to wait for."""
    while path is not None and not path.exists():
        time.sleep(0.01)
    return path is None


def test_what_runs_where_is_told(away: Callable[..., Workbench]) -> None:
    there = away()
    followed(there, jobs_of([TUNED], [0]))
    (begun,) = [what for what, _ in there.watcher.begun if what.startswith("fine-tuning")]  # type: ignore[attr-defined]
    assert begun.startswith("fine-tuning tuned, seed 0, on ")
    assert [score for what, score in there.watcher.ended if what == begun] != [None]  # type: ignore[attr-defined]


def test_another_version_is_refused(away: Callable[..., Workbench], monkeypatch: pytest.MonkeyPatch) -> None:
    from unfreeze.runs import away as module

    monkeypatch.setattr(module.Question, "__init__", _of_another_version(module.Question.__init__))
    with pytest.raises(InputError, match=r"the command 0\.0\.0; install the same on all machines"):
        followed(away(), jobs_of([FROZEN], [0]))


def _of_another_version(init: Any) -> Any:
    def make(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **{**kwargs, "version": "0.0.0"})

    return make


@pytest.mark.parametrize(("setting", "value"), [("cpus_per_run", 2), ("gpus_per_run", 1.0)])
def test_what_no_machine_has_is_refused_at_once(away: Callable[..., Workbench], setting: str, value: Any) -> None:
    with pytest.raises(InputError, match="--cpus-per-run: no machine has"):
        away(**{setting: value})


def test_a_machine_that_dies_costs_nothing_but_time(
    away: Callable[..., Workbench], bench: MakeBench, tmp_path: Path, cluster: Machines
) -> None:
    """It dies while it is at work, with states that others have not got; what it had finished is here already."""
    lost = cluster.add()
    here, there = replace(bench(), folder=tmp_path / "here"), away()
    jobs = jobs_of(RECIPES, range(3))
    expected = followed(here, jobs)

    class Killer:
        """A watcher that ends the machine at the third run that ends."""

        ended = 0

        def begin(self, what: str, left: int) -> None: ...

        def step(self, what: str, done: int, total: int, best: float | None) -> None: ...

        def say(self, line: str) -> None: ...

        def end(self, what: str, score: float | None, of: str | None = None) -> None:
            self.ended += score is not None
            if self.ended == 3 and lost in cluster.cluster.worker_nodes:
                cluster.kill(lost)

    there.watcher = Killer()
    got = followed(there, jobs, "weights")
    assert lost not in cluster.cluster.worker_nodes
    for job, one, other in zip(jobs, expected, got, strict=True):
        assert outcome(there, job, other) == outcome(here, job, one), job.id


def test_states_of_a_machine_that_is_gone_are_computed_again(
    away: Callable[..., Workbench], bench: MakeBench, cluster: Machines
) -> None:
    from unfreeze.runs.ray_place import RayPlace

    lost = cluster.add()
    there = away()
    assert isinstance(there.place, RayPlace)
    with frozen(there.encoder):
        states = there.place.states(there, ("train", "single", "mean"))
        node = states.features._states.node  # type: ignore[attr-defined]
        cluster.kill(lost)
        here = replace(bench(), features={}, inputs={})
        with frozen(here.encoder):
            from unfreeze.runs.bench import states_of

            expected = states_of(here, "train", "single", "mean").features.read([0, 3])
        got = states.features.read([0, 3])
    assert node
    assert (got.states == expected.states).all()


def test_trials_hear_of_each_other_at_their_rungs(away: Callable[..., Workbench]) -> None:
    """What a trial on one machine has reached is known to one on another, which ends there."""
    from unfreeze.runs.ray_place import RayPlace, _Heard

    place = away().place
    assert isinstance(place, RayPlace)
    one, other = (_Heard(place.joined.board, {}) for _ in range(2))
    one["first"] = 0.9
    assert "first" not in other
    other["second"] = 0.5
    assert other == {"first": 0.9, "second": 0.5}


def test_a_trial_that_is_out_ends_at_its_rung(away: Callable[..., Workbench], bench: MakeBench, tmp_path: Path) -> None:
    """It leaves the record that it leaves in one process, and no weights."""
    (trial,) = jobs_of([replace(FROZEN, name="slow", learning_rate=1e-9, epochs=120)], [TRIAL_SEED])

    def raced(one: Workbench) -> Flow[RunRecord]:
        race = Race(["ahead", trial.id], 10**6, "accuracy", {"ahead": 1.0})
        ((record,),) = yield Asked([Work((trial,))], race=race)
        return record

    here, there = replace(bench(), folder=tmp_path / "here"), away()
    with frozen(here.encoder), frozen(there.encoder):
        expected, got = (follow(one, [raced(one)])[0] for one in (here, there))
    assert got.stopped == 1.0
    assert (got.dev, got.work, len(got.curve)) == (expected.dev, expected.work, len(expected.curve))
    assert [path.name for path in there.run_folder(trial).iterdir()] == ["record.json"]
