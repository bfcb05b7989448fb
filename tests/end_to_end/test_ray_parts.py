"""`predict` and `encode` on two machines of Ray: what one process writes, and no finished part made twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from ray_cluster import InOrder, Machines, machines
from safetensors import safe_open
from safetensors.numpy import load_file

from unfreeze.commands import encode, encode_away, predict_away
from unfreeze.commands.encode import Asked, encode_file
from unfreeze.plan import Plan
from unfreeze.runs.watching import Quiet

SHARD = 7  # texts


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("machines")) as made:
        yield made


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (predict_away, encode_away):
        monkeypatch.setattr(module, "SHARD", SHARD)


class Watching(Quiet):
    """A watcher that does something once that many texts are done."""

    def __init__(self, texts: int, then: Callable[[], None]) -> None:
        self._texts, self._then = texts, then
        self.steps: list[tuple[int, int]] = []
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        self.steps.append((done, total))
        if done >= self._texts and self._texts:
            self._texts = 0
            self._then()


KILLED = """
import os, signal, sys
from unfreeze.commands import encode_away, predict_away
from unfreeze.disk.in_parts import Parts
from unfreeze.terminal.cli import main

encode_away.SHARD = predict_away.SHARD = {shard}
put = Parts.put

def kill_after(parts, number, text=""):
    put(parts, number, text)
    if len(parts.finished()) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

Parts.put = kill_after
sys.argv = ["unfreeze", *sys.argv[1:]]
main()
"""
"""The command line in a process that is killed once it has three parts."""


IN_ORDER = f"""
import sys
sys.path.append({str(Path(__file__).parents[1])!r})
from ray_cluster import InOrder
from unfreeze.commands import encode

encode.place_at = lambda plan: InOrder()
"""
"""Without Ray: what is on the disk when the process is killed, and what is made again, is the same."""


def _killed(*arguments: object, before: str = "") -> None:
    code = before + KILLED.format(shard=SHARD)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def _parts(out: Path) -> dict[str, int]:
    """The finished parts of a file, with the times they were written."""
    with os.scandir(out.with_name(f".{out.name}.parts")) as entries:
        return {entry.name: entry.stat().st_mtime_ns for entry in entries if entry.name.isdecimal()}


def _asked(bundle: Path, file: Path, out: Path | None) -> predict_away.Asked:
    return predict_away.Asked(str(bundle), file, out, None, None, False)


def _json(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _close(here: dict[str, Any], there: dict[str, Any]) -> bool:
    sure = {name: value for name, value in here.items() if name in ("confidence", "probabilities")}
    if isinstance(here["label"], float):
        sure["label"] = here["label"]
    assert all(there[name] == pytest.approx(value, abs=1e-6) for name, value in sure.items())
    return here == {**there, **sure}


@pytest.mark.parametrize("kind", ["pair-classification", "regression", "tagging-BIO", "multilabel-classification"])
def test_predictions_are_those_of_one_process(
    kind: str, answered: Callable[[str], Path], data_of: Callable[[str], Path], command_line: Callable[..., Any],
    tmp_path: Path, cluster: Machines,
) -> None:  # fmt: skip
    bundle, file = answered(kind) / "bundle", next(data_of(kind).glob("test.*"))
    for suffix in ("jsonl", "tsv"):
        here, there = tmp_path / f"here.{suffix}", tmp_path / f"there.{suffix}"
        local = command_line("predict", bundle, file, "--out", here)
        away = command_line("predict", bundle, file, "--out", there, "--engine", "auto")
        assert (local[0], away[0]) == (0, 0), away[2]
        assert away[2] == local[2]
        assert away[1].splitlines()[-1] == f"30 predictions in {there}"
        if suffix == "jsonl":
            assert all(_close(one, other) for one, other in zip(_json(here), _json(there), strict=True))
        else:
            rows = [path.read_text(encoding="utf-8").split("\n") for path in (here, there)]
            assert all(_alike(one, other) for one, other in zip(*rows, strict=True))
    assert len(list(tmp_path.iterdir())) == 4, "nothing is left beside them"


def _alike(one: str, other: str) -> bool:
    """Rows whose numbers may be rounded to another last digit."""
    cells = [row.replace(";", "\t").split("\t") for row in (one, other)]
    return len(cells[0]) == len(cells[1]) and all(a == b or _near(a, b) for a, b in zip(*cells, strict=True))


def _near(one: str, other: str) -> bool:
    return abs(float(one) - float(other)) < 1.5e-4


def test_a_command_that_is_killed_makes_no_finished_part_again(
    answered: Callable[[str], Path], data_of: Callable[[str], Path], tmp_path: Path, cluster: Machines
) -> None:
    bundle, file = answered("classification") / "bundle", next(data_of("classification").glob("test.*"))
    out, before = tmp_path / "x.tsv", tmp_path / "before.tsv"
    plan = Plan(engine="auto", device="cpu")
    predict_away.predict_away(_asked(bundle, file, before), plan, Quiet())
    _killed("predict", bundle, file, "--out", out, "--engine", cluster.address, "--device", "cpu")
    finished, seen = _parts(out), dict[str, int]()
    assert len(finished) == 3
    watcher = Watching(30, lambda: seen.update(_parts(out)))
    assert predict_away.predict_away(_asked(bundle, file, out), plan, watcher) == 30
    assert len(seen) == 5
    assert finished.items() <= seen.items(), "they are as they were"
    assert len(watcher.steps) == 1 + 2, "two were missing"
    assert watcher.said == [f"predictions for 30 texts: {watcher.steps[0][0]} are finished."]
    assert out.read_bytes() == before.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"x.tsv", "before.tsv"}


def test_parts_of_other_texts_are_not_taken(answered: Callable[[str], Path], tmp_path: Path, cluster: Machines) -> None:
    bundle, out, file = answered("classification") / "bundle", tmp_path / "x.tsv", tmp_path / "texts.txt"
    plan = Plan(engine="auto", device="cpu")
    file.write_text("a good film\n" * 30, encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        predict_away.predict_away(_asked(bundle, file, out), plan, Watching(2 * SHARD, _interrupt))
    assert len(_parts(out)) == 2
    file.write_text("a bad film\n" * 20, encoding="utf-8")
    watcher = Watching(0, _interrupt)
    assert predict_away.predict_away(_asked(bundle, file, out), plan, watcher) == 20
    assert watcher.steps[0] == (0, 20)
    assert watcher.said == []
    texts = [line.split("\t")[-1] for line in out.read_text(encoding="utf-8").splitlines()]
    assert texts == ["text", *["a bad film"] * 20]


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_a_machine_that_dies_costs_nothing_but_time(
    answered: Callable[[str], Path], tmp_path: Path, cluster: Machines
) -> None:
    lost = cluster.add()
    bundle, file = answered("classification") / "bundle", tmp_path / "texts.txt"
    file.write_text("".join(f"{'good' if n % 3 else 'bad'} film {n}\n" for n in range(20 * SHARD)), encoding="utf-8")
    watcher = Watching(2 * SHARD, lambda: cluster.kill(lost))
    plan = Plan(engine="auto", device="cpu")
    assert predict_away.predict_away(_asked(bundle, file, tmp_path / "x.tsv"), plan, watcher) == 20 * SHARD
    assert lost not in cluster.cluster.worker_nodes
    assert len(watcher.steps) == 21
    texts = [line.split("\t")[-1] for line in (tmp_path / "x.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert texts == file.read_text(encoding="utf-8").splitlines()


def test_an_error_of_a_part_is_one_line_and_leaves_finished_parts(
    answered: Callable[[str], Path], data_of: Callable[[str], Path], tmp_path: Path, cluster: Machines,
    command_line: Callable[..., Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(predict_away, "versions", lambda: {"unfreeze": "0.0.0"})
    bundle, file = answered("classification") / "bundle", next(data_of("classification").glob("test.*"))
    asked = ["predict", bundle, file, "--out", tmp_path / "x.tsv", "--engine", "auto"]
    code, _, complaint = command_line(*asked)
    assert code == 2
    assert "the command 0.0.0; install the same on all machines" in complaint
    assert len(complaint.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_file_to_write_is_said_at_once(answered: Callable[[str], Path], tmp_path: Path) -> None:
    done = tiny.unfreeze("predict", answered("classification") / "bundle", tmp_path / "none", "--engine", "127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr.startswith("unfreeze: --engine 127.0.0.1:9: needs --out FILE")


def _same_states(here: Path, there: Path) -> None:
    one, other = load_file(here), load_file(there)
    assert one.keys() == other.keys()
    for name in one.keys() - {"states"}:
        np.testing.assert_array_equal(one[name], other[name])
    np.testing.assert_allclose(other["states"], one["states"], rtol=0, atol=1e-6)
    with safe_open(here, framework="np") as first, safe_open(there, framework="np") as second:
        assert first.metadata() == second.metadata()


@pytest.mark.parametrize(
    ("kind", "more"), [("pair-classification", []), ("tagging-BIO", []), ("classification", ["--pooling", "max"])]
)
def test_states_are_those_of_one_process(
    kind: str, more: list[str], encoder: Path, data_of: Callable[[str], Path], command_line: Callable[..., Any],
    tmp_path: Path, cluster: Machines,
) -> None:  # fmt: skip
    here, there = tmp_path / "here.safetensors", tmp_path / "there.safetensors"
    asked = ["encode", data_of(kind), "--encoder", encoder, "--max-length", 12, *more]
    local = command_line(*asked, "--out", here)
    away = command_line(*asked, "--out", there, "--engine", "auto")
    assert (local[0], away[0]) == (0, 0), away[2]
    assert [line for line in away[1].splitlines() if "Warning" in line] == [
        line for line in local[1].splitlines() if "Warning" in line
    ]
    _same_states(here, there)
    assert {path.name for path in tmp_path.iterdir()} == {"here.safetensors", "there.safetensors"}


def test_an_encoding_that_is_killed_computes_no_finished_part_again(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The texts differ, so states in the place of others would be noticed."""
    file, out, whole = tmp_path / "texts.txt", tmp_path / "x.safetensors", tmp_path / "whole.safetensors"
    file.write_text(
        "".join(f"{'good' if n % 3 else 'bad'} film {'a ' * (n % 5)}\n" for n in range(30)), encoding="utf-8"
    )
    asked = Asked(str(encoder), {}, dict.fromkeys(("text", "text_b", "label", "group", "task")))
    encode_file(str(file), asked, whole, device="cpu", watcher=Quiet())
    _killed("encode", file, "--encoder", encoder, "--device", "cpu", "--out", out, "--engine", "ray", before=IN_ORDER)
    finished, seen = _parts(out), dict[str, int]()
    assert len(finished) == 3
    watcher = Watching(30, lambda: seen.update(_parts(out)))
    monkeypatch.setattr(encode, "place_at", lambda plan: InOrder())
    encode_file(str(file), asked, out, device="cpu", watcher=watcher, elsewhere=Plan(engine="ray", device="cpu"))
    assert len(seen) == 5
    assert finished.items() <= seen.items(), "they are as they were"
    assert len(watcher.steps) == 1 + 2, "two were missing"
    _same_states(whole, out)
    assert {path.name for path in tmp_path.iterdir()} == {file.name, out.name, whole.name}


def test_states_that_continue_from_text_to_text_are_not_shared_out(
    tmp_path: Path, command_line: Callable[..., Any]
) -> None:
    (tmp_path / "texts.txt").write_text("a good film\n", encoding="utf-8")
    code, _, complaint = command_line(
        "encode", tmp_path / "texts.txt", "--encoder", "elmo-mini", "--encoder-option", "stateful=true", "--out",
        tmp_path / "x.safetensors", "--engine", "127.0.0.1:9",
    )  # fmt: skip
    assert code == 2
    assert complaint.startswith("unfreeze: --engine 127.0.0.1:9: elmo-mini reads each text after the one before")
    assert len(complaint.splitlines()) == 1
