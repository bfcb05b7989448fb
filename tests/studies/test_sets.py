"""Standard sets: every layout read with its columns, missing ones told, the hub through a package that may be there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from unfreeze.errors import InputError
from unfreeze.plan import plan_from
from unfreeze.runs.question import read_data
from unfreeze.studies.sets import SETS, Layout, find_set, standard_set

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def write_layout(root: Path, layout: Layout, task: str) -> None:
    """Files of a layout with its columns, 30 rows each."""
    folder = root / layout.folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in (layout.train, layout.dev, layout.test):
        if name is None:
            continue
        if task == "tagging":
            rows = ["1\tAnna\t_\tPROPN\t_\t_\t_\t_\t_\t_\n2\truns\t_\tVERB\t_\t_\t_\t_\t_\t_\n"] if name.endswith(
                "conllu") else ["Anna NNP I-NP B-PER\nruns VBZ I-VP O\n"]  # fmt: skip
            (folder / name).write_text("\n".join(rows * 30) + "\n", encoding="utf-8")
            continue
        score = task.endswith("regression")
        columns = [c for c in (layout.text, layout.text_b, layout.label) if c is not None]
        lines = []
        if columns[0].isdecimal():
            width = max(map(int, columns)) + 1
            for i in range(30):
                row = ["-"] * width
                row[int(columns[0])], row[int(columns[-1])] = f"text {i} is here", str(i % 2)
                lines.append("\t".join(row))
        else:
            lines.append("\t".join(columns))
            for i in range(30):
                texts = [f"text {i} is here", f"and {i} another"][: len(columns) - 1]
                lines.append("\t".join([*texts, f"{i / 7:.2f}" if score else f"class{i % 2}"]))
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(("name", "number"), [(name, i) for name, one in SETS.items() for i in range(len(one.layouts))])
def test_every_layout_is_found_and_read(name: str, number: int, tmp_path: Path) -> None:
    standard = SETS[name]
    write_layout(tmp_path, standard.layouts[number], standard.task)
    found = find_set(standard, tmp_path, tmp_path / "downloads")
    assert found is not None
    dataset = read_data(plan_from(found.settings))
    assert dataset.task.kind == standard.task
    assert len(dataset.test) == 30
    assert len(dataset.train) == (30 if standard.layouts[number].dev else 27)
    if not name.startswith(("ner", "wnut", "pos")):
        assert dataset.train[0].text.startswith("text ")
        assert (dataset.train[0].text_b or "and ").startswith("and ")


def test_folders_are_found_whatever_their_case(tmp_path: Path) -> None:
    write_layout(tmp_path, SETS["sst2"].layouts[0], "classification")
    (tmp_path / "sst2").rename(tmp_path / "SST2")
    assert find_set(SETS["sst2"], tmp_path, tmp_path) is not None


def test_a_layout_without_one_of_its_files_is_none(tmp_path: Path) -> None:
    write_layout(tmp_path, SETS["ner"].layouts[0], "tagging")
    (tmp_path / "conll2003" / "eng.testb").unlink()
    assert find_set(SETS["ner"], tmp_path, tmp_path) is None


def test_glue_comes_from_the_hub_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Rows(list):  # type: ignore[type-arg]
        features: ClassVar = {"label": SimpleNamespace(names=["unacceptable", "acceptable"])}

    def load(path: str, configuration: str, revision: str | None) -> dict[str, Rows]:
        asked.append((path, configuration))
        rows = Rows({"sentence": f"line {i} \u2028 of \u201ctext\u201d", "label": i % 2, "idx": i} for i in range(40))
        return {"train": rows, "validation": Rows(rows[:20])}

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load))
    for _ in range(2):
        found = find_set(SETS["cola"], tmp_path, tmp_path / "downloads")
        assert found is not None
        dataset = read_data(plan_from(found.settings))
        assert dataset.labels.names == ("acceptable", "unacceptable")
        assert (len(dataset.test), len(dataset.train) + len(dataset.dev)) == (20, 40)
    assert asked == [("nyu-mll/glue", "cola")]


@pytest.mark.parametrize("fault", ["none", "offline"])
def test_without_the_hub_a_set_is_missing(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: str) -> None:
        raise ConnectionError("no network")

    monkeypatch.setitem(sys.modules, "datasets", None if fault == "none" else SimpleNamespace(load_dataset=load))
    assert find_set(SETS["cola"], tmp_path, tmp_path / "downloads") is None
    assert find_set(SETS["ner"], tmp_path, tmp_path / "downloads") is None
    assert not (tmp_path / "downloads").exists()


def test_an_unknown_set_is_reported() -> None:
    with pytest.raises(InputError, match="mrpc"):
        standard_set("mprc")


@pytest.mark.parametrize("name", SETS)
def test_the_real_sets(name: str) -> None:
    """Each is found where they are, and read whole."""
    if not DATA.exists():
        pytest.skip("the sets are not beside the project")
    root = DATA
    found = find_set(SETS[name], root, root)
    assert found is not None
    dataset = read_data(plan_from({**found.settings, "train_size": 100}))
    assert min(len(dataset.dev), len(dataset.test)) > 100


def test_the_mrpc_of_glue_is_not_taken_for_another(tmp_path: Path) -> None:
    """GLUE's test file has no labels: its columns tell it from the layout with the same file names."""
    write_layout(tmp_path, SETS["mrpc"].layouts[2], "pair-classification")
    (tmp_path / "MRPC" / "test.tsv").write_text("index\t#1 String\t#2 String\n0\ta\tb\n", encoding="utf-8")
    found = find_set(SETS["mrpc"], tmp_path, tmp_path)
    assert found is not None
    assert found.files["test"].endswith("dev.tsv")
    assert "dev is the test set" in found.note
