"""The whole question with several labels a text: thresholds repeat in the bundle, files of predictions, the report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import unfreeze

KIND = "multilabel-classification"


@pytest.fixture
def out(answered: Callable[[str], Path]) -> Path:
    """A finished comparison."""
    return answered(KIND)


def _told(out: Path) -> list[list[str]]:
    """Test predictions of the bundle's run."""
    run = json.loads((out / "bundle" / "bundle.json").read_text(encoding="utf-8"))["run"]
    return pq.read_table(out / "runs" / run / "test.parquet")["prediction"].to_pylist()  # type: ignore[no-any-return]


def test_a_bundle_predicts_what_was_judged(out: Path, data_of: Callable[[str], Path]) -> None:
    rows = [json.loads(line) for line in (data_of(KIND) / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    said = unfreeze.load(out / "bundle").predict([row["text"] for row in rows])
    assert [list(labels) for labels in said] == _told(out)  # type: ignore[arg-type]


def test_every_run_records_its_thresholds(out: Path) -> None:
    for path in out.glob("runs/*/record.json"):
        assert 0 < json.loads(path.read_text(encoding="utf-8"))["chosen"]["threshold"] < 1


def test_predictions_are_written_with_the_probability_of_each_label(
    out: Path, data_of: Callable[[str], Path], tmp_path: Path, command_line: Callable
) -> None:
    test = data_of(KIND) / "test.jsonl"
    for suffix in (".jsonl", ".tsv"):
        code, _, complaint = command_line("predict", out / "bundle", test, "--out", tmp_path / f"said{suffix}")
        assert code == 0, complaint
    lines = [json.loads(line) for line in (tmp_path / "said.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["label"] for line in lines] == _told(out)
    assert all(list(line["probabilities"]) == ["bad", "good", "person"] for line in lines)
    with (tmp_path / "said.tsv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened, delimiter="\t"))
    for row, line in zip(rows, lines, strict=True):
        assert row["label"] == ";".join(line["label"])
        likely = [f"{line['probabilities'][name]:.4f}" for name in line["label"]]
        assert row["probabilities"] == ";".join(likely)
        assert row["text"] == line["text"]


def test_the_report_has_a_table_by_label(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "A label of a text counts as found when it is in both gold and prediction." in page
    assert "test texts have a missed or false label" in page
    assert "Labels that occur together most often in train" in page
    assert "always answering" in page
