"""A comparison prepared, made by parts in one folder, and judged: the same numbers, nothing made twice."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch

from unfreeze.commands import jobs
from unfreeze.commands.compare import compare
from unfreeze.commands.jobs import make_share
from unfreeze.commands.prepare import prepare
from unfreeze.disk.claim import claimed
from unfreeze.disk.owner import this_process
from unfreeze.disk.shares import CLAIMS
from unfreeze.errors import InputError
from unfreeze.plan import TRIAL_SEED, Plan, plain, plan_from
from unfreeze.records.comparison import read_record
from unfreeze.runs import racing
from unfreeze.runs.shares import Part
from unfreeze.runs.watching import Quiet

pytestmark = pytest.mark.usefixtures("no_report")

KIND = "pair-regression"  # a correlation moves with the last digit of a prediction


class Recorder(Quiet):
    """Remembers what was trained."""

    def __init__(self) -> None:
        self.trained: list[str] = []

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        if score is not None:
            self.trained.append(what)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data and encoders."""
    folder = tmp_path_factory.mktemp("shares")
    tiny.write_data(folder / "data", KIND)
    tiny.write_split(folder / "folded", KIND, 60, 0)
    for name in ("tiny", "twin"):
        tiny.make_encoder(folder / name)
    return folder


def plan_for(root: Path, out: Path, shape: str = "one", **settings: Any) -> Plan:
    """One encoder, two, or three folds; two recipes a method, two seeds, runs of a moment."""
    recipes = [plain(replace(recipe, epochs=2)) for recipe in tiny.recipes(KIND)]
    values = {**tiny.plan_values(root / "data", root / "tiny", out, KIND), "recipes": recipes, **settings}
    if shape == "encoders":
        values["encoder"] = [str(root / "tiny"), str(root / "twin")]
    if shape == "folds":
        (file,) = root.glob("folded.*")
        values |= {"data": str(file), "folds": 3}
    return plan_from(values)


def ids(out: Path) -> dict[str, int]:
    """The records there are, with the times at which they were written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in out.rglob("record.json")}


def trials(out: Path) -> set[str]:
    return {name for name in ids(out) if name.endswith(f"seed{TRIAL_SEED}")}


def judged(out: Path) -> dict[str, Any]:
    """All numbers of a result but measured times, dates, memory and paths."""
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    for arm in result["arms"]:
        del arm["cost"]
        for trial in arm["trials"]:
            del trial["train_s"]
    kept = ("arms", "differences", "second", "folds")
    return {**{key: result[key] for key in kept}, "choice": result["verdict"]["choice"]}


def predictions(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("test.parquet")}


@pytest.mark.parametrize(("shape", "runs"), [("one", 8), ("encoders", 16), ("folds", 24)])
def test_parts_make_what_one_process_makes_bit_for_bit(shape: str, runs: int, root: Path, tmp_path: Path) -> None:
    plan = plan_for(root, tmp_path / "out", shape)
    assert prepare(plan).runs == runs
    assert ids(tmp_path / "out") == {}
    lines = [make_share(tmp_path / "out", Part(number, 3), wait=False) for number in (0, 1, 2, 0, 1, 2)]
    assert all("trial" in line.partition(";")[0] for line in lines[:3])
    assert lines[-1].endswith(f"all runs are there: `unfreeze compare` with --out {tmp_path / 'out'} judges")
    assert not list((tmp_path / "out").rglob(CLAIMS))
    made, recorder = ids(tmp_path / "out"), Recorder()
    assert len(list((tmp_path / "out").rglob("record.json"))) == runs
    compare(plan, recorder)
    if shape != "folds":
        assert recorder.trained == []
        assert ids(tmp_path / "out") == made
    compare(plan_for(root, tmp_path / "alone", shape))
    assert judged(tmp_path / "out") == judged(tmp_path / "alone")
    assert predictions(tmp_path / "out") == predictions(tmp_path / "alone")


def test_a_share_is_the_same_whatever_is_finished(root: Path, tmp_path: Path) -> None:
    plan = plan_for(root, tmp_path / "out")
    prepare(plan)
    first = make_share(tmp_path / "out", Part(1, 3), wait=False)
    own = trials(tmp_path / "out")
    assert first.startswith("1 trial done; 3 trials of other parts are missing; submit again for the final runs")
    shutil.rmtree(tmp_path / "out" / "runs")
    make_share(tmp_path / "out", Part(0, 3), wait=False)
    others = trials(tmp_path / "out")
    make_share(tmp_path / "out", Part(1, 3), wait=False)
    assert trials(tmp_path / "out") - others == own
    assert make_share(tmp_path / "out", Part(1, 3), wait=False).startswith(
        "nothing to do for this part now; 1 trial and 1 final run of other parts are missing; submit"
    )


def test_the_last_number_is_the_first_too(root: Path, tmp_path: Path) -> None:
    prepare(plan_for(root, tmp_path / "out"))
    make_share(tmp_path / "out", Part(4, 4), wait=False)
    made = ids(tmp_path / "out")
    assert len(made) == 1
    make_share(tmp_path / "out", Part(0, 4), wait=False)
    assert ids(tmp_path / "out") == made


def test_a_part_waits_for_the_trials_of_others_and_then_makes_final_runs(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, said, lines = plan_for(root, tmp_path / "out"), list[str](), list[str]()
    prepare(plan)

    def others(seconds: float) -> None:  # the other part is at work while this one sleeps
        lines.append(make_share(tmp_path / "out", Part(1, 2), wait=False))

    monkeypatch.setattr(jobs.time, "sleep", others)
    last = make_share(tmp_path / "out", Part(0, 2), wait=True, tell=said.append)
    assert said == ["Waiting: 2 trials of other parts are missing."]
    assert last.startswith("2 trials and ")
    assert " final run" in last.partition(";")[0]
    assert len(lines) == 1, "it does not wait for final runs of others"
    make_share(tmp_path / "out", Part(1, 2), wait=False)
    assert len(trials(tmp_path / "out")) == 4
    assert len(ids(tmp_path / "out")) == 8


def test_an_array_makes_everything_at_once(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, recorder = plan_for(root, tmp_path / "out"), Recorder()
    prepare(plan)
    command = [sys.executable, "-m", "unfreeze.terminal.cli", "jobs", str(tmp_path / "out"), "--wait", "--part"]
    parts = [subprocess.Popen([*command, f"{number}/2"], stdout=subprocess.PIPE, text=True) for number in (0, 1)]
    said = [part.communicate(timeout=200)[0].splitlines()[-1] for part in parts]
    assert [part.returncode for part in parts] == [0, 0]
    assert all(line.startswith("2 trials and ") for line in said)
    assert len(ids(tmp_path / "out")) == 8
    assert not (tmp_path / "out" / CLAIMS).exists()
    compare(plan, recorder)
    assert recorder.trained == []


def test_two_processes_of_one_part_make_no_run_twice(root: Path, tmp_path: Path) -> None:
    prepare(plan_for(root, tmp_path / "out"))
    recorders = Recorder(), Recorder()
    shares = [
        threading.Thread(target=make_share, args=(tmp_path / "out", Part(0, 1), False, recorder))
        for recorder in recorders
    ]
    for one in shares:
        one.start()
    for one in shares:
        one.join()
    trained = [name for recorder in recorders for name in recorder.trained]
    assert len(trained) == len(set(trained))


def test_a_run_that_another_machine_claims_is_left_and_told(root: Path, tmp_path: Path) -> None:
    prepare(plan_for(root, tmp_path / "out"))
    make_share(tmp_path / "out", Part(0, 1), wait=False)
    gone = next(name for name in ids(tmp_path / "out") if name.startswith("fine-tuning") and name.endswith("seed1"))
    shutil.rmtree(tmp_path / "out" / "runs" / gone)
    elsewhere = replace(this_process(), machine="other", host="node7", process=12)
    claim = tmp_path / "out" / CLAIMS / gone / ".lock-0"
    claim.parent.mkdir(parents=True)
    claim.write_bytes(elsewhere.line())
    line = make_share(tmp_path / "out", Part(0, 1), wait=False)
    assert f"seed 1 is claimed by process 12 on node7; if that has ended, delete .claims/{gone}/.lock-0; once" in line
    assert gone not in ids(tmp_path / "out")
    lines: list[str] = []
    compare(plan_for(root, tmp_path / "out"), tell=lines.append)
    assert f"In {tmp_path / 'out'} a run is being made by `unfreeze jobs` on node7, which then ends." in lines
    assert gone in ids(tmp_path / "out")


def test_a_claim_of_a_process_that_died_here_is_followed(root: Path, tmp_path: Path) -> None:
    prepare(plan_for(root, tmp_path / "out"))
    make_share(tmp_path / "out", Part(0, 1), wait=False)
    before = ids(tmp_path / "out")
    gone = next(name for name in before if name.startswith("fine-tuning") and name.endswith("seed1"))
    shutil.rmtree(tmp_path / "out" / "runs" / gone)
    claim = tmp_path / "out" / CLAIMS / gone / ".lock-0"
    claim.parent.mkdir(parents=True)
    claim.write_bytes(replace(this_process(), process=2**30).line())
    assert make_share(tmp_path / "out", Part(0, 1), wait=False).startswith("1 final run done; all runs are there")
    assert not (tmp_path / "out" / CLAIMS).exists()


@pytest.mark.parametrize("wait", [False, True])
def test_a_part_ends_where_another_process_finishes_the_comparison(
    wait: bool, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(plan_for(root, tmp_path / "out"))
    if wait:
        make_share(tmp_path / "out", Part(0, 2), wait=False)
    with claimed(tmp_path / "out"):
        line = make_share(tmp_path / "out", Part(0, 2), wait=wait)
    here = this_process()
    who = f"process {here.process} on {here.host} finishes this comparison now, so that this part ends here"
    assert line == f"nothing to do for this part now; {who} (if that process is gone, delete .lock)"


def test_weights_stay_until_the_comparison_is_judged(root: Path, tmp_path: Path) -> None:
    plan = plan_for(root, tmp_path / "out")
    prepare(plan)
    make_share(tmp_path / "out", Part(0, 1), wait=False)
    weights = sorted((tmp_path / "out" / "runs").rglob("weights.safetensors"))
    assert len(weights) == 8
    prepare(plan)
    assert sorted((tmp_path / "out" / "runs").rglob("weights.safetensors")) == weights
    compare(plan)
    assert not list((tmp_path / "out" / "runs").rglob("weights.safetensors"))


def test_paths_are_written_in_full(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    prepare(plan_for(Path(), tmp_path / "out"))
    monkeypatch.chdir(tmp_path)
    assert make_share(tmp_path / "out", Part(0, 4), wait=False).startswith("1 trial done")


def test_data_that_are_not_there_or_others_are_reported(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "data", tmp_path / "data")
    plan = replace(plan_for(root, tmp_path / "out"), data=str(tmp_path / "data"))
    prepare(plan)
    (train,) = (tmp_path / "data").glob("train.*")
    rows = train.read_text(encoding="utf-8").splitlines(keepends=True)
    train.write_text("".join(rows[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match=r"are not what comparison\.json says"):
        make_share(tmp_path / "out", Part(0, 1), wait=False)
    shutil.rmtree(tmp_path / "data")
    with pytest.raises(InputError, match="names the data so, and every machine needs them there"):
        make_share(tmp_path / "out", Part(0, 1), wait=False)


def test_auto_seeds_are_those_of_the_first_look(root: Path, tmp_path: Path) -> None:
    plan = plan_for(root, tmp_path / "out", methods=["fine-tuning"], recipes=[], seeds="auto")
    recipes = tuple(r for r in plan_for(root, tmp_path).recipes if r.method == "fine-tuning")
    assert prepare(replace(plan, recipes=recipes)).runs == 2 + 3


def test_the_command_line_says_what_is_next(
    root: Path, tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    plan = tiny.write_plan(tmp_path / "plan.yaml", plain(plan_for(root, tmp_path / "out")))
    code, said, _ = command_line("compare", "--plan", plan, "--prepare")
    assert code == 0
    assert f"  unfreeze jobs {tmp_path / 'out'} --part i/n --wait" in said
    assert "There are 8 runs to make" in said
    code, said, _ = command_line("jobs", tmp_path / "out", "--part", "0/4")
    assert code == 0
    assert said.splitlines()[-1] == (
        "1 trial done; 3 trials of other parts are missing; submit again for the final runs"
    )
    for wrong in ("4", "5/4", "1/0", "a/b", "-1/4"):
        code, _, said = command_line("jobs", tmp_path / "out", f"--part={wrong}")
        assert code == 2
        assert "--part: must be i/n, from 0/n to n-1/n" in said
    assert command_line("jobs", tmp_path, "--part", "0/1")[2].endswith(
        "is this the --out folder of `unfreeze compare`?\n"
    )


def test_what_a_prepared_comparison_cannot_be(
    root: Path, tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    with pytest.raises(InputError, match="decided by probes"):
        prepare(plan_for(root, tmp_path / "out", "encoders", drop_hopeless=True))
    with pytest.raises(InputError, match="parts share a folder"):
        prepare(replace(plan_for(root, tmp_path / "out"), out="memory://x/y"))
    assert "parts share a folder" in command_line("jobs", "memory://x/y", "--part", "0/1")[2]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_trial_that_is_out_is_what_it_is_in_one_process(
    order: tuple[int, int], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LEAST", 1), ("ERRORS", 0.0), ("GROWTH", 0.0)):
        monkeypatch.setattr(racing, name, value)
    good = replace(tiny.recipes(KIND)[0], epochs=9)
    bad = replace(good, name="bad", learning_rate=1e-9)
    raced = {"methods": ["feature-extraction"], "recipes": [plain(good), plain(bad)]}
    prepare(plan_for(root, tmp_path / "out", **raced))
    for number in (*order, 0, 1):
        make_share(tmp_path / "out", Part(number, 2), wait=False)
    before, recorder = stopped(tmp_path / "out"), Recorder()
    assert len(before) == (order == (0, 1)), "else it had ended before it was known to be out"
    compare(plan_for(root, tmp_path / "out", **raced), recorder)
    assert recorder.trained == []
    compare(plan_for(root, tmp_path / "alone", **raced))
    assert stopped(tmp_path / "out") == stopped(tmp_path / "alone")
    assert len(stopped(tmp_path / "out")) == 1
    assert judged(tmp_path / "out") == judged(tmp_path / "alone")


def stopped(out: Path) -> list[tuple[str, float, int]]:
    """Id, dev score and last step of each trial that was stopped."""
    records = [read_record(path.parent) for path in out.rglob("record.json")]
    return [(one.id, one.dev["pearson"], one.curve[-1].step) for one in records if one.stopped is not None]


def test_a_part_of_several_threads_makes_several_runs_at_once(root: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        plan = plan_for(root, tmp_path / "out")
        prepare(plan)
        assert make_share(tmp_path / "out", Part(0, 1), wait=False).startswith("4 trials and 4 final runs done; all")
        compare(plan)
        compare(plan_for(root, tmp_path / "alone"))
    finally:
        torch.set_num_threads(before)
    assert judged(tmp_path / "out") == judged(tmp_path / "alone")
    assert predictions(tmp_path / "out") == predictions(tmp_path / "alone")
