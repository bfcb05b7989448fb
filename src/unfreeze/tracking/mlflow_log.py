"""A comparison in MLflow: a database or a server; nothing else here imports mlflow."""

from __future__ import annotations

import logging
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from shlex import quote
from typing import Any, TypeVar

from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tracking.tracked import Logged, Tracked, TrackedRun

T = TypeVar("T")
DEFAULT = "sqlite:///mlflow.db"
COMPARISON, RUN, CONTENT = "unfreeze.comparison", "unfreeze.run", "unfreeze.content"
"""Tags by which runs are found again; the last one is written at the end, so that what was only begun is not taken."""
PARENT, NOTE = "mlflow.parentRunId", "mlflow.note.content"
_MOST, _TOGETHER, _LONGEST = 1000, 100, 250
"""Metrics in a call, params or tags in a call, characters of a name: MLflow takes no more."""
_NOTE = 8000
_SILENT = "Max retries exceeded"
_KEPT = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "databricks")


def log_to_mlflow(tracked: Tracked, project: str, address: str | None) -> Logged:
    """Log each run below one that has the verdict; `project` is an experiment.

    Args:
        address: `sqlite:///FILE.db`, `http://SERVER` or what else MLflow calls a tracking URI, but no folder; None
            takes `MLFLOW_TRACKING_URI`, else `sqlite:///mlflow.db`.

    Raises:
        InputError: nothing can be written there.
    """
    place = address or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT
    _check(place)
    with _refused(place):
        client = _client(place)
        experiment = _experiment(client, project)
        before = _before(client, experiment, tracked)
        counts = {"new": 0, "replaced": 0, "kept": 0}
        parent = None
        for run in tracked.every:
            key, done = _log(client, experiment, tracked, run, before.get(_digest(run.id), []))
            counts[done] += 1
            if parent is None:
                parent = key  # the summary comes first
            elif client.get_run(key).data.tags.get(PARENT) != parent:
                client.set_tag(key, PARENT, parent)
    server = place if place.startswith("http") else f"mlflow server --backend-store-uri {quote(place)}"
    return Logged(place, server, **counts)


def _check(place: str) -> None:
    """Raise `InputError` where MLflow would refuse an address, or try it for minutes."""
    scheme, sign, rest = place.partition("://")
    if not sign or scheme.partition("+")[0] not in _KEPT:
        known = "sqlite:///FILE.db, http://HOST:PORT or the URI of a database"
        raise InputError(
            say("MLflow keeps no runs there any more: give {known}", known=known), where=f"--address {place}"
        )
    file = Path(rest.removeprefix("/"))
    if scheme == "sqlite" and not file.parent.is_dir():
        raise InputError("no such folder", where=str(file.parent))


def _client(place: str) -> Any:
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # MLflow's 7 take minutes where nobody answers
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # two lines for each run
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    client = MlflowClient(place)
    client.search_experiments(max_results=1)
    return client


@contextmanager
def _refused(place: str) -> Iterator[None]:
    """What MLflow or its database says becomes an `InputError`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # MLflow's own, those of its databases, which need not be there, and those of requests
        if type(error).__module__.partition(".")[0] not in ("mlflow", "sqlalchemy", "requests") and not isinstance(
            error, ImportError
        ):
            raise
        told = str(error).strip().splitlines() or [type(error).__name__]
        problem = "no MLflow server answers there" if _SILENT in told[0] else f"MLflow cannot use it: {told[0][:200]}"
        raise InputError(problem, where=place) from None


def _experiment(client: Any, project: str) -> str:
    found = client.get_experiment_by_name(project)
    if found is None:
        return str(client.create_experiment(project))
    if found.lifecycle_stage != "active":
        raise InputError("was deleted in MLflow; restore it there, or choose another", where=f"--project {project}")
    return str(found.experiment_id)


def _before(client: Any, experiment: str, tracked: Tracked) -> dict[str, list[Any]]:
    """Runs of this comparison that are there, by what they are of."""
    found: dict[str, list[Any]] = {}
    token = None
    while True:
        asked = f"tags.`{COMPARISON}` = '{_digest(tracked.summary.id)}'"
        page = client.search_runs([experiment], asked, max_results=1000, page_token=token)
        for run in page:
            found.setdefault(run.data.tags.get(RUN, ""), []).append(run)
        token = page.token
        if not token:
            return found


def _log(client: Any, experiment: str, tracked: Tracked, run: TrackedRun, before: Sequence[Any]) -> tuple[str, str]:
    """Log a run unless it is there; its id in MLflow, and what was done. What it was before is deleted."""
    same = [old.info.run_id for old in before if old.data.tags.get(CONTENT) == run.content]
    key = same[0] if same else _logged(client, experiment, tracked, run)
    for old in before:
        if old.info.run_id != key:
            client.delete_run(old.info.run_id)
    return key, "kept" if same else "replaced" if before else "new"


def _logged(client: Any, experiment: str, tracked: Tracked, run: TrackedRun) -> str:
    from mlflow.entities import Metric, Param, RunTag

    own = {COMPARISON: _digest(tracked.summary.id), RUN: _digest(run.id), "mlflow.source.name": "unfreeze"}
    made = client.create_run(experiment, start_time=_ms(run.start), tags=own, run_name=run.full_name)
    key = str(made.info.run_id)
    points = [(name, value, run.start + one.seconds, one.step) for one in run.readings
              for name, value in one.values.items()]  # fmt: skip
    points += [(name, value, run.end, run.step) for name, value in run.scores.items()]
    names = _allowed(name for name, *_ in points)
    for some in _lots(points, _MOST):
        metrics = [Metric(names[name], value, _ms(time), step) for name, value, time, step in some]
        client.log_batch(key, metrics=metrics)
    params = [Param(name, str(run.params[old])) for old, name in _allowed(run.params).items() if run.params[old] != ""]
    tags = {"group": run.group, **run.tags}
    noted = {NOTE: run.note[:_NOTE]} if run.note else {}
    kept = [RunTag(name, tags[old]) for old, name in _allowed(tags).items()]
    kept += [RunTag(name, value) for name, value in noted.items()]
    for kind, values in (("params", params), ("tags", kept)):
        for lot in _lots(values, _TOGETHER):
            client.log_batch(key, **{kind: lot})
    for file in run.files:
        client.log_artifact(key, str(file))
    client.set_tag(key, CONTENT, run.content)
    client.set_terminated(key, "FINISHED", end_time=_ms(run.end))
    return key


def _allowed(names: Iterable[str]) -> dict[str, str]:
    """Names as MLflow takes them; those that would become the same are numbered."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        plain = re.sub(r"[^\w.\- :/]", "_", name)[:_LONGEST]
        plain = plain if posixpath.normpath(plain) == plain else plain.replace("/", "_").strip(".") or "_"
        number, taken = 1, plain
        while taken in found.values():
            number += 1
            taken = f"{plain[: _LONGEST - 8]}_{number}"
        found[name] = taken
    return found


def _lots(values: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (values[start : start + most] for start in range(0, len(values), most))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
