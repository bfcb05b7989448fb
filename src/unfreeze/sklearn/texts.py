"""What people hold texts in, checked: lists, arrays, columns and frames to texts, or to pairs of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from unfreeze.errors import InputError

FORMS = "a list, tuple, array or column of strings, or of pairs of strings (n, 2)"


@dataclass(frozen=True)
class Texts:
    """Checked texts.

    Attributes:
        columns: one text a row, or two of equal length, for pairs.
    """

    columns: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.columns[0])


def checked_texts(X: Any) -> Texts:  # noqa: N803 - scikit-learn's name
    """Texts, or pairs, of what a person gave.

    Raises:
        ValueError: it is one string, has no rows, more than two columns, or a cell that is not a string, as in
            scikit-learn.
    """
    if isinstance(X, str | bytes | Mapping | Set) or X is None:
        kind = "one string" if isinstance(X, str | bytes) else type(X).__name__
        raise ValueError(f"Texts must be {FORMS}; got {kind}.")
    rows = _rows(X)
    if not rows:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required: there are no texts.")
    pairs = not isinstance(rows[0], str) and _is_row(rows[0])
    widths = {len(row) if _is_row(row) else 1 for row in rows} if pairs else {1}
    if len(widths) > 1 or not widths <= {1, 2}:
        raise ValueError(f"Texts must be {FORMS}; got rows of {', '.join(map(str, sorted(widths)))} columns.")
    if not pairs:
        return Texts((_strings(rows),))
    return Texts(tuple(_strings([row[place] for row in rows]) for place in range(widths.pop())))


def checked_words(X: Any, what: str = "Sentences") -> list[tuple[str, ...]]:  # noqa: N803
    """Sentences as words, or their tags. Raises `ValueError` where there are none, or one is not a list of strings."""
    forms = f"{what} must be a list, array or column with a list of strings for each sentence"
    if isinstance(X, str | bytes | Mapping | Set) or X is None:
        raise ValueError(f"{forms}; got {'one string' if isinstance(X, str | bytes) else type(X).__name__}.")
    rows = _rows(X)
    if not rows:
        raise ValueError(f"Found array with 0 sample(s) while a minimum of 1 is required: there are no {what.lower()}.")
    sentences = []
    for place, row in enumerate(rows):
        if not _is_row(row) or not len(row) or not all(isinstance(word, str) for word in row):
            raise ValueError(f"{forms}; row {place} is {type(row).__name__} {row!r:.60}.")
        sentences.append(tuple(map(str, row)))
    return sentences


def _rows(held: Any) -> list[Any]:
    """Rows as plain values: each a cell, or a row of cells."""
    if hasattr(held, "columns") and hasattr(held, "to_numpy"):  # a frame of pandas or polars
        held = held.to_numpy()
    if hasattr(held, "toarray"):
        raise ValueError(f"Texts must be {FORMS}; got a sparse matrix.")
    if isinstance(held, np.ndarray) and held.ndim not in (1, 2):
        raise ValueError(f"Expected 1D or 2D array of texts, got {held.ndim}D array instead.")
    for plain in ("tolist", "to_list"):
        if hasattr(held, plain):
            return list(getattr(held, plain)())
    if not hasattr(held, "__iter__"):
        raise ValueError(f"Texts must be {FORMS}; got {type(held).__name__}.")
    return list(held)


def _is_row(row: Any) -> bool:
    return isinstance(row, list | tuple | np.ndarray)


def _strings(cells: Sequence[Any]) -> tuple[str, ...]:
    for place, cell in enumerate(cells):
        if not isinstance(cell, str):
            missing = cell is None or cell != cell or type(cell).__name__ in ("NAType", "NaTType")
            found = "a missing value (NaN or None)" if missing else f"a cell of type {type(cell).__name__}"
            raise ValueError(f"Texts contain {found} in row {place}; every text must be a string.")
    return tuple(str(cell) for cell in cells)


@contextmanager
def as_value_error() -> Iterator[None]:
    """Bad input is a `ValueError` here, as in scikit-learn."""
    try:
        yield
    except InputError as error:
        raise ValueError(str(error)) from None
