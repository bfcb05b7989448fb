"""A short soak in a process of its own, since it forks: a few of everything, and nothing is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
READERS = (
    "csv", "tsv", "jsonl", "parquet", "arrow", "conll", "tags", "doccano", "store", "plan", "corpus", "elmo", "many",
    "skip-thoughts", "glove", "word2vec", "vector",
)  # fmt: skip
COMMANDS = ("compare tagging", "pretrain skip", "convert elmo")


@pytest.fixture(scope="module")
def soak(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Figures and faults of a short soak."""
    out = tmp_path_factory.mktemp("soak")
    return _soaked(out, "kills", "inputs", "starts", "disks", "--short", "--seed", "5", "--kills", "4", "--inputs",
                   "300", "--each", "12", "--tries", "18", "--turns", "1", "--only", *COMMANDS, *READERS)  # fmt: skip


def _soaked(out: Path, *words: str) -> dict[str, Any]:
    script = Path(__file__).with_name("soak.py")
    command = [sys.executable, script, "--out", out, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 1), done.stderr
    figures: dict[str, Any] = json.loads((out / "soak.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in (out / "found.jsonl").read_text(encoding="utf-8").splitlines()]
    figures["found"] = lines
    return figures


def _faults(soak: dict[str, Any], part: str) -> list[str]:
    return [f"{line['name']}, seed {line['seed']}: {fault}" for line in soak["found"] if line["part"] == part
            for fault in line["faults"]]  # fmt: skip


def test_what_was_killed_goes_on_to_the_same_bits(soak: dict[str, Any]) -> None:
    assert _faults(soak, "kills") == []
    assert {row["command"].split()[0] for row in soak["kills"]} == {name.split()[0] for name in COMMANDS}
    assert sum(row["kills"] for row in soak["kills"]) >= 4


def test_damaged_inputs_are_refused_in_a_line_or_read_right(soak: dict[str, Any]) -> None:
    assert _faults(soak, "inputs") == []
    counts = {name: sum(row[name] for row in soak["inputs"]) for name in ("tried", "refused", "right")}
    assert counts["tried"] >= 300
    assert counts["refused"] > 100
    assert counts["right"] > 50


def test_of_simultaneous_starts_one_is_inside(soak: dict[str, Any]) -> None:
    assert _faults(soak, "starts") == []
    assert sum(row["tries"] for row in soak["starts"]) >= 18
    assert all(row["inside"] >= row["tries"] for row in soak["starts"])
    assert all(row["two inside"] == 0 for row in soak["starts"])


def test_full_and_foreign_disks_are_told_in_a_line(soak: dict[str, Any]) -> None:
    assert _faults(soak, "disks") == []
    assert {"full disk", "read-only"} == {row["trouble"] for row in soak["disks"]}
