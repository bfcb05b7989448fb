"""The scaling run: runs of a moment, finished ones kept, and the line through the last two amounts."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import pretraining_scale as scale
import pytest

from unfreeze.pretraining.settings import TransformerSize


def ended(pieces: int, loss: float, hours: float) -> scale.Ended:
    return scale.Ended("tiny", pieces, 1_000_000, loss, hours, "bf16, 2 cores", ((pieces, loss),))


def test_the_front_has_what_is_beaten_by_no_shorter_run() -> None:
    found = {
        "tiny": [ended(1, 7.0, 0.1), ended(3, 5.5, 0.3)],
        "mini": [ended(1, 6.9, 0.2), ended(3, 5.6, 0.6)],  # the second takes longer than a better one
        "small": [ended(1, 7.1, 0.2), ended(3, 5.0, 1.0)],
    }
    assert [(one.hours, one.loss) for one in scale.best(found)] == [(0.1, 7.0), (0.2, 6.9), (0.3, 5.5), (1.0, 5.0)]


def test_a_size_without_a_run_of_an_amount_has_a_gap_in_the_table() -> None:
    said = scale.told(
        {"tiny": [ended(500_000, 7.0, 0.1), ended(1_500_000, 6.0, 0.3)], "mini": [ended(500_000, 6.5, 1)]}
    )
    assert "| mini | 1.0 M | 6.500 in 60 min | – |" in said
    assert "tiny 0.5 M (7.00), tiny 1.5 M (6.00)." in said


def test_runs_are_made_once_and_share_the_prepared_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(0)
    words = [f"w{draw.choice('abcdefgh')}{draw.choice('abcdefgh')}" for _ in range(80)]
    lines = [" ".join(draw.choices(words, k=8)).capitalize() + "." for _ in range(600)]
    (tmp_path / "text.txt").write_text("\n\n".join(" ".join(lines[i : i + 6]) for i in range(0, 600, 6)) + "\n")
    size = TransformerSize(1, 16, 2, 32, 200, 16, 256, 1e-3)
    monkeypatch.setattr(scale, "SIZES", {"tiny": size, "mini": replace(size, width=32)})
    out = tmp_path / "out"
    command = ["scale", str(tmp_path / "text.txt"), "--out", str(out), "--json", str(tmp_path / "found.json")]
    monkeypatch.setattr(sys, "argv", [*command, "--svg", str(tmp_path / "found.svg"), "--amounts", "512", "1024"])
    scale.main()
    assert sorted(path.name.split("-")[0] for path in (out / "prepared").iterdir()) == ["corpus", "tokenizer"]
    found = json.loads((tmp_path / "found.json").read_text())
    assert [[run["pieces"] for run in runs] for runs in found.values()] == [[512, 1024], [512, 1024]]
    assert "<svg" in (tmp_path / "found.svg").read_text()
    made = {path: path.stat().st_mtime_ns for path in out.rglob("pretraining.json")}
    capsys.readouterr()
    scale.main()
    assert {path: path.stat().st_mtime_ns for path in out.rglob("pretraining.json")} == made
    assert capsys.readouterr().out.startswith("| size |")
