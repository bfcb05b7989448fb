"""`pretraining.json`: the settings of a run, and what came of it. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.errors import InputError
from unfreeze.experiment.files import write_json
from unfreeze.pretraining.settings import Pretraining, pretraining_from

RECORD = "pretraining.json"
_FREE = ("device", "checkpoint_minutes", "half", "out", "learning_rate")  # may change when a run goes on


@dataclass(frozen=True)
class Record:
    """A run of `unfreeze pretrain`.

    Attributes:
        sizes: as they were used.
        unit: pieces or words; all tokens are counted in it.
        tokens, held_out: of the corpus, to train on and held out.
        parameters: that learn.
        curve: points, see `loop.Point`.
        speed: tokens a second over the whole run. share_of_peak: of the matrix-multiply peak measured at its beginning.
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
    """Read the file. Raises `InputError` where it is no record."""
    path = folder / RECORD
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        told = values.pop("settings")
        settings = pretraining_from({**told, "corpus": tuple(told["corpus"])})
        return Record(settings=settings, **{**values, "curve": tuple(values["curve"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"is no record of a pretraining: {error}", where=str(path)) from None


def check_same(before: Pretraining, now: Pretraining) -> None:
    """Raise `InputError` where an unfinished run is to go on with other settings."""
    free = {name: getattr(before, name) for name in _FREE}
    for name, value in asdict(replace(now, **free)).items():
        known = getattr(before, name)
        if value != known:
            option = "--from" if name == "start" else f"--{name.replace('_', '-')}"
            raise InputError(
                f"is {value}, but the unfinished run in {now.out} was begun with {known}; choose another --out",
                where="CORPUS" if name == "corpus" else option,
            )
