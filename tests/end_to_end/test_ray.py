"""Commands on two machines of Ray that share no folder: the answers of one process, and no finished run made twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import made_studies
import numpy as np
import pytest
import tiny
from ray_cluster import Machines, machines

from unfreeze.methods.table import method_named
from unfreeze.runs.watching import Quiet
from unfreeze.studies.asked import Asked
from unfreeze.studies.desk import Desk
from unfreeze.studies.published import WAYS
from unfreeze.studies.recipes import paper_recipes

KIND = "tagging-BIO"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("machines")) as made:
        yield made


def _result(out: Path) -> dict[str, Any]:
    return json.loads((out / "result.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture
def command(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path], cluster: Machines, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], list[str]]:
    """`command(out)`: `unfreeze compare` on the cluster, for a process with a cache of its own."""
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))

    def make(out: str) -> list[str]:
        plan = tiny.write_plan(
            tmp_path / "plan.yaml", {**tiny.plan_values(data_of(KIND), encoder, Path(), KIND), "out": out}
        )
        program = [sys.executable, "-m", "unfreeze.terminal.cli", "compare"]
        return [*program, "--plan", str(plan), "--engine", cluster.address]

    return make


@pytest.mark.parametrize("shared", [False, True])
def test_a_driver_that_is_killed_repeats_nothing_finished(
    shared: bool, command: Callable[[str], list[str]], answered: Callable[[str], Path], tmp_path: Path
) -> None:
    """Killed at the first run, and again after a few more; then left alone. Runs are sent home, or put at a URL."""
    out = tmp_path / "out"
    asked = command(f"file://{out}" if shared else str(out))
    runs = [_killed_at(asked, out, count) for count in (1, 4)]
    again = subprocess.run(asked, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 0, again.stderr
    for finished in runs:
        assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert not list(out.glob("runs/.*"))
    assert tiny.numbers(_result(out)) == tiny.numbers(_result(answered(KIND)))
    assert (out / "bundle" / "bundle.json").exists()
    assert (out / "probes.json").exists()


def _killed_at(command: list[str], out: Path, count: int) -> dict[Path, int]:
    """Start a command and kill it once `count` runs are finished: their records, with the times they were written."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        ends = time.monotonic() + 240
        while len(list(out.glob("runs/[!.]*/record.json"))) < count:
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < ends
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    return {path: path.stat().st_mtime_ns for path in out.glob("runs/[!.]*/record.json")}


def test_probes_with_their_controls_are_those_of_one_process(
    command_line: Callable[..., tuple[int, str, str]], encoder: Path, data_of: Callable[[str], Path], tmp_path: Path,
    cluster: Machines,
) -> None:  # fmt: skip
    asked = ["probe", data_of(KIND), "--encoder", encoder]
    here = command_line(*asked, "--out", tmp_path / "here")
    there = command_line(*asked, "--out", tmp_path / "there", "--engine", "auto")
    assert (here[0], there[0]) == (0, 0), here[2] + there[2]
    names = {path.name for path in (tmp_path / "here").glob("*.json")}
    assert {path.name for path in (tmp_path / "there").glob("*.json")} == names
    assert len(names) > 3
    for name in names:
        assert _but_seconds(tmp_path / "there" / name) == _but_seconds(tmp_path / "here" / name), name


def _but_seconds(path: Path) -> dict[str, Any]:
    values = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in values.items() if not key.endswith("_s")}


def test_an_address_where_nobody_answers_is_one_line(tmp_path: Path, data_of: Callable[[str], Path]) -> None:
    done = tiny.unfreeze("compare", data_of(KIND), "--encoder", "minilm", "--engine", "127.0.0.1:9", "--out", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("unfreeze: --engine 127.0.0.1:9: no Ray can be joined")
    assert len(done.stderr.splitlines()) == 1


def test_a_study_measures_what_it_measures_in_one_process(tmp_path: Path, cluster: Machines) -> None:
    """Its cells go side by side over the machines."""
    sets, encoders = made_studies.write_sets(tmp_path / "sets"), made_studies.write_encoders(tmp_path / "encoders")
    found = []
    for engine in ("here", "auto"):
        asked = Asked(sets, (encoders["BERT"],), tmp_path / engine, 2, min_steps=5, device="cpu", engine=engine)
        desk = Desk(asked, Quiet(), lambda line: None)
        one = desk.encoders()[0]
        recipes = {way: paper_recipes(asked, one, "sst2", method_named(way)) for way in WAYS}
        short = {way: tuple(replace(r, epochs=1, batch_size=8) for r in table) for way, table in recipes.items()}
        found.append(desk.measured({way: desk.cell("sst2", one, table) for way, table in short.items()}))
    for way in WAYS:
        assert np.array_equal(found[0][way].statistics, found[1][way].statistics)
