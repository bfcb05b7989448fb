"""A comparison as TensorBoard's event files; nothing else here imports tensorboard, and TensorFlow is not needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from unfreeze.disk.files import new_folder, write_json
from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError
from unfreeze.inert import in_markdown
from unfreeze.language.message import say
from unfreeze.tracking.tracked import Logged, Tracked, TrackedRun

FOLDER = "runs"
MARK = "unfreeze.json"
_LARGEST = 3.4e38  # what TensorBoard keeps has 32 bits


def log_to_tensorboard(tracked: Tracked, project: str, address: str | None) -> Logged:
    """Write a folder of event files for each run; the comparison's folder is replaced where anything in it changed.

    Args:
        address: the folder to give to `tensorboard --logdir`; None takes `runs`.

    Raises:
        InputError: the folder contains something else, or cannot be written.
    """
    logdir = Path(address or FOLDER)
    folder = logdir / _safe(project) / _safe(tracked.name)
    contents = {run.id: run.content for run in tracked.every}
    before = _written(folder, tracked)
    changed = [run for run in tracked.every if before.get(run.id) != run.content]
    if before != contents:
        with new_folder(folder) as temporary:
            for run in tracked.every:
                arm = run.group.removeprefix(tracked.name).strip("/")  # none of the verdict
                place = (temporary / _safe(arm) if arm else temporary) / _safe(run.name)
                _write(run, place, trial=run is not tracked.summary)
            write_json(temporary / MARK, {"comparison": tracked.summary.id, "runs": contents})
    new = sum(run.id not in before for run in changed)
    shown = f"tensorboard --logdir {quote(str(logdir))}"
    return Logged(str(folder), shown, new, len(changed) - new, len(contents) - len(changed))


def _written(folder: Path, tracked: Tracked) -> dict[str, str]:
    """What was logged before: run to digest."""
    if not folder.exists():
        return {}
    mark = read_typed(folder / MARK, dict[str, str | dict[str, str]], "is missing: the folder is not ours", _ELSE)
    runs = mark.get("runs")
    if mark.get("comparison") != tracked.summary.id or not isinstance(runs, dict):
        raise InputError(say("contains another comparison of this name; {else_}", else_=_ELSE), where=str(folder))
    return runs


_ELSE = "choose another --project or --address, or remove it"


def _safe(name: str) -> str:
    """A name as that of one folder or, with slashes, of several."""
    parts = [re.sub(r"[^\w.+, -]", "_", part).lstrip(".") for part in name.split("/")]
    return "/".join(part or "_" for part in parts)


def _write(run: TrackedRun, folder: Path, *, trial: bool) -> None:
    """Write a run's event file; a `trial` is also a row of the table of settings."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.record_writer import RecordWriter

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"events.out.tfevents.{run.start:.0f}.unfreeze").open("wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=run.start, file_version="brain.Event:2").SerializeToString())
        for time, step, summary in (*_values(run), *(_settings(run) if trial else ())):
            writer.write(Event(wall_time=time, step=step, summary=summary).SerializeToString())


def _values(run: TrackedRun) -> Iterator[tuple[float, int, Any]]:
    """Times and steps with numbers, and with texts."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    for reading in run.readings:
        yield run.start + reading.seconds, reading.step, Summary(value=_scalars(reading.values))
    yield run.end, run.step, Summary(value=_scalars(run.scores))
    for tag, text in (("about", _table(run.tags)), ("verdict", run.note)):
        if text:
            yield run.end, run.step, Summary(value=[_text(tag, text)])


def _settings(run: TrackedRun) -> Iterator[tuple[float, int, Any]]:
    """What makes a row of the table of settings: when the run began and with what, and when it ended."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.api_pb2 import STATUS_SUCCESS
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    yield run.start, 0, hparams_pb(dict(run.params), trial_id=run.full_name, start_time_secs=run.start)
    ended = HParamsPluginData(session_end_info=SessionEndInfo(status=STATUS_SUCCESS, end_time_secs=run.end))
    about = metadata.create_summary_metadata(ended)
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=about, tensor=metadata.NULL_TENSOR)
    yield run.end, 0, Summary(value=[value])


def _scalars(values: Mapping[str, float]) -> list[Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [Summary.Value(tag=name, simple_value=value) for name, value in values.items() if abs(value) < _LARGEST]


def _table(tags: Mapping[str, str]) -> str:
    rows = [f"| {in_markdown(name)} | {in_markdown(value)} |" for name, value in tags.items()]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def _text(tag: str, text: str) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING
    from tensorboard.plugins.text.metadata import create_summary_metadata

    tensor = TensorProto(dtype=DT_STRING, string_val=[text.encode("utf-8")])
    return Summary.Value(tag=tag, metadata=create_summary_metadata(tag, ""), tensor=tensor)
