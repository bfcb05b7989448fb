"""MLflow's own client finds what was logged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_arms import change

from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.tracking.mlflow_log import _allowed, log_to_mlflow
from unfreeze.tracking.read import read_tracked
from unfreeze.tracking.tracked import Logged, TrackedRun

Made = Callable[..., Path]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow puts artifacts of a database into the folder that one is in."""
    monkeypatch.chdir(tmp_path)


def _client(tmp_path: Path) -> Any:
    pytest.importorskip("mlflow", reason="mlflow is not installed: half a gigabyte is too much for a check")
    from mlflow import MlflowClient

    return MlflowClient(_place(tmp_path))


def _place(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ml.db"


def _logged(folder: Path, tmp_path: Path, name: str = "it") -> Logged:
    return log_to_mlflow(read_tracked(folder, name), "p", _place(tmp_path))


def _found(client: Any, run: TrackedRun) -> Any:
    experiment = client.get_experiment_by_name("p").experiment_id
    (found,) = client.search_runs(
        [experiment], f"attributes.run_name = '{run.full_name}' and tags.`group` = '{run.group}'"
    )
    return found


def test_names_are_such_as_mlflow_takes_and_stay_apart() -> None:
    names = ["test/f1:积极", "test/f1:<b>", "test/f1:|b|", "a//b", "x" * 300, "x" * 301, "..", "dev/accuracy"]
    allowed = _allowed(names)
    assert allowed["dev/accuracy"] == "dev/accuracy"
    assert allowed["test/f1:积极"] == "test/f1:积极"
    assert len(set(allowed.values())) == len(names)
    assert max(map(len, allowed.values())) <= 250


def test_curves_scores_settings_and_times_are_read_back(comparison: Made, tmp_path: Path) -> None:
    client = _client(tmp_path)
    folder = comparison("classification", names=("<b>", "积极", "a|b"), metric="f1:<b>")
    judge(folder)
    tracked = read_tracked(folder, "it")
    done = _logged(folder, tmp_path)
    assert (done.new, done.replaced, done.kept) == (len(tracked.every), 0, 0)
    summary = _found(client, tracked.summary)
    for run in tracked.runs:
        found = _found(client, run)
        names = _allowed([*(name for one in run.readings for name in one.values), *run.scores])
        read = {
            (name, point.step, point.timestamp, point.value)
            for name in found.data.metrics for point in client.get_metric_history(found.info.run_id, name)
        }  # fmt: skip
        told = {(names[name], one.step, round(1000 * (run.start + one.seconds)), value)
                for one in run.readings for name, value in one.values.items()}  # fmt: skip
        assert read == told | {(names[n], run.step, round(1000 * run.end), v) for n, v in run.scores.items()}
        assert found.data.params == {name: str(value) for name, value in run.params.items() if value != ""}
        assert run.tags.items() <= {**found.data.tags, **{n: v for n, v in run.tags.items() if " " in n}}.items()
        assert found.data.tags["mlflow.parentRunId"] == summary.info.run_id
        assert (found.info.start_time, found.info.end_time) == (round(1000 * run.start), round(1000 * run.end))
        assert found.info.status == "FINISHED"
    assert summary.data.tags["mlflow.note.content"] == tracked.summary.note
    assert [file.path for file in client.list_artifacts(summary.info.run_id)] == ["result.json"]
    assert summary.data.metrics == {
        _allowed(tracked.summary.scores)[n]: v for n, v in tracked.summary.scores.items()
    }  # fmt: skip


def test_what_is_there_is_not_logged_again(comparison: Made, tmp_path: Path) -> None:
    client = _client(tmp_path)
    folder = comparison("classification")
    _logged(folder, tmp_path)
    tracked = read_tracked(folder, "it")
    before = {run.id: _found(client, run).info.run_id for run in tracked.every}
    done = _logged(folder, tmp_path)
    assert (done.new, done.replaced, done.kept) == (0, 0, len(tracked.every))
    assert {run.id: _found(client, run).info.run_id for run in tracked.every} == before
    client.set_tag(before[tracked.runs[1].id], "unfreeze.content", "")  # as a process that was killed leaves it
    change(folder / "runs" / tracked.runs[0].tags["run"] / "record.json", lambda record: record.update(peak_mb=7.0))
    judge(folder)  # the verdict, below which the runs are, is another now
    done = _logged(folder, tmp_path)
    assert (done.new, done.replaced, done.kept) == (0, 3, len(tracked.every) - 3)
    tracked = read_tracked(folder, "it")
    parent = _found(client, tracked.summary).info.run_id
    assert parent != before[tracked.summary.id]
    assert {_found(client, run).data.tags["mlflow.parentRunId"] for run in tracked.runs} == {parent}
    assert _found(client, tracked.runs[0]).data.metrics["cost/peak_mb"] == 7.0
    _logged(folder, tmp_path, "another")  # of another name: beside these, which stay
    assert {_found(client, run).data.tags["mlflow.parentRunId"] for run in tracked.runs} == {parent}


def test_an_experiment_that_was_deleted_is_refused(comparison: Made, tmp_path: Path) -> None:
    client = _client(tmp_path)
    client.delete_experiment(client.create_experiment("p"))
    with pytest.raises(InputError, match="was deleted in MLflow"):
        _logged(comparison("classification"), tmp_path)


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("file:///tmp/mlruns", "keeps no runs there"),
        ("mlruns", "keeps no runs there"),
        ("sqlite:////nowhere/at/all/x.db", "no such folder"),
    ],
)
def test_addresses_that_mlflow_does_not_keep_runs_at_are_refused(comparison: Made, place: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        log_to_mlflow(read_tracked(comparison("classification"), "it"), "p", place)


def test_a_server_that_does_not_answer_is_one_line(
    comparison: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _client(tmp_path)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(InputError, match=r"^http://127\.0\.0\.1:9: no MLflow server answers there$"):
        log_to_mlflow(read_tracked(comparison("classification"), "it"), "p", "http://127.0.0.1:9")
