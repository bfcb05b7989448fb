"""The sets that benchmarks read: a folder each, side by side in one folder; the repository's `examples` is one such."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from unfreeze.data.examples import Dataset
from unfreeze.plan import Plan
from unfreeze.runs.question import read_data

Kind = Literal["texts", "pairs", "tags"]


@dataclass(frozen=True)
class DataSet:
    """What a set is of, and the columns that cannot be guessed."""

    kind: Kind
    label: str | None = None
    text: str | None = None


# In the order in which they are preferred where several of a kind are there.
SETS = {
    "sick": DataSet("pairs", "entailment_judgment"),
    "snli": DataSet("pairs", "label"),
    "sst2": DataSet("texts", "label"),
    "ewt_genre": DataSet("texts", "genre", "sentence"),
    "wnut17": DataSet("tags"),
}


def present(folder: Path, kind: Kind) -> str | None:
    """The first set of a kind that `folder` has with a training split, None if there is none."""
    return next((n for n, s in SETS.items() if s.kind == kind and any((folder / n).glob("train.*"))), None)


def required(folder: Path, kind: Kind) -> str:
    """As `present`; ends the script where there is none."""
    name = present(folder, kind)
    if name is None:
        known = ", ".join(n for n, s in SETS.items() if s.kind == kind)
        raise SystemExit(f"{folder} has no set of {kind} with a training split; known: {known}")
    return name


def read_set(folder: Path, name: str, train_size: int | None = None) -> Dataset:
    """A set in `folder`, its training split cut to `train_size`."""
    about = SETS.get(name, DataSet("texts"))  # of others, columns are guessed
    return read_data(Plan(data=str(folder / name), label=about.label, text=about.text, train_size=train_size))
