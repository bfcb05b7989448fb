"""TensorBoard's own reader finds what was logged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made_arms import change

from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.tracking.read import read_tracked
from unfreeze.tracking.tracked import TrackedRun

pytest.importorskip("tensorboard", reason="tensorboard is not installed; requirements-dev.lock has it")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from unfreeze.tracking.tensorboard_log import log_to_tensorboard

CommandLine = Callable[..., tuple[int, str, str]]


def _read(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def _folder(logdir: Path, run: TrackedRun) -> Path:
    return logdir / "p" / run.group / run.name


def test_curves_scores_settings_and_times_are_read_back(comparison: Callable[..., Path], tmp_path: Path) -> None:
    folder = comparison("classification")
    judge(folder)
    tracked = read_tracked(folder, "it")
    done = log_to_tensorboard(tracked, "p", str(tmp_path / "log"))
    assert (done.new, done.replaced, done.kept) == (len(tracked.every), 0, 0)
    for run in tracked.runs:
        found = _read(_folder(tmp_path / "log", run))
        points = {(name, one.step, run.start + one.seconds): value for one in run.readings
                  for name, value in one.values.items()}  # fmt: skip
        points |= {(name, run.step, run.end): value for name, value in run.scores.items()}
        read = {(tag, e.step, e.wall_time): e.value for tag in found.Tags()["scalars"] for e in found.Scalars(tag)}
        assert read == pytest.approx(points, rel=1e-6)
        begun = metadata.parse_session_start_info_plugin_data(
            found.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
        )
        kinds = {name: value.WhichOneof("kind") for name, value in begun.hparams.items()}
        assert {name: getattr(begun.hparams[name], "_".join((kind.split("_")[0], "value")))
                for name, kind in kinds.items()} == dict(run.params)  # fmt: skip
        assert begun.start_time_secs == run.start
        ended = metadata.parse_session_end_info_plugin_data(
            found.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
        )
        assert ended.end_time_secs == run.end
        (about,) = found.Tensors("about")
        assert f"| run | {run.tags['run']} |" in about.tensor_proto.string_val[0].decode()


def test_the_verdict_is_a_text_beside_its_scores(comparison: Callable[..., Path], tmp_path: Path) -> None:
    folder = comparison("classification")
    judge(folder)
    summary = read_tracked(folder, "it").summary
    log_to_tensorboard(read_tracked(folder, "it"), "p", str(tmp_path / "log"))
    found = _read(_folder(tmp_path / "log", summary))
    assert found.Tensors("verdict")[0].tensor_proto.string_val[0].decode() == summary.note
    assert {tag: found.Scalars(tag)[0].value for tag in found.Tags()["scalars"]} == pytest.approx(
        {name: value for name, value in summary.scores.items() if abs(value) < 3.4e38}
    )


def test_what_is_there_is_not_written_again(comparison: Callable[..., Path], tmp_path: Path) -> None:
    folder = comparison("classification")
    first = read_tracked(folder, "it")
    log_to_tensorboard(first, "p", str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "p").rglob("*")}
    done = log_to_tensorboard(read_tracked(folder, "it"), "p", str(tmp_path))
    assert (done.new, done.replaced, done.kept) == (0, 0, len(first.every))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "p").rglob("*")} == before
    change(folder / "runs" / first.runs[0].tags["run"] / "record.json", lambda record: record.update(peak_mb=7.0))
    done = log_to_tensorboard(read_tracked(folder, "it"), "p", str(tmp_path))
    assert (done.new, done.replaced, done.kept) == (0, 1, len(first.every) - 1)
    assert _read(_folder(tmp_path, first.runs[0])).Scalars("cost/peak_mb")[0].value == 7.0
    assert len(list((tmp_path / "p").rglob("events.*"))) == len(first.every)


def test_folders_of_others_are_not_replaced(comparison: Callable[..., Path], tmp_path: Path) -> None:
    folder = comparison("classification")
    (tmp_path / "p" / "it").mkdir(parents=True)
    (tmp_path / "p" / "it" / "mine").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="not ours"):
        log_to_tensorboard(read_tracked(folder, "it"), "p", str(tmp_path))
    log_to_tensorboard(read_tracked(folder, "other"), "p", str(tmp_path))
    change(folder / "comparison.json", lambda setting: setting["data"].update(question="another"))
    with pytest.raises(InputError, match="contains another comparison of this name"):
        log_to_tensorboard(read_tracked(folder, "other"), "p", str(tmp_path))
    assert (tmp_path / "p" / "it" / "mine").exists()


def test_the_command_logs_and_says_how_to_look(
    command_line: CommandLine, comparison: Callable[..., Path], tmp_path: Path
) -> None:
    folder = comparison("tagging")
    code, said, wrong = command_line("log", folder, "--to", "tensorboard", "--address", tmp_path / "a b")
    assert (code, wrong) == (0, "")
    runs = len(read_tracked(folder, "it").every)
    assert said == (
        f"{tmp_path}/a b/unfreeze/tagging: {runs} runs logged, 0 replaced, 0 unchanged.\n"
        f"To see them: tensorboard --logdir '{tmp_path}/a b'\n"
    )
