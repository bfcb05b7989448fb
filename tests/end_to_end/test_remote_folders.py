"""A comparison whose output folder is at a URL: stopped on one machine, resumed on another, read by a third."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest
import tiny

import unfreeze
from unfreeze.commands.compare import compare
from unfreeze.disk.remote import Remote
from unfreeze.plan import Plan, plain, plan_from
from unfreeze.runs.watching import Quiet

KIND = "classification"
URL = "memory://far/out"
Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    yield
    files = fsspec.filesystem("memory")
    if files.exists("/far"):
        files.rm("/far", recursive=True)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`machine(name)`: from now on this process is on another machine, whose folder for caches is its own."""
    return lambda name: monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / name))


def there() -> Files:
    """What is at the URL."""
    files = fsspec.filesystem("memory")
    return {name.removeprefix("/far/out/"): files.cat_file(name) for name in files.find("/far")}


def records(files: Files) -> Files:
    return {name: data for name, data in files.items() if name.endswith("record.json")}


class Stopped(Quiet):
    """Interrupts after some runs."""

    def __init__(self, runs: int) -> None:
        self.left = runs

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        self.left -= score is not None
        if not self.left:
            raise KeyboardInterrupt


def plan_for(shape: str, data: Path, encoder: Path, out: str) -> Plan:
    """One encoder, two, or three folds; runs of a moment."""
    recipes = [replace(recipe, epochs=2) for recipe in tiny.recipes(KIND)]
    settings: dict[str, Any] = {"recipes": [plain(recipe) for recipe in recipes]}
    if shape == "encoders":
        twin = encoder.with_name("twin")
        settings["encoder"] = [str(encoder), str(twin if twin.exists() else tiny.make_encoder(twin))]
    if shape == "folds":
        (train,) = map(str, data.glob("train.*"))
        settings |= {"folds": 3, "train": train, "data": None}
    return plan_from({**tiny.plan_values(data, encoder, Path(), KIND), **settings, "out": out})


@pytest.mark.parametrize(("shape", "runs"), [("one", 5), ("encoders", 9), ("folds", 9)])
def test_another_machine_goes_on_where_one_stopped(
    shape: str, runs: int, encoder: Path, data_of: Callable[[str], Path], machine: Callable[[str], None], tmp_path: Path
) -> None:
    machine("first")
    with pytest.raises(KeyboardInterrupt):
        compare(plan_for(shape, data_of(KIND), encoder, URL), Stopped(runs))
    before = records(there())
    assert len(before) >= runs
    assert "result.json" not in there()
    machine("second")
    result = compare(plan_for(shape, data_of(KIND), encoder, URL))
    after = there()
    assert records(after).items() >= before.items(), "measured times would differ if a run was repeated"
    assert result.plan.out == URL
    machine("third")
    alone = compare(plan_for(shape, data_of(KIND), encoder, str(tmp_path / "alone")))
    assert [arm.runs for arm in result.arms] == [arm.runs for arm in alone.arms]
    local = {p.relative_to(tmp_path / "alone").as_posix() for p in (tmp_path / "alone").rglob("*") if p.is_file()}
    assert set(after) == local, "the same files: weights of runs are deleted there too"
    assert str(tmp_path).encode() not in b"".join(after[name] for name in ("result.json", "report.html"))


def test_a_finished_comparison_is_read_from_anywhere(
    encoder: Path, data_of: Callable[[str], Path], machine: Callable[[str], None], tmp_path: Path, command_line: Any
) -> None:
    machine("first")
    plan = tiny.write_plan(tmp_path / "plan.yaml", plain(plan_for("one", data_of(KIND), encoder, URL)))
    code, said, _ = command_line("compare", "--plan", plan)
    assert code == 0
    assert said.endswith(f"Report: {URL}/report.html\nBundle: {URL}/bundle\n")
    first = there()
    machine("second")
    assert compare(plan_for("one", data_of(KIND), encoder, URL), Stopped(1)).plan.out == URL, "nothing is run again"
    machine("third")
    fsspec.filesystem("memory").rm_file("/far/out/report.html")
    assert command_line("report", URL) == (0, f"{URL}/report.html\n", "")
    assert there().keys() == first.keys()
    (tmp_path / "x.txt").write_text("a good film\n", encoding="utf-8")
    code, said, _ = command_line("predict", f"{URL}/bundle", tmp_path / "x.txt", "--device", "cpu")
    assert code == 0
    assert said.splitlines()[1].startswith(("True", "False"))
    assert unfreeze.load(f"{URL}/bundle", device="cpu").predict(["a good film"])
    assert not list(Path().glob("memory:*")), "a URL is not a path"


def test_a_killed_comparison_at_a_url_repeats_nothing_finished(
    encoder: Path, data_of: Callable[[str], Path], machine: Callable[[str], None], tmp_path: Path
) -> None:
    url = f"file://{tmp_path / 'far'}"
    plan = tiny.write_plan(tmp_path / "plan.yaml", plain(plan_for("one", data_of(KIND), encoder, url)))
    environment = {**os.environ, "UNFREEZE_CACHE": str(tmp_path / "first")}
    command = [sys.executable, "-m", "unfreeze.terminal.cli", "compare", "--plan", str(plan)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 100
        while len(done := list((tmp_path / "far").glob("runs/*/record.json"))) < 2:
            assert process.poll() is None, process.stderr.read()  # type: ignore[union-attr]
            assert time.monotonic() < until
            time.sleep(0.002)
        process.kill()
    assert not (tmp_path / "far" / "result.json").exists(), "killed too late to prove anything"
    before = {path: path.read_bytes() for path in done}
    machine("second")
    compare(plan_for("one", data_of(KIND), encoder, url))
    assert {path: path.read_bytes() for path in done} == before
    assert json.loads((tmp_path / "far" / "result.json").read_text(encoding="utf-8"))["plan"]["out"] == url


def test_other_things_at_a_url_are_refused(
    encoder: Path, data_of: Callable[[str], Path], tmp_path: Path, command_line: Any
) -> None:
    (tmp_path / "photo.jpg").write_text("x", encoding="utf-8")
    Remote(URL).push(tmp_path / "photo.jpg")
    plan = tiny.write_plan(tmp_path / "plan.yaml", plain(plan_for("one", data_of(KIND), encoder, URL)))
    code, _, said = command_line("compare", "--plan", plan)
    assert code == 2
    assert said == f"unfreeze: {URL}: already exists and contains no comparison; choose another\n"
    assert list(there()) == ["photo.jpg"]
