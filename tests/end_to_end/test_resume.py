"""A comparison that was stopped, called again, or extended: nothing finished is repeated, and numbers stay the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import tiny
from made_arms import change

from unfreeze.commands.compare import compare

KIND = "pair-regression"  # a correlation moves with the last digit of a prediction


@dataclass
class Recorder:
    """A watcher that remembers which runs were trained, and how many were said to follow."""

    trained: list[str] = field(default_factory=list)
    left: list[int] = field(default_factory=list)

    def begin(self, what: str, left: int) -> None:
        self.left.append(left)

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        assert 0 < done <= total

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        if score is not None:
            self.trained.append(what)

    def say(self, line: str) -> None:
        raise AssertionError(line)  # nothing goes wrong here


@pytest.fixture
def again(
    tmp_path: Path, answered: Callable[[str], Path], encoder: Path, data_of: Callable[[str], Path]
) -> Callable[..., Any]:
    """`again(**settings)` compares again in a copy of the finished comparison.

    `again.out` is that copy, `again.asked` the data and the encoder.
    """
    out = tmp_path / "copy"
    shutil.copytree(answered(KIND), out)

    def call(**settings: Any) -> tuple[dict[str, Any], Recorder]:
        recorder = Recorder()
        result = compare(tiny.tiny_plan(data_of(KIND), encoder, out, KIND, **settings), recorder)
        return result.to_dict(), recorder

    call.out = out  # type: ignore[attr-defined]
    call.asked = data_of(KIND), encoder  # type: ignore[attr-defined]
    return call


def _result(out: Path) -> dict[str, Any]:
    return json.loads((out / "result.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _stamps(out: Path) -> dict[str, int]:
    """Time of change of each file of the runs."""
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in sorted((out / "runs").rglob("*")) if p.is_file()}


def _bundle_bytes(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted((out / "bundle").rglob("*.safetensors"))}


@pytest.mark.parametrize("runs", [1, 4])
def test_killed_comparison_goes_on_to_the_same_numbers(
    runs: int, tmp_path: Path, answered: Callable[[str], Path], encoder: Path, data_of: Callable[[str], Path]
) -> None:
    out = tmp_path / "out"
    values = tiny.plan_values(data_of(KIND), encoder, out, KIND)
    plan = tiny.write_plan(tmp_path / "plan.yaml", values)
    environment = {**os.environ, "UNFREEZE_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "unfreeze.terminal.cli", "compare", "--plan", str(plan)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 100
        while len(done := list(out.glob("runs/[!.]*/record.json"))) < runs:
            assert process.poll() is None, process.stderr.read()  # type: ignore[union-attr]
            assert time.monotonic() < until
            time.sleep(0.002)
        process.kill()
    assert process.returncode == -9
    assert not (out / "result.json").exists(), "killed too late to prove anything"
    before = {path: path.stat().st_mtime_ns for path in done}
    result = compare(tiny.tiny_plan(data_of(KIND), encoder, out, KIND)).to_dict()
    assert tiny.numbers(result) == tiny.numbers(_result(answered(KIND)))
    assert {path: path.stat().st_mtime_ns for path in done} == before
    hidden = [path.name for path in out.rglob(".*")]
    assert hidden == [], "lock and half-written folders of the killed process are gone"


def test_second_identical_call_repeats_nothing(again: Callable[..., Any]) -> None:
    first, stamps, model = _result(again.out), _stamps(again.out), _bundle_bytes(again.out)
    result, recorder = again()
    assert recorder.trained == []
    assert recorder.left == [], "no extraction, no pass over the test set"
    assert _stamps(again.out) == stamps
    assert _bundle_bytes(again.out) == model
    assert tiny.numbers(result) == tiny.numbers(first)
    assert result["verdict"] == first["verdict"]
    assert [m["cost"] for m in tiny.methods(result).values()] == [m["cost"] for m in tiny.methods(first).values()]


def test_more_seeds_run_only_the_new_ones(again: Callable[..., Any]) -> None:
    first, stamps = _result(again.out), _stamps(again.out)
    result, recorder = again(seeds=3)
    assert len(recorder.trained) == 2
    assert all(what.endswith("seed 2") for what in recorder.trained)
    assert _stamps(again.out).items() >= stamps.items()
    for method, before in tiny.methods(first).items():
        runs = tiny.methods(result)[method]["runs"]
        assert runs[:2] == before["runs"]
        assert [run["seed"] for run in runs] == [0, 1, 2]
    fresh = compare(tiny.tiny_plan(*again.asked, again.out.with_name("fresh"), KIND, seeds=3)).to_dict()
    for method in tiny.methods(fresh):  # a seed gives the same alone and beside others, but for rounding
        for key in ("dev", "test"):
            alone, beside = ([run[key] for run in tiny.methods(r)[method]["runs"]] for r in (result, fresh))
            assert alone == pytest.approx(beside, abs=1e-6)
    use = result["verdict"]["use"]
    about = json.loads((again.out / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    assert about["run"] == tiny.methods(result)[use]["best_run"]
    assert about["test"] == tiny.methods(result)[use]["test"], "the bundle tells the new mean"


def test_a_latency_that_is_kept_is_of_the_machine_that_measured_it(again: Callable[..., Any]) -> None:
    change(again.out / "choice.json", lambda choices: [one.update(machine="another") for one in choices.values()])
    result, _ = again()
    costs = [method["cost"] for method in tiny.methods(result).values()]
    assert [cost["latency_machines"] for cost in costs] == [["another"], ["another"]]
    assert all(cost["machines"][0] != "another" for cost in costs), "runs are of this one"


def test_fewer_seeds_train_at_most_the_model_of_the_bundle(again: Callable[..., Any]) -> None:
    result, recorder = again(seeds=1)
    assert len(recorder.trained) <= 1
    assert [len(method["runs"]) for method in tiny.methods(result).values()] == [1, 1]


@pytest.mark.parametrize("method", ["feature-extraction", "fine-tuning"])
def test_deleted_run_is_done_again_alone(method: str, again: Callable[..., Any]) -> None:
    first, stamps = _result(again.out), _stamps(again.out)
    gone = next(run["id"] for run in tiny.methods(first)[method]["runs"] if run["seed"] == 1)
    shutil.rmtree(again.out / "runs" / gone)
    result, recorder = again()
    assert len(recorder.trained) == 1
    assert tiny.numbers(result) == tiny.numbers(first)
    kept = {name: stamp for name, stamp in stamps.items() if gone not in name}
    assert _stamps(again.out).items() >= kept.items()


def test_deleted_bundle_is_trained_again_and_holds_the_same_model(again: Callable[..., Any]) -> None:
    first, model = _result(again.out), _bundle_bytes(again.out)
    shutil.rmtree(again.out / "bundle")
    result, recorder = again()
    assert len(recorder.trained) == 1, "weights are deleted at the end of a comparison, so the winner runs once more"
    assert tiny.numbers(result) == tiny.numbers(first)
    assert _bundle_bytes(again.out) == model
    assert not list(again.out.glob("runs/*/weights.safetensors"))


def test_deleted_choice_costs_no_more_than_two_runs(again: Callable[..., Any]) -> None:
    first = _result(again.out)
    (again.out / "choice.json").unlink()
    result, recorder = again()
    assert len(recorder.trained) == 2, "the time to predict is measured again, on one run of each method"
    assert tiny.numbers(result) == tiny.numbers(first)


def test_change_of_recipes_changes_choice_and_bundle_but_no_old_run(again: Callable[..., Any]) -> None:
    first, stamps = _result(again.out), _stamps(again.out)
    worst = {name: min(m["trials"], key=lambda trial: trial["dev"])["name"] for name, m in tiny.methods(first).items()}
    narrow, recorder = again(recipes=[r for r in tiny.recipes(KIND) if r.name == worst[r.method]])
    assert {name: m["recipe"]["name"] for name, m in tiny.methods(narrow).items()} == worst
    about = json.loads((again.out / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    assert about["run"] == tiny.methods(narrow)[narrow["verdict"]["use"]]["best_run"]
    assert recorder.trained, "seed 1 of the new choices"
    wide, _ = again()
    assert tiny.numbers(wide) == tiny.numbers(first)
    finals = [run["id"] for m in tiny.methods(first).values() for run in m["runs"] if run["id"] not in _winners(first)]
    untouched = {name: stamp for name, stamp in stamps.items() if any(run in name for run in finals)}
    assert _stamps(again.out).items() >= untouched.items()


def _winners(result: dict[str, Any]) -> set[str]:
    """The runs whose weights may be asked for again, for the bundle or to measure the time to predict."""
    return {method["best_run"] for method in tiny.methods(result).values()}


def test_method_added_later_leaves_the_first_alone(
    tmp_path: Path, answered: Callable[[str], Path], encoder: Path, data_of: Callable[[str], Path]
) -> None:
    one, both = Recorder(), Recorder()
    plan = tiny.plan_values(data_of(KIND), encoder, tmp_path / "out", KIND)
    from unfreeze.plan import plan_from

    compare(plan_from({**plan, "methods": ["feature-extraction"]}), one)
    stamps = _stamps(tmp_path / "out")
    result = compare(plan_from(plan), both).to_dict()
    assert one.trained
    assert both.trained
    assert all(what.startswith("feature-extraction") for what in one.trained)
    assert all(what.startswith("fine-tuning") for what in both.trained)
    assert _stamps(tmp_path / "out").items() >= stamps.items()
    assert tiny.numbers(result) == tiny.numbers(_result(answered(KIND)))
    for recorder in (one, both):
        assert recorder.left == sorted(recorder.left, reverse=True)
        assert recorder.left[-1] == 0


@pytest.mark.parametrize("measured", ["fp32", "bf16"])
def test_a_stopwatch_does_not_make_it_another_question(
    measured: str, again: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine can measure bf16 as slow that was fast before, and the other way round."""
    begun = json.loads((again.out / "comparison.json").read_text(encoding="utf-8"))["environment"]["precision"]
    for module in ("encoders.precision", "runs.opening"):
        monkeypatch.setattr(f"unfreeze.{module}.fast_precision", lambda device: measured)
    before, stamps = _result(again.out), _stamps(again.out)
    result, recorder = again()
    assert recorder.trained == []
    assert _stamps(again.out) == stamps
    assert result["environment"]["precision"] == begun
    assert tiny.numbers(result) == tiny.numbers(before)
