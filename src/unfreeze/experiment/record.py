"""What a comparison leaves on disk, and the only interface between training and judging. No torch here.

A comparison's folder:

    comparison.json             what was asked, read and found before any training (`Setting`)
    items.parquet               the test items with their gold labels
    runs/<id>/record.json       one recipe trained with one seed (`RunRecord`)
    runs/<id>/test.json         its test scores, for the runs that were chosen
    runs/<id>/test.parquet      its prediction for each test item
    choice.json                 which recipe each method chose on dev, its runs, and what they cost (`Choice`)
    floor.json, floor.parquet   what the words alone reach, and its prediction for each test item (`FloorRecord`)

`result.json`, `report.html` and `bundle/` are made from these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.errors import InputError
from unfreeze.experiment.files import new_file, write_json
from unfreeze.plan import Method, Recipe, plain, recipe_from
from unfreeze.tasks import Task, task


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
class RunRecord:
    """One recipe trained with one seed, scored on dev; never on test (that is `TestRecord`).

    Attributes:
        id: folder name under `runs/`.
        dev: all dev metrics at the kept epoch, fractions.
        best_epoch: the epoch whose weights were kept; 0 if training diverged before the first one ended.
        curve: the epochs with a finite loss and dev score.
        degenerate: one class (or no span, or one number) predicted for every dev item.
        layer_weights: the learned scalar mix, bottom to top; None when nothing was mixed.
        diverged: the loss or dev score became infinite or no number before training ended.
        chosen: settings chosen on dev inside the run, such as `{"l2": 0.01}`.
        train_s: seconds of training with dev scoring; extraction is not in it.
        peak_mb: peak memory of the process (CPU) or device (CUDA) during the run.
        trained_parameters: parameters that got gradients.
        stored_mb: megabytes to keep per task: the head for frozen runs, the whole network for tuned ones.
        work: multiply-adds of training and reading dev, counted (`unfreeze.work`); None in older records.
        states: name of the layer states of train and dev that were read, to the multiply-adds that they take.
    """

    id: str
    method: Method
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


@dataclass(frozen=True)
class TestRecord:
    """The one reading of the test set by a final run: metrics as fractions, predictions in test order.

    Attributes:
        confidence: probability of the predicted class; empty where the head gives none.
    """

    __test__ = False  # not a pytest class

    metrics: Mapping[str, float]
    degenerate: bool
    predictions: tuple[Label, ...]
    confidence: tuple[float, ...] = ()


@dataclass(frozen=True)
class Setting:
    """Everything known before training, JSON-ready except for `task` and `labels`.

    Attributes:
        plan: the plan as plain values.
        data: name, files, columns, sizes `{"train": n, "dev": n, "test": n}`, `said` (guesses told aloud), `truncated`
            (split to share of inputs cut at the encoder's limit).
        audit: the audit as plain values, and its sentences under `"lines"`.
        encoder: name, layers, width, parameters, mb, max_length, fingerprint.
        environment: versions, processor, threads, device, precision, date.
        metric: the main metric's name.
    """

    task: Task
    labels: LabelSpace
    metric: str
    plan: Mapping[str, Any]
    data: Mapping[str, Any]
    audit: Mapping[str, Any]
    encoder: Mapping[str, Any]
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """What one method chose on dev.

    Attributes:
        trials: run ids of all recipes tried, seed 0.
        runs: run ids of the chosen recipe, one a seed; these alone have test records.
        extract_s: seconds to compute the layer states that the chosen recipe reads (0 for fine-tuning).
        latency_ms: median milliseconds to predict 1 text and a batch of 32, keys `"1"` and `"32"`.
        best_run: the run whose weights go into the bundle if this method wins: the best of `runs` on dev.
    """

    trials: tuple[str, ...]
    runs: tuple[str, ...]
    extract_s: float
    latency_ms: Mapping[str, float]
    best_run: str


@dataclass(frozen=True)
class FloorRecord:
    """What a model without an encoder reached.

    Attributes:
        question: of the comparison that it was made for.
        version: of how it is made.
        dev, test: all metrics, fractions.
        chosen: the penalty that was best on dev, by its name.
        trained_on: training examples that were used.
        train_s: seconds for all of it, features and every penalty tried included.
        predictions: of test, in its order.
    """

    name: str
    question: str
    version: int
    dev: Mapping[str, float]
    test: Mapping[str, float]
    chosen: Mapping[str, float]
    trained_on: int
    train_s: float
    predictions: tuple[Label, ...]


def read_json(path: Path) -> Any:
    """Parsed JSON. Raises `InputError` naming the file when it is missing or torn."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("not found; is this the --out folder of `unfreeze compare`?", where=str(path)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None


@contextmanager
def as_written(path: Path) -> Iterator[None]:
    """Take the values of a file apart; one that holds other values than are written there is an `InputError`."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        problem = f"is not as this version of unfreeze writes it ({type(error).__name__}: {error})"
        raise InputError(problem, where=str(path)) from None


def write_setting(folder: Path, setting: Setting) -> None:
    """Write `comparison.json`."""
    write_json(folder / "comparison.json", {**asdict(setting), "task": setting.task.kind})


def read_setting(folder: Path) -> Setting:
    """Read `comparison.json`."""
    values = read_json(folder / "comparison.json")
    with as_written(folder / "comparison.json"):
        labels = values["labels"]
        values["labels"] = LabelSpace(**{**labels, "names": tuple(labels["names"])})
        return Setting(**{**values, "task": task(values["task"])})


def begun_precision(folder: Path) -> str | None:
    """The precision in which the runs of a folder were begun; None where there is no such folder."""
    if not (folder / "comparison.json").exists():
        return None
    found = read_setting(folder).environment.get("precision")
    return None if found is None else str(found)


def record_values(record: RunRecord) -> dict[str, Any]:
    """`record.json` as plain values."""
    return {**asdict(record), "recipe": plain(record.recipe)}


def read_record(run: Path) -> RunRecord:
    """Read one run's `record.json`."""
    values = read_json(run / "record.json")
    with as_written(run / "record.json"):
        values["recipe"] = recipe_from(values["recipe"], where=str(run / "record.json"))
        values["curve"] = tuple(EpochPoint(**point) for point in values["curve"])
        if values["layer_weights"] is not None:
            values["layer_weights"] = tuple(values["layer_weights"])
        return RunRecord(**values)


def read_records(folder: Path) -> dict[str, RunRecord]:
    """All finished runs of a comparison by id; unfinished ones (hidden temporary folders) are not seen."""
    runs = sorted((folder / "runs").glob("[!.]*/record.json"))
    return {path.parent.name: read_record(path.parent) for path in runs}


def write_test(run: Path, test: TestRecord) -> None:
    """Write a final run's test predictions, then its scores: `test.json` exists only once both are whole."""
    columns: dict[str, Sequence[Any]] = {"prediction": [_cell(p) for p in test.predictions]}
    if test.confidence:
        columns["confidence"] = test.confidence
    _write_parquet(run / "test.parquet", columns)
    write_json(run / "test.json", {"metrics": dict(test.metrics), "degenerate": test.degenerate})


def read_test(run: Path) -> TestRecord | None:
    """A run's test record, or None when the run never read the test set."""
    if not (run / "test.json").exists():
        return None
    table = _read_parquet(run / "test.parquet")
    predictions = tuple(_label(p) for p in table["prediction"])
    confidence = tuple(table.get("confidence", ()))
    return TestRecord(**read_json(run / "test.json"), predictions=predictions, confidence=confidence)


def write_items(folder: Path, examples: Iterable[Example]) -> None:
    """Write the test items, in the order of every run's predictions."""
    rows = list(examples)
    columns: dict[str, Sequence[Any]] = {
        "where": [e.where for e in rows],
        "text": [e.text for e in rows],
        "text_b": [e.text_b for e in rows],
        "words": [None if e.words is None else list(e.words) for e in rows],
        "gold": [_cell(e.label) for e in rows],
    }
    _write_parquet(folder / "items.parquet", columns)


def read_items(folder: Path) -> tuple[Example, ...]:
    """The test items with their gold labels."""
    table = _read_parquet(folder / "items.parquet")
    columns = (table[name] for name in ("where", "text", "text_b", "words", "gold"))
    return tuple(
        Example(where, text, text_b, None if words is None else tuple(words), _label(gold))
        for where, text, text_b, words, gold in zip(*columns, strict=True)
    )


def write_choices(folder: Path, choices: Mapping[Method, Choice]) -> None:
    """Write `choice.json`."""
    write_json(folder / "choice.json", {method: asdict(choice) for method, choice in choices.items()})


def read_choices(folder: Path) -> dict[Method, Choice]:
    """Read `choice.json`: method to its choice."""
    values = read_json(folder / "choice.json")
    with as_written(folder / "choice.json"):
        return {m: Choice(**{**c, "trials": tuple(c["trials"]), "runs": tuple(c["runs"])}) for m, c in values.items()}


def write_floor(folder: Path, floor: FloorRecord) -> None:
    """Write the predictions, then `floor.json`, which exists only once both are whole."""
    _write_parquet(folder / "floor.parquet", {"prediction": [_cell(p) for p in floor.predictions]})
    values = {name: value for name, value in vars(floor).items() if name != "predictions"}
    write_json(folder / "floor.json", values)


def read_floor(folder: Path) -> FloorRecord | None:
    """The floor of a comparison, or None where it has none."""
    if not (folder / "floor.json").exists():
        return None
    values = read_json(folder / "floor.json")
    table = _read_parquet(folder / "floor.parquet")
    with as_written(folder / "floor.json"):
        return FloorRecord(**values, predictions=tuple(_label(p) for p in table["prediction"]))


def _cell(label: Label | None) -> Any:
    return list(label) if isinstance(label, tuple) else label


def _label(cell: Any) -> Any:
    return tuple(cell) if isinstance(cell, list) else cell


def _write_parquet(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with new_file(path) as temporary:
        pq.write_table(pa.table(dict(columns)), temporary, compression="zstd")


def _read_parquet(path: Path) -> dict[str, list[Any]]:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    return {name: _cells(table[name]) for name in table.column_names}


def _cells(column: Any) -> list[Any]:
    """A column as Python objects; texts that are the same, such as classes, are hardly ever two objects."""
    import pyarrow as pa

    if not pa.types.is_string(column.type):
        return column.to_pylist()  # type: ignore[no-any-return]
    found: list[Any] = []
    for chunk in column.chunks:
        encoded = chunk.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        found += [None if index is None else texts[index] for index in encoded.indices.to_pylist()]
    return found
