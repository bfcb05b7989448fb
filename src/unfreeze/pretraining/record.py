"""`pretraining.json`: the settings of a run, and its outcome. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.disk.files import write_json
from unfreeze.disk.typed import read_typed, typed
from unfreeze.errors import InputError
from unfreeze.pretraining.settings import Pretraining, pretraining_from

RECORD = "pretraining.json"
_WRONG = "is not a record of a pretraining"
_REMOVE = "remove the folder, or choose another --out"
_FREE = ("device", "checkpoint_minutes", "half", "out", "learning_rate", "prepared")  # may change when a run is resumed


@dataclass(frozen=True)
class Record:
    """A run of `unfreeze pretrain`.

    Attributes:
        sizes: as they were used.
        unit: pieces or words; all tokens are counted in it.
        tokens, held_out: of the corpus, to train on and held out.
        parameters: that learn.
        curve: points, see `loop.Point`.
        speed: tokens per second over the whole run.
        share_of_peak: of the matrix-multiply peak measured at its beginning.
    """

    settings: Pretraining
    date: str
    machine: str
    precision: str
    sizes: Mapping[str, Any]
    unit: str
    tokens: int
    held_out: int
    parameters: int
    finished: bool = False
    curve: tuple[Mapping[str, Any], ...] = ()
    speed: float = 0.0
    share_of_peak: float | None = None


def write_record(folder: Path, record: Record) -> None:
    """Write the file whole or not at all."""
    write_json(folder / RECORD, asdict(record))


def read_record(folder: Path) -> Record:
    """Read the file. Raises `InputError` where it is not a record."""
    path = folder / RECORD
    record = read_typed(path, Record, f"{_WRONG}: no such file", _REMOVE, wrong=_WRONG)
    try:
        settings = pretraining_from({**asdict(record.settings), "corpus": record.settings.corpus})
    except InputError as error:
        raise InputError(f"{_WRONG}: {error}; {_REMOVE}", where=str(path)) from None
    typed([dict(point) for point in record.curve], tuple[_Point, ...], f"{path} (curve)", _REMOVE)
    return replace(record, settings=settings)


@dataclass(frozen=True)
class _Point:
    """A point of the curve, see `loop.Point`."""

    step: int
    tokens: int
    loss: float
    rate: float
    seconds: float
    held_out: Mapping[str, float] | None = None


def check_same(before: Pretraining, now: Pretraining) -> None:
    """Raise `InputError` where an unfinished run would be resumed with other settings."""
    free = {name: getattr(before, name) for name in _FREE}
    for name, value in asdict(replace(now, **free)).items():
        known = getattr(before, name)
        if value != known:
            option = "--from" if name == "start" else f"--{name.replace('_', '-')}"
            raise InputError(
                f"is {value}, but the unfinished run in {now.out} was started with {known}; choose another --out",
                where="CORPUS" if name == "corpus" else option,
            )
