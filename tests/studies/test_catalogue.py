"""Every study from the command line on tiny sets, and all of them again without a single new run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.errors import InputError
from unfreeze.runs import engine
from unfreeze.studies import catalogue
from unfreeze.studies.catalogue import STUDIES
from unfreeze.studies.rendering import read_study

Line = Callable[..., tuple[int, str, str]]
TASKS = "sst2,mrpc,ner,mnli"


@pytest.fixture
def line(
    data_root: Path, encoders: dict[str, str], tmp_path: Path, few_steps: None, monkeypatch: pytest.MonkeyPatch
) -> tuple[object, ...]:
    """Options of the command."""
    from unfreeze.studies import domains, label_count, tricks

    monkeypatch.setattr(domains, "LEAST", 5)
    monkeypatch.setattr(domains, "FEWEST", 3)
    monkeypatch.setattr(label_count, "TASKS", ("sst2",))
    monkeypatch.setattr(tricks, "TASKS", ("sst2",))
    monkeypatch.setattr(domains, "DRAWS", 200)
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("The film was good.\n\nThe story with some music.\n", encoding="utf-8")
    return (
        "--data-root", data_root, "--encoders", ",".join(encoders.values()), "--seeds", 2, "--tasks", TASKS,
        "--corpus", corpus, "--device", "cpu", "--out", tmp_path / "out",
    )  # fmt: skip


@pytest.mark.slow
def test_all_studies_and_nothing_twice(
    line: tuple[object, ...], tmp_path: Path, command_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    code, said, complaint = command_line("study", "all", *line)
    assert (code, complaint) == (0, "")
    for name, study in STUDIES.items():
        assert f"{name}: {study.question}" in said
        page = read_study(out, name)
        assert page is not None, name
        assert any(table.rows for table in page.tables), name
        assert page.claims, name
        assert page.figure is not None, name
        assert (out / f"{name}.html").exists()
    index = (out / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}.html"' in index for name in STUDIES)
    findings = (out / "findings.md").read_text(encoding="utf-8")
    assert "No evidence yet" not in findings
    pages = {name: (out / f"{name}.md").read_text(encoding="utf-8") for name in STUDIES}

    def run_again(*_: object) -> None:
        raise AssertionError("nothing is to run again")

    monkeypatch.setattr(engine, "do", run_again)
    code, said, complaint = command_line("study", "all", *line)
    assert (code, complaint) == (0, "")
    for name, before in pages.items():
        assert (out / f"{name}.md").read_text(encoding="utf-8") == before


def test_the_list(command_line: Line) -> None:
    code, said, _ = command_line("study", "list")
    assert code == 0
    for name, study in STUDIES.items():
        assert f"{name:<20} {study.question}" in said


def test_an_unknown_study_is_reported(line: tuple[object, ...], command_line: Line) -> None:
    code, _, complaint = command_line("study", "tabel2", *line)
    assert code == 2
    assert "table2" in complaint


def test_missing_sets_are_reported_and_the_others_still_run(
    line: tuple[object, ...], tmp_path: Path, command_line: Line
) -> None:
    some = list(line)
    some[some.index(TASKS)] = "sst2,wnut17,stsb"
    root = tmp_path / "root"
    root.mkdir()
    (root / "SST").symlink_to(Path(str(line[1])) / "SST")
    some[1] = root
    code, said, complaint = command_line("study", "table2", *some)
    assert (code, complaint) == (0, "")
    assert "STS-B is missing" in said
    values = json.loads((tmp_path / "out" / "table2.json").read_text(encoding="utf-8"))
    assert values["tables"][0]["columns"] == ["", "SST-2"]


def test_a_study_that_fails_does_not_stop_the_others(
    line: tuple[object, ...], encoders: dict[str, str], tmp_path: Path, command_line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def fails(desk: object) -> None:
        raise InputError("is broken", where="somewhere")

    some = list(line)
    some[3] = encoders["BERT"]
    some[some.index(TASKS)] = "mrpc"
    studies = {"layers": replace(STUDIES["layers"], run=fails), "mutual-information": STUDIES["mutual-information"]}
    monkeypatch.setattr(catalogue, "STUDIES", studies)
    code, said, complaint = command_line("study", "all", *some)
    assert code == 2
    assert "layers could not run: somewhere: is broken" in said
    assert "somewhere: is broken" in complaint
    assert 'href="mutual-information.html"' in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
