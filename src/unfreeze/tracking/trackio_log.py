"""A comparison in trackio's local store; nothing else here imports trackio.

Its storage is written to rather than `trackio.init` and `trackio.log`: these put today's time on every row, and only
warn where a row cannot be kept.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from shlex import quote
from typing import Any

from unfreeze.disk.files import writing
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tracking.tracked import Logged, Tracked, TrackedRun

CONTENT = "unfreeze_content"


def log_to_trackio(tracked: Tracked, project: str, address: str | None) -> Logged:
    """Write each run, with its settings, in one transaction.

    Args:
        address: the folder in which trackio keeps its projects; None takes trackio's own.

    Raises:
        InputError: trackio cannot have a project of that name, or its folder cannot be written.
    """
    folder = _folder(address)
    from trackio.sqlite_storage import SQLiteStorage

    try:
        SQLiteStorage.validate_project_name(project)
    except ValueError as error:
        raise InputError(str(error), where="--project") from None
    counts = {"new": 0, "replaced": 0, "kept": 0}
    with writing(folder):
        try:
            for run in tracked.every:
                counts[_log(SQLiteStorage, project, run)] += 1
        except sqlite3.Error as error:
            raise InputError(say("cannot be written: {error}", error=error), where=str(folder)) from None
    place = f"TRACKIO_DIR={quote(str(folder))} " if address else ""
    return Logged(str(folder), f"{place}trackio show --project {quote(project)}", **counts)


def _folder(address: str | None) -> Path:
    """Where trackio keeps its projects; it looks for its setting once, when it is imported."""
    if address is not None and "trackio" not in sys.modules:
        os.environ["TRACKIO_DIR"] = str(Path(address).resolve())
    from trackio.utils import TRACKIO_DIR, get_storage_mode

    if address is not None and Path(TRACKIO_DIR) != Path(address).resolve():
        raise InputError(
            say("trackio is in use with {trackio_dir} already; set TRACKIO_DIR before", trackio_dir=TRACKIO_DIR),
            where="--address",
        )
    if get_storage_mode() != "sqlite":
        raise InputError("is on a network file system; give --address a folder of this machine", where=str(TRACKIO_DIR))
    return Path(TRACKIO_DIR)


def _log(storage: Any, project: str, run: TrackedRun) -> str:
    """Log a run unless it is there; says what was done."""
    key = blake2b(run.id.encode(), digest_size=16).hexdigest()
    before = {record["id"]: record["name"] for record in storage.get_run_records(project)}
    if key in before:
        known = storage.get_run_config(project, before[key], run_id=key) or {}
        if known.get(CONTENT) == run.content:
            return "kept"
        storage.delete_run(project, before[key], run_id=key)
    rows = _rows(run)
    storage.bulk_log(
        project, run.full_name, run_id=key,
        metrics_list=[values for _, _, values in rows],
        steps=[step for step, _, _ in rows],
        timestamps=[time for _, time, _ in rows],
        log_ids=[f"{key}-{run.content}-{number}" for number in range(len(rows))],
        config=_config(run),
    )  # fmt: skip
    return "replaced" if key in before else "new"


def _rows(run: TrackedRun) -> list[tuple[int, str, dict[str, Any]]]:
    """Step, time and values of each row."""
    from trackio import Markdown

    rows = [(one.step, _time(run.start + one.seconds), dict[str, Any](one.values)) for one in run.readings]
    if run.scores:
        rows.append((run.step, _time(run.end), dict(run.scores)))
    if run.note:
        rows.append((run.step, _time(run.end), {"verdict": {"_type": Markdown.TYPE, "_value": run.note}}))
    return rows


def _config(run: TrackedRun) -> dict[str, Any]:
    """Settings and tags, which trackio does not have; names that begin with `_` are trackio's own."""
    own = {"_Username": None, "_Created": _time(run.start), "_Group": run.group}
    return {**run.words, **own, CONTENT: run.content}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
