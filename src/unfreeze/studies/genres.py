"""The genres of MNLI: examples of one genre, in every split. No torch here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from unfreeze.data.examples import Dataset, Example
from unfreeze.data.measurable import one_answer
from unfreeze.data.tables import read_table
from unfreeze.data.text_files import load
from unfreeze.errors import InputError
from unfreeze.language.message import say

COLUMN = "genre"


def genres_of(files: Mapping[str, str]) -> dict[str, str]:
    """Where each row of these files stands (`FILE:LINE`) to its genre; rows without one are left out.

    Raises:
        InputError: a file has no column of genres.
    """
    found: dict[str, str] = {}
    for path in dict.fromkeys(files.values()):
        kind, content = load(Path(path))
        table = read_table(Path(path), kind, content)
        if COLUMN not in table.columns:
            raise InputError(say("has no column '{column}'", column=COLUMN), where=path)
        for line, genre in zip(table.lines, table.column(COLUMN), strict=True):
            if genre:
                found[f"{path}:{line}"] = genre
    return found


def genres_in(dataset: Dataset, known: Mapping[str, str], least: int) -> list[str]:
    """Genres with at least that many examples in train and in test, most frequent in train first.

    Genres of which dev or test have one label alone are left out: nothing can be measured there.

    Args:
        known: see `genres_of`.
    """
    train, test = (Counter(known.get(e.where, "") for e in split) for split in (dataset.train, dataset.test))
    frequent = [g for g, count in train.most_common() if g and count >= least and test[g] >= least]
    return [g for g in frequent if _measurable(of_genre(dataset, known, g))]


def _measurable(part: Dataset) -> bool:
    return not any(one_answer(split, part.task, part.labels.scheme) for split in (part.dev, part.test))


def of_genre(dataset: Dataset, known: Mapping[str, str], genre: str) -> Dataset:
    """The data set with examples of one genre alone, in every split."""

    def kept(split: tuple[Example, ...]) -> tuple[Example, ...]:
        return tuple(e for e in split if known.get(e.where) == genre)

    return replace(dataset, train=kept(dataset.train), dev=kept(dataset.dev), test=kept(dataset.test))
