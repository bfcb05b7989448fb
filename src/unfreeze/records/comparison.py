"""What a comparison leaves on disk, and the only interface between training and judging. No torch here.

A comparison's folder:

    comparison.json             what is known before any training (`records.setting.Setting`)
    items.parquet               the test items with their gold labels
    runs/<id>/record.json       one recipe trained with one seed (`RunRecord`)
    runs/<id>/test.json         its test scores, for the runs that were chosen
    runs/<id>/test.parquet      its prediction for each test item, with probabilities where there are some
    choice.json                 which recipe each method chose on dev, its runs, and what they cost (`Choice`)
    floor.json, floor.parquet   what the words alone reach, and its prediction for each test item (`FloorRecord`)

`result.json`, `report.html` and `bundle/` are made from these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from unfreeze.data.examples import Example, Label
from unfreeze.disk.files import new_file, write_json
from unfreeze.disk.parquet_files import Cells, Kind, read_columns, write_columns
from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.table import method_named
from unfreeze.plan import plain
from unfreeze.recipe import MethodName, Recipe
from unfreeze.records.forecasts import Forecasts, likely_of
from unfreeze.records.setting import MOST_COUNTED, MOST_EPOCHS, MOST_SECONDS, NO_COMPARISON, check_number

AGAIN = say("delete it and start the same command again")
RUN_AGAIN = say("delete the folder of this run and start the same command again")
LEAST_FRESH = 2  # final runs that are needed for a spread between seeds
_SURE = 1 + 1e-6  # as sure as one can be, rounded


@dataclass(frozen=True)
class EpochPoint:
    """State after `epoch` (from 1) and `step` optimiser steps; `dev` is the main metric."""

    epoch: int
    step: int
    train_loss: float
    dev: float
    seconds: float
    learning_rate: float


@dataclass(frozen=True)
class Rung:
    """What a trial had when a set share of its schedule was done, by which it is compared with others.

    Attributes:
        curve: the epochs up to there, of the member that was the best by then.
        work: see `RunRecord.work`.
        last: training ended there, or before, of itself.
    """

    curve: tuple[EpochPoint, ...]
    work: int
    last: bool

    @property
    def dev(self) -> float:
        """The best score up to there."""
        return max(point.dev for point in self.curve)


@dataclass(frozen=True)
class RunRecord:
    """One recipe trained with one seed, scored on dev; never on test (that is `TestRecord`).

    Attributes:
        id: folder name under `runs/`.
        dev: all dev metrics at the kept epoch, fractions.
        best_epoch: the epoch whose weights were kept; 0 if training diverged before the first one ended.
        curve: the epochs with a finite loss and dev score.
        degenerate: one class (or no span, or one number) predicted for every dev item.
        layer_weights: the learned scalar mix, bottom to top; None when nothing was mixed.
        diverged: the loss or dev score became infinite or NaN before training ended.
        chosen: settings chosen on dev inside the run, such as `{"l2": 0.01}`.
        train_s: seconds of training with dev scoring, less what belongs to runs beside it; extraction is not in it.
        peak_mb: peak memory of the process (CPU), with runs beside it, or device (CUDA) during the run.
        trained_parameters: parameters that got gradients.
        stored_mb: megabytes to keep per task: the head for frozen runs, adapters and head for LoRA,
            the whole network for tuned ones.
        work: multiply-adds of training and reading dev, counted (`unfreeze.methods.work`); None in older records.
        states: name of the layer states of train and dev that were read, to the multiply-adds that they take.
        machine: its kind, to which `train_s` belongs: processor with threads, or GPU; None in older records.
        host: its name in the network; None in older records.
        rung: of a trial beside others, unless it was stopped there; None in older records, too.
        stopped: the best score that a trial before it had at the same rung: this trial was too far behind to win and
            was stopped there. It has no weights, and what it has is what it had then: of `dev` the main metric. None
            of all other runs.
    """

    id: str
    method: MethodName
    recipe: Recipe
    seed: int
    dev: Mapping[str, float]
    best_epoch: int
    curve: tuple[EpochPoint, ...]
    degenerate: bool
    layer_weights: tuple[float, ...] | None
    chosen: Mapping[str, float]
    train_s: float
    peak_mb: float
    trained_parameters: int
    stored_mb: float
    examples_per_s: float
    diverged: bool = False
    work: int | None = None
    states: Mapping[str, int] = field(default_factory=dict)
    machine: str | None = None
    host: str | None = None
    rung: Rung | None = None
    stopped: float | None = None


@dataclass(frozen=True)
class TestRecord:
    """The one reading of the test set by a final run: metrics as fractions, predictions in test order.

    Attributes:
        confidence: probability of the predicted class; empty where the head gives none.
        forecasts: probabilities of the labels; None where the head gives none, or an older version wrote the record.
    """

    __test__ = False  # not a pytest class

    metrics: Mapping[str, float]
    degenerate: bool
    predictions: tuple[Label, ...]
    confidence: tuple[float, ...] = ()
    forecasts: Forecasts | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Choice:
    """What one method chose on dev.

    Attributes:
        trials: run ids of all recipes tried. None is a final run, but for that of a single recipe, and in folders of
            older versions the chosen one.
        runs: run ids of the chosen recipe, one a seed; these alone have test records.
        extract_s: seconds to compute the layer states that the chosen recipe reads (0 for fine-tuning).
        extract_all_s: the same of all recipes tried, states that several read once; None in older files.
        latency_ms: median milliseconds to predict 1 text and a batch of 32, keys `"1"` and `"32"`.
        best_run: the run whose weights go into the bundle if this method wins: the best of `runs` on dev.
        machine: the kind of machine that these seconds and milliseconds were measured on; None in older files.
    """

    trials: tuple[str, ...]
    runs: tuple[str, ...]
    extract_s: float
    latency_ms: Mapping[str, float]
    best_run: str
    extract_all_s: float | None = None
    machine: str | None = None

    @property
    def reused(self) -> frozenset[str]:
        """Final runs that were chosen among several trials, as older versions did: their test scores lean upwards."""
        return frozenset(self.trials) & frozenset(self.runs) if len(self.trials) > 1 else frozenset()

    @property
    def judged(self) -> tuple[str, ...]:
        """The final runs that are judged: those that nothing chose, where there are two or more of them, else all."""
        fresh = tuple(run for run in self.runs if run not in self.reused)
        return fresh if len(fresh) >= LEAST_FRESH else self.runs

    @property
    def left_out(self) -> tuple[str, ...]:
        """The final runs that are not judged."""
        return tuple(run for run in self.runs if run not in self.judged)


@dataclass(frozen=True)
class _Floor:
    """`floor.json`: a `FloorRecord` without its predictions."""

    name: str
    question: str
    version: int
    dev: Mapping[str, float]
    test: Mapping[str, float]
    chosen: Mapping[str, float]
    trained_on: int
    train_s: float


@dataclass(frozen=True)
class FloorRecord(_Floor):
    """What a model without an encoder reached.

    Attributes:
        question: of the comparison that it was made for.
        version: of how it is made.
        dev, test: all metrics, fractions.
        chosen: the penalty that was best on dev, by its name.
        trained_on: training examples that were used.
        train_s: seconds for all of it, features and every penalty tried included.
        predictions: of test, in its order.
        forecasts: probabilities of the labels, where the main metric is computed from them.
    """

    predictions: tuple[Label, ...]
    forecasts: Forecasts | None = field(default=None, compare=False)


@dataclass(frozen=True)
class _Scores:
    """`test.json`: a `TestRecord` without its predictions."""

    metrics: Mapping[str, float]
    degenerate: bool


def record_values(record: RunRecord) -> dict[str, Any]:
    """`record.json` as plain values."""
    return {**asdict(record), "recipe": plain(record.recipe)}


def read_record(run: Path) -> RunRecord:
    """Read one run's `record.json`."""
    record = read_typed(run / "record.json", RunRecord, NO_COMPARISON, RUN_AGAIN)
    if record.method != record.recipe.method:
        found = say(
            "is of {method}, but its recipe of {method2}; {run_again}",
            method=record.method,
            method2=record.recipe.method,
            run_again=RUN_AGAIN,
        )
        raise InputError(found, where=str(run / "record.json"))
    if record.rung is not None and not record.rung.curve:
        raise InputError(
            say("has a rung without a reading of dev; {run_again}", run_again=RUN_AGAIN), where=str(run / "record.json")
        )
    epochs = {"recipe.epochs": record.recipe.epochs, "best_epoch": record.best_epoch}
    curves = {"curve": record.curve, "rung.curve": record.rung.curve if record.rung else ()}
    epochs |= {f"{name}.{number}.epoch": point.epoch for name in curves for number, point in enumerate(curves[name])}
    for name, epoch in epochs.items():
        check_number(name, epoch, MOST_EPOCHS, str(run / "record.json"), RUN_AGAIN)
    check_number("train_s", record.train_s, MOST_SECONDS, str(run / "record.json"), RUN_AGAIN)
    check_number("trained_parameters", record.trained_parameters, MOST_COUNTED, str(run / "record.json"), RUN_AGAIN)
    return record


def read_records(folder: Path) -> dict[str, RunRecord]:
    """All finished runs of a comparison by id; unfinished ones (hidden temporary folders) are not seen."""
    runs = sorted((folder / "runs").glob("[!.]*/record.json"))
    return {path.parent.name: read_record(path.parent) for path in runs}


def write_test(run: Path, test: TestRecord) -> None:
    """Write a final run's test predictions, then its scores: `test.json` exists only once both are whole."""
    columns: dict[str, Cells] = {"prediction": [_cell(p) for p in test.predictions]}
    if test.confidence:
        columns["confidence"] = test.confidence
    if test.forecasts is not None:
        columns |= {name: values for name, values in vars(test.forecasts).items() if values is not None}
    _write_columns(run / "test.parquet", columns)
    write_json(run / "test.json", {"metrics": dict(test.metrics), "degenerate": test.degenerate})


def read_test(run: Path) -> TestRecord | None:
    """A run's test record, or None when the run never read the test set."""
    if not (run / "test.json").exists():
        return None
    scores = read_typed(run / "test.json", _Scores, remedy=RUN_AGAIN)
    optional: dict[str, Kind] = {"confidence": "number", "likely": "numbers", "losses": "numbers"}
    table = read_columns(run / "test.parquet", {"prediction": "label"}, optional)
    predictions, confidence = _labels(table["prediction"]), tuple(table.get("confidence", ()))
    likely, losses = table.get("likely"), table.get("losses")
    for name, values in (("confidence", np.array(confidence)), ("likely", likely)):
        _check_shares(name, values, run / "test.parquet", RUN_AGAIN)
    forecasts = None if likely is None and losses is None else Forecasts(likely, losses)
    return TestRecord(scores.metrics, scores.degenerate, predictions, confidence, forecasts)


def _check_shares(name: str, values: Any, where: Path, remedy: str) -> None:
    """Raise `InputError` where a column has what is not a probability; None where there is none."""
    if values is not None and not np.all((values >= 0) & (values <= _SURE)):
        raise InputError(
            say("column '{name}' has a number outside 0 to 1; {remedy}", name=name, remedy=remedy), where=str(where)
        )


def write_items(folder: Path, examples: Iterable[Example]) -> None:
    """Write the test items, in the order of every run's predictions."""
    rows = list(examples)
    columns: dict[str, Cells] = {
        "where": [e.where for e in rows],
        "text": [e.text for e in rows],
        "text_b": [e.text_b for e in rows],
        "words": [None if e.words is None else list(e.words) for e in rows],
        "gold": [_cell(e.label) for e in rows],
    }
    _write_columns(folder / "items.parquet", columns)


def read_items(folder: Path) -> tuple[Example, ...]:
    """The test items with their gold labels."""
    columns: dict[str, Kind] = {
        "where": "text", "text": "text", "text_b": "text or none", "words": "texts or none", "gold": "label",
    }  # fmt: skip
    table = read_columns(folder / "items.parquet", columns)
    words = (None if row is None else tuple(row) for row in table["words"])
    rows = zip(table["where"], table["text"], table["text_b"], words, _labels(table["gold"]), strict=True)
    return tuple(Example(*row) for row in rows)


def write_choices(folder: Path, choices: Mapping[MethodName, Choice]) -> None:
    """Write `choice.json`."""
    write_json(folder / "choice.json", {method: asdict(choice) for method, choice in choices.items()})


def read_choices(folder: Path) -> dict[MethodName, Choice]:
    """Read `choice.json`: method to its choice."""
    path = folder / "choice.json"
    choices = read_typed(path, dict[MethodName, Choice], NO_COMPARISON, AGAIN)
    for method, choice in choices.items():
        method_named(method, str(path))
        if not choice.trials or choice.best_run not in choice.runs or "1" not in choice.latency_ms:
            problem = say(
                "is not as this version of unfreeze writes it: {method} has no run that it chose", method=method
            )
            raise InputError(say("{problem}; {again}", problem=problem, again=AGAIN), where=str(path))
        check_number(f"{method}.extract_s", choice.extract_s, MOST_SECONDS, str(path), AGAIN)
        check_number(f"{method}.extract_all_s", choice.extract_all_s or 0.0, MOST_SECONDS, str(path), AGAIN)
    return choices


def write_floor(folder: Path, floor: FloorRecord) -> None:
    """Write the predictions, then `floor.json`, which exists only once both are whole."""
    columns: dict[str, Cells] = {"prediction": [_cell(p) for p in floor.predictions]}
    if (likely := likely_of(floor.forecasts)) is not None:
        columns["likely"] = likely
    _write_columns(folder / "floor.parquet", columns)
    values = {field.name: getattr(floor, field.name) for field in fields(_Floor)}
    write_json(folder / "floor.json", values)


def read_floor(folder: Path) -> FloorRecord | None:
    """The floor of a comparison, or None where it has none."""
    if not (folder / "floor.json").exists():
        return None
    told = read_typed(folder / "floor.json", _Floor, remedy=AGAIN)
    table = read_columns(folder / "floor.parquet", {"prediction": "label"}, {"likely": "numbers"})
    likely = table.get("likely")
    _check_shares("likely", likely, folder / "floor.parquet", AGAIN)
    kept = None if likely is None else Forecasts(likely)
    return FloorRecord(**vars(told), predictions=_labels(table["prediction"]), forecasts=kept)


def _cell(label: Label | None) -> Any:
    return list(label) if isinstance(label, tuple) else label


def _labels(cells: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(cell) if isinstance(cell, list) else cell for cell in cells)


def _write_columns(path: Path, columns: Mapping[str, Cells]) -> None:
    with new_file(path) as temporary:
        write_columns(temporary, columns)
