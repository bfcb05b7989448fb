"""Cells are measured once, by whichever study; results come from the run folders alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unfreeze.errors import InputError
from unfreeze.methods.table import method_named
from unfreeze.studies import desk as module
from unfreeze.studies.asked import Cell, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.kept import SUFFIX, read_kept
from unfreeze.studies.page_of import _time
from unfreeze.studies.published import WAYS
from unfreeze.studies.recipes import paper_recipes

MakeDesk = Callable[..., Desk]


def measure(desk: Desk, cell: Cell) -> Measured:
    return desk.measured({"it": cell})["it"]


def cell_of(desk: Desk, task: str = "sst2", method: str = "fine-tuning", **changes: object) -> Cell:
    one = desk.encoders()[0]
    made = Cell(task, one.name, paper_recipes(desk.asked, one, task, method_named(method)), (0, 1))
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_cell_is_what_its_runs_say(make_desk: MakeDesk) -> None:
    desk = make_desk()
    found = measure(desk, cell_of(desk))
    assert found.statistics.shape == (2, 24, 2)
    assert found.scores == pytest.approx(found.statistics[:, :, 0].mean(1))
    assert found.mean == pytest.approx(found.scores.mean())
    assert found.std == pytest.approx(abs(found.scores[0] - found.scores[1]) / np.sqrt(2))
    low, high = found.interval[1:]
    assert low <= found.mean <= high
    assert found.train_examples == 40
    assert found.recipe == found.cell.recipes[0]
    assert found.layer_weights is None
    assert len(found.machines) == 1
    assert _time([found]) == f"{found.train_s / 60:.0f} min on {found.machines[0]}"
    assert 0.5 <= found.constant < 1  # the more frequent of two classes
    weights = list(desk.asked.out.glob("runs/*/runs/*/weights.safetensors"))
    assert not weights  # records and predictions stay, weights do not


def test_what_was_measured_is_not_measured_again(make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk()
    cells = {method: cell_of(desk, method=method) for method in WAYS}
    before = desk.measured(cells)
    monkeypatch.setattr(module, "follow", None)  # would fail if it were called
    again = make_desk().measured(cells)
    assert list(before) == list(again) == list(WAYS)
    for a, b in zip(before.values(), again.values(), strict=True):
        assert np.array_equal(a.statistics, b.statistics)
        assert replace(a, statistics=0) == replace(b, statistics=0)  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["sst2", "sick-r", "ner"])
def test_what_was_kept_of_a_cell_is_enough_to_judge_it_elsewhere(
    task: str, make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its runs, to the last bit, in one small file that has no text."""
    desk = make_desk()
    cell = cell_of(desk, task, WAYS[0])
    before = measure(desk, cell)
    (kept,) = (desk.asked.out / "cells").glob(f"*{SUFFIX}")
    shutil.rmtree(desk.asked.out / "runs")
    desk._mark(cell).unlink()
    monkeypatch.setattr(module, "follow", None)  # would fail if it were called
    again = measure(make_desk(), cell)
    assert np.array_equal(before.statistics, again.statistics)
    assert replace(before, statistics=0) == replace(again, statistics=0)  # type: ignore[arg-type]
    whole = json.dumps(asdict(read_kept(kept)[0]))
    for example in desk.dataset(cell).test:
        assert example.text not in whole
    kept.write_bytes(kept.read_bytes()[:200])
    with pytest.raises(InputError, match=r"cannot be read: .*; delete it, so that its cell is measured again"):
        measure(make_desk(), cell)


def test_cells_that_were_kept_say_in_which_precision(make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk()
    measure(desk, cell_of(desk))
    shutil.rmtree(desk.asked.out / "runs")
    desk._mark(cell_of(desk)).unlink()
    other = "fp32" if desk.precision == "bf16" else "bf16"
    monkeypatch.setattr("unfreeze.runs.place.precision_to_use", lambda device, begun: begun or other)
    assert make_desk().precision == desk.precision


def test_a_killed_run_is_resumed(make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that were finished are kept, though the cell was not."""
    desk = make_desk()
    cell = cell_of(desk)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "score_on_test", stopped)
        with pytest.raises(KeyboardInterrupt):
            measure(desk, cell)
    records = list(desk.asked.out.glob("runs/*/runs/*/record.json"))
    assert len(records) == 2
    times = [path.stat().st_mtime_ns for path in records]
    found = measure(make_desk(), cell)
    assert len(found.scores) == 2
    assert [path.stat().st_mtime_ns for path in records] == times


def test_what_a_process_left_that_was_killed_at_its_end_is_tidied_up(make_desk: MakeDesk) -> None:
    measure(make_desk(), cell_of(make_desk()))
    desk = make_desk()
    folder = desk.folder(cell_of(desk))
    run = next(folder.glob("runs/*"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    (run / "weights.safetensors").write_bytes(b"large")
    (folder / ".lock").touch()
    other = desk.asked.out / "runs" / "another"  # not asked for now: it may be resumed later
    (other / "runs" / "a").mkdir(parents=True)
    (other / "runs" / "a" / "weights.safetensors").write_bytes(b"large")
    measure(desk, cell_of(desk))
    desk.tidy()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    assert (other / "runs" / "a" / "weights.safetensors").exists()


def test_seeds_subsets_sizes_and_weights_are_other_cells(
    make_desk: MakeDesk, encoders: dict[str, str], tmp_path: Path
) -> None:
    desk = make_desk()
    base = cell_of(desk, rows=32)
    others = [replace(base, **change) for change in ({"seeds": (0,)}, {"rows": 36}, {"subset": 1})]  # type: ignore[arg-type]
    marks = {desk._mark(cell) for cell in (base, *others)}
    assert len(marks) == 4
    folders = {desk.folder(cell) for cell in (base, *others)}
    assert len(folders) == 3
    first, second = (desk.dataset(replace(base, subset=subset)).train for subset in (0, 1))
    assert len(first) == len(second) == 32
    assert first != second
    weights = Path(encoders["BERT"]) / "model.safetensors"
    kept = weights.read_bytes()
    try:
        from safetensors.torch import load_file, save_file

        save_file({k: t + 1 if t.dtype == torch.float32 else t for k, t in load_file(weights).items()}, weights,
                  {"format": "pt"})  # fmt: skip
        assert make_desk()._mark(base) != desk._mark(base)
    finally:
        weights.write_bytes(kept)


def test_dev_chooses_among_recipes(make_desk: MakeDesk) -> None:
    desk = make_desk()
    base = cell_of(desk)
    slow = replace(base.recipes[0], learning_rate=1e-9)
    good = replace(base.recipes[0], learning_rate=1e-2, epochs=12)
    found = measure(desk, replace(base, recipes=(slow, good)))
    assert found.recipe == good


def test_a_missing_set_is_reported_once(make_desk: MakeDesk) -> None:
    said: list[str] = []
    desk = make_desk(said)
    assert desk.tasks("wnut17", "sst2") == ["sst2"]
    assert desk.tasks("wnut17") == []
    assert len(said) == 1
    assert "WNUT-17 is missing" in said[0]
    assert "github.com/leondz" in said[0]


def test_only_the_tasks_asked_for(make_desk: MakeDesk) -> None:
    assert make_desk(tasks=("mrpc",)).tasks("sst2", "mrpc") == ["mrpc"]


def test_encoders_by_role(make_desk: MakeDesk, encoders: dict[str, str]) -> None:
    desk = make_desk(encoders=tuple(encoders.values()))
    assert {one.role: one.name for one in desk.encoders()} == encoders
    assert [one.name for one in desk.encoders("ELMo")] == [encoders["ELMo"]]
    assert [one.tunable for one in desk.encoders()] == [True, True, False]
    assert desk.encoders()[0].shown == "bert"
    with pytest.raises(InputError):
        make_desk(encoders=("no/such/encoder",)).encoders()


def test_a_recipe_that_does_not_fit_is_reported(make_desk: MakeDesk) -> None:
    desk = make_desk()
    cell = cell_of(desk)
    with pytest.raises(InputError, match="does not fit"):
        measure(desk, replace(cell, recipes=(replace(cell.recipes[0], head="crf"),)))


def test_dev_is_no_larger_than_train_and_test_than_asked(make_desk: MakeDesk) -> None:
    desk = make_desk(tested=33)
    cell = desk.cell("mnli", desk.about(desk.asked.encoders[0]))
    whole = desk.whole(cell)
    assert len(whole.dev) > 8
    assert len(whole.test) > 33
    found = desk.dataset(cell)
    assert (found.train, found.dev) == (whole.train, whole.dev)
    assert len(found.test) == 33
    assert set(found.test) < set(whole.test)
    cut = desk.dataset(replace(cell, rows=8, tested=None))
    assert len(cut.train) == len(cut.dev) == 8
    assert set(cut.dev) < set(whole.dev)
    assert cut.test == whole.test
    assert any("8 of" in line and "dev examples" in line for line in cut.notes)


def test_genres(make_desk: MakeDesk) -> None:
    desk = make_desk()
    cell = cell_of(desk, "mnli")
    whole = desk.dataset(cell)
    assert sorted(desk.genres(cell, 10)) == ["fiction", "telephone", "travel"]
    assert desk.genres(cell, 1000) == []
    with pytest.raises(InputError, match="no column 'genre'"):
        desk.genres(cell_of(desk, "mrpc"), 10)
    one = desk.dataset(replace(cell, genre="travel", rows=20))
    assert len(one.train) == 20
    assert len(one.test) == 32
    texts = {e.text for e in whole.test}
    assert {e.text for e in one.test} < texts


def test_a_run_without_test_scores_is_reported(make_desk: MakeDesk) -> None:
    desk = make_desk()
    cell = cell_of(desk)
    measure(desk, cell)
    next(desk.asked.out.glob("runs/*/runs/*/test.json")).unlink()
    with pytest.raises(InputError, match="no test scores"):
        measure(make_desk(), cell)


def test_a_stopwatch_does_not_measure_cells_again(make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk()
    begun = desk.precision
    measure(desk, cell_of(desk))
    other = "fp32" if begun == "bf16" else "bf16"
    monkeypatch.setattr("unfreeze.encoders.precision.fast_precision", lambda device: other)
    again = make_desk()
    assert again.precision == begun
    assert again._mark(cell_of(again)) == desk._mark(cell_of(desk))


def test_folders_of_older_versions_say_in_what_they_were_begun(make_desk: MakeDesk) -> None:
    """Their cells do not; one encoder may have fallen back to fp32 in a folder that was begun in bf16."""
    desk = make_desk()
    measure(desk, cell_of(desk))
    desk._kept(cell_of(desk)).unlink()
    mark = desk._mark(cell_of(desk))
    mark.write_text(json.dumps({k: v for k, v in json.loads(mark.read_text()).items() if k != "precision"}))
    setting = next(desk.asked.out.glob("runs/*/comparison.json"))
    for precisions, begun in ((("fp32",), "fp32"), (("bf16",), "bf16"), (("fp32", "bf16"), "bf16")):
        for number, precision in enumerate(precisions):
            values = json.loads(setting.read_text(encoding="utf-8"))
            values["environment"] = {"precision": precision}
            other = setting.parent.with_name(f"{setting.parent.name}{number or ''}")
            other.mkdir(exist_ok=True)
            (other / "comparison.json").write_text(json.dumps(values), encoding="utf-8")
        assert make_desk().precision == begun


def test_cells_that_share_a_run_follow_each_other(make_desk: MakeDesk) -> None:
    """A run that two cells want must not be made by both at the same time; all others go side by side."""
    cell = cell_of(make_desk())
    (recipe,) = cell.recipes
    other, third = (replace(recipe, learning_rate=rate) for rate in (1e-5, 2e-5))
    renamed = replace(cell, recipes=(replace(recipe, name="same", source="the same"), other))
    cells = [cell, renamed, replace(cell, recipes=(third,)), cell, replace(cell, recipes=(other,), seeds=(0,))]
    lots = list(module.side_by_side(cells))
    assert lots == [[cells[0], cells[2], cells[4]], [renamed]]
    assert list(module.side_by_side([])) == []


def test_cells_of_a_question_are_measured_side_by_side(make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cells go through one call; what each is alone it is beside the other."""
    desk, lots = make_desk(), []
    follow = module.follow

    def counted(bench: Any, flows: Sequence[Any]) -> Any:
        lots.append(len(flows))
        return follow(bench, flows)

    monkeypatch.setattr(module, "follow", counted)
    cells = {method: cell_of(desk, method=method) for method in WAYS}
    together = desk.measured(cells)
    assert lots == [len(WAYS)]
    alone = make_desk(out=desk.asked.out.parent / "alone")
    for method, cell in cells.items():
        assert np.array_equal(measure(alone, cell).statistics, together[method].statistics)
