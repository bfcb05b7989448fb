"""What a result has of folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FoldsResult:
    """How a comparison in folds was made, and what each fold shows alone.

    Attributes:
        number: of folds.
        group: the column whose values no fold shares with another; None where there is none.
        sizes: items that each fold tests.
        trained_on: examples that a model learns from, on average.
        scores: arm to its main metric on each fold's items, mean over seeds.
        recipes: arm to the recipe that each fold chose, in a few words.
    """

    number: int
    group: str | None
    sizes: tuple[int, ...]
    trained_on: float
    scores: Mapping[str, tuple[float, ...]]
    recipes: Mapping[str, tuple[str, ...]]
