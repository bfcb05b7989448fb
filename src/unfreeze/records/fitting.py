"""Whether what the files of a comparison say fits each other: labels, metric, test items, predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say
from unfreeze.records.comparison import AGAIN, RUN_AGAIN, FloorRecord, RunRecord, TestRecord
from unfreeze.records.forecasts import Forecasts
from unfreeze.records.setting import REMOVE, Setting
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import judges, ranks


def label_problem(task: Task, labels: LabelSpace) -> str | None:
    """What a task cannot have of its labels; None where all is well."""
    return task.target.space_problem(labels, task.kind)


def check_setting(folder: Path, setting: Setting) -> None:
    """Raise `InputError` where labels or metric of `comparison.json` are not those of its task."""
    problem = label_problem(setting.task, setting.labels)
    if not problem and not judges(setting.task, setting.labels, setting.metric):
        problem = say("the metric {metric} for {kind}", metric=briefly(setting.metric), kind=setting.task.kind)
    if problem:
        raise InputError(
            say("has {problem}; {remove}", problem=problem, remove=REMOVE), where=str(folder / "comparison.json")
        )


def check_test_items(folder: Path, setting: Setting, items: Sequence[Example]) -> None:
    """Raise `InputError` where test items are not of the task, or their labels not in its label space."""
    where, task = str(folder / "items.parquet"), setting.task
    if not items:
        raise InputError(say("contains no test items; {again}", again=AGAIN), where=where)
    for number, item in enumerate(items, start=1):
        if (task.pair and item.text_b is None) or (task.target.per_word and not item.words):
            raise InputError(
                say("row {number} is not an item of {kind}; {again}", number=number, kind=task.kind, again=AGAIN),
                where=where,
            )
    problem = _fault(setting, [item.label for item in items], items, gold=True)
    if problem:
        raise InputError(say("column 'gold', {problem}; {again}", problem=problem, again=AGAIN), where=where)


def check_record(folder: Path, setting: Setting, name: str, record: RunRecord) -> None:
    """Raise `InputError` where a run's record is another run's, or lacks the metric."""
    where = str(folder / "runs" / name / "record.json")
    if record.id != name:
        raise InputError(
            say("is the record of another run, {id}; {run_again}", id=shown(record.id), run_again=RUN_AGAIN),
            where=where,
        )
    _check_metric(setting, record.dev, "dev", where, RUN_AGAIN)


def check_test(folder: Path, setting: Setting, run: str, test: TestRecord, items: Sequence[Example]) -> None:
    """Raise `InputError` where a run's test scores or predictions are not of these items."""
    where = folder / "runs" / run
    _check_metric(setting, test.metrics, "metrics", str(where / "test.json"), RUN_AGAIN)
    _check_predictions(setting, test.predictions, items, str(where / "test.parquet"), RUN_AGAIN)
    if test.confidence and len(test.confidence) != len(items):
        found = say(
            "{confidence} confidences for {items} test items", confidence=len(test.confidence), items=len(items)
        )
        raise InputError(
            say("{found}; {run_again}", found=found, run_again=RUN_AGAIN), where=str(where / "test.parquet")
        )
    _check_forecasts(setting, test.forecasts, items, str(where / "test.parquet"), RUN_AGAIN)


def check_metrics(folder: Path, tests: Mapping[str, TestRecord]) -> None:
    """Raise `InputError` where a run's test scores are not those that the other runs have."""
    names = {run: set(test.metrics) for run, test in tests.items()}
    usual = max(names.values(), key=list(names.values()).count, default=set())
    for run, found in names.items():
        if found != usual:
            problem = say(
                "has the metrics {found}, other runs {usual}", found=listed(sorted(found)), usual=listed(sorted(usual))
            )
            raise InputError(
                say("{problem}; {run_again}", problem=problem, run_again=RUN_AGAIN),
                where=str(folder / "runs" / run / "test.json"),
            )


def check_floor(folder: Path, setting: Setting, floor: FloorRecord, items: Sequence[Example]) -> None:
    """Raise `InputError` where the floor's scores or predictions are not of these items."""
    for name, scores in (("dev", floor.dev), ("test", floor.test)):
        _check_metric(setting, scores, name, str(folder / "floor.json"), AGAIN)
    _check_predictions(setting, floor.predictions, items, str(folder / "floor.json"), AGAIN)
    _check_forecasts(setting, floor.forecasts, items, str(folder / "floor.parquet"), AGAIN)


def check_score(setting: Setting, told: float, found: float, where: Path, remedy: str) -> None:
    """Raise `InputError` where a score that was written is not what the predictions give, as far as one is defined."""
    if not math.isnan(found) and not math.isclose(told, found, rel_tol=1e-6, abs_tol=1e-6):
        problem = say(
            "says {metric} {told:.6g}, but the predictions beside it give {found:.6g}",
            metric=setting.metric,
            told=told,
            found=found,
        )
        raise InputError(say("{problem}; {remedy}", problem=problem, remedy=remedy), where=str(where))


def _check_metric(setting: Setting, scores: Mapping[str, float], name: str, where: str, remedy: str) -> None:
    if setting.metric not in scores:
        raise InputError(
            say(
                "{name}: has no {metric}, the metric of this comparison; {remedy}",
                name=name,
                metric=setting.metric,
                remedy=remedy,
            ),
            where=where,
        )


def _check_forecasts(
    setting: Setting, forecasts: Forecasts | None, items: Sequence[Example], where: str, remedy: str
) -> None:
    names = len(setting.labels.names)
    if forecasts is not None and not forecasts.fits(len(items), names):
        found = say(
            "probabilities of other items or labels than the {items} test items' {names}", items=len(items), names=names
        )
        raise InputError(say("{found}; {remedy}", found=found, remedy=remedy), where=where)
    if ranks(setting.task) and (forecasts is None or forecasts.likely is None):
        raise InputError(
            say("has no probabilities, of which {metric} is computed; {remedy}", metric=setting.metric, remedy=remedy),
            where=where,
        )


def _check_predictions(
    setting: Setting, predictions: Sequence[Any], items: Sequence[Example], where: str, remedy: str
) -> None:
    if len(predictions) != len(items):
        raise InputError(
            say(
                "{predictions} predictions for {items} test items; {remedy}",
                predictions=len(predictions),
                items=len(items),
                remedy=remedy,
            ),
            where=where,
        )
    problem = _fault(setting, predictions, items, gold=False)
    if problem:
        raise InputError(say("column 'prediction', {problem}; {remedy}", problem=problem, remedy=remedy), where=where)


def _fault(setting: Setting, labels: Sequence[Any], items: Sequence[Example], *, gold: bool) -> str | None:
    """The first label that the task cannot have. Gold tags may be such as no training sentence has."""
    known = frozenset(setting.labels.names)
    for number, (label, item) in enumerate(zip(labels, items, strict=True), start=1):
        if problem := setting.task.target.label_problem(label, item, known, gold):
            return f"row {number}: {problem}"
    return None
