"""trackio's own reader finds what was logged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from made_arms import change

from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.tracking.read import read_tracked
from unfreeze.tracking.tracked import Logged, TrackedRun

pytest.importorskip("trackio", reason="trackio is not installed; requirements-dev.lock has it")
import trackio
from trackio.sqlite_storage import SQLiteStorage

from unfreeze.tracking.trackio_log import CONTENT, log_to_trackio


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """trackio takes its folder when it is imported; in a process of tests it is put in the place of that one."""
    for module in (trackio, trackio.utils, trackio.sqlite_storage):
        monkeypatch.setattr(module, "TRACKIO_DIR", tmp_path / "trackio")
    monkeypatch.setattr(os, "environ", {**os.environ, "TRACKIO_STORAGE_MODE": "sqlite"})
    yield
    trackio.sqlite_storage._close_all_persistent_connections()


def _logged(folder: Path, project: str = "p") -> Logged:
    return log_to_trackio(read_tracked(folder, "it"), project, None)


def _found(run: TrackedRun) -> Any:
    (found,) = [
        one for one in trackio.Api().runs("p") if one.name == run.full_name and one.config["_Group"] == run.group
    ]
    return found


def _rows(run: TrackedRun) -> list[dict[str, Any]]:
    rows = SQLiteStorage.get_logs("p", run.full_name, run_id=_found(run).id)
    assert all(isinstance(row, dict) for row in rows)
    return list(rows)


def test_curves_scores_settings_and_times_are_read_back(comparison: Callable[..., Path]) -> None:
    folder = comparison("classification")
    judge(folder)
    tracked = read_tracked(folder, "it")
    done = _logged(folder)
    assert (done.new, done.replaced, done.kept) == (len(tracked.every), 0, 0)
    assert len(trackio.Api().runs("p")) == len(tracked.every)
    for run in tracked.runs:
        rows = _rows(run)
        read = {(name, row["step"]): value for row in rows for name, value in row.items()
                if name not in ("step", "timestamp")}  # fmt: skip
        told = {(name, one.step): value for one in run.readings for name, value in one.values.items()}
        assert read == told | {(name, run.step): value for name, value in run.scores.items()}
        times = sorted(datetime.fromisoformat(row["timestamp"]).timestamp() for row in rows)
        assert times == pytest.approx(sorted([*(run.start + one.seconds for one in run.readings), run.end]))
        config = {name: value for name, value in _found(run).config.items() if name[0] != "_" and name != CONTENT}
        assert config == {**run.params, **run.tags, "group": run.group}


def test_the_verdict_is_a_report_in_markdown(comparison: Callable[..., Path]) -> None:
    folder = comparison("classification")
    judge(folder)
    _logged(folder)
    summary = read_tracked(folder, "it").summary
    (note,) = [row["verdict"] for row in _rows(summary) if "verdict" in row]
    assert note == trackio.Markdown(summary.note)._to_dict()


def test_what_is_there_is_not_logged_again(comparison: Callable[..., Path]) -> None:
    folder = comparison("classification")
    _logged(folder)
    tracked = read_tracked(folder, "it")
    before = {run.id: _rows(run) for run in tracked.every}
    done = _logged(folder)
    assert (done.new, done.replaced, done.kept) == (0, 0, len(tracked.every))
    assert {run.id: _rows(run) for run in tracked.every} == before
    change(folder / "runs" / tracked.runs[0].tags["run"] / "record.json", lambda record: record.update(peak_mb=7.0))
    done = _logged(folder)
    assert (done.new, done.replaced, done.kept) == (0, 1, len(tracked.every) - 1)
    assert [row["cost/peak_mb"] for row in _rows(tracked.runs[0]) if "cost/peak_mb" in row] == [7.0]
    assert len(trackio.Api().runs("p")) == len(tracked.every)


def test_names_and_folders_that_trackio_cannot_have_are_refused(
    comparison: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = comparison("classification")
    with pytest.raises(InputError, match="reserved"):
        _logged(folder, "registry-mine")
    with pytest.raises(InputError, match="in use with"):
        log_to_trackio(read_tracked(folder, "it"), "p", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(os, "environ", {**os.environ, "TRACKIO_STORAGE_MODE": "jsonl"})
    with pytest.raises(InputError, match="network file system"):
        _logged(folder)
