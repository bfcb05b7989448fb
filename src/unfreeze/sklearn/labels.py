"""Labels, scores and tags as scikit-learn's users hold them, checked and written as the product has them, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from unfreeze.sklearn.texts import checked_words
from unfreeze.tasks.schemes import CANONICAL, Scheme, convert, recognise, split_tag

_WRITTEN: dict[Scheme, dict[str, str]] = {
    "IO": {"B": "I"},
    "BILOU": {"E": "L", "S": "U"},
    "BMES": {"I": "M"},
    "BMEWO": {"I": "M", "S": "W"},
}
"""Letters of each scheme in place of those that its tags are converted to."""
_INCONSISTENT = "Found input variables with inconsistent numbers of samples: {}"


@dataclass(frozen=True)
class Classes:
    """Classes, and their names as the product has them.

    Attributes:
        values: sorted, in their own type.
        names: of each.
    """

    values: npt.NDArray[Any]
    names: tuple[str, ...]

    def index(self) -> dict[str, int]:
        """Name to place."""
        return {name: place for place, name in enumerate(self.names)}


def is_indicator(y: Any) -> bool:
    """Whether labels are the rows of an indicator matrix: a column for each label, 1 where a text has it."""
    shape: tuple[int, ...] = np.shape(y) if isinstance(y, list | tuple) and _alike(y) else getattr(y, "shape", ())
    return len(shape) == 2 and shape[-1] > 1 and type_of_target(y) == "multilabel-indicator"


def _alike(rows: Sequence[Any]) -> bool:
    """Whether these are lists of one length."""
    return all(isinstance(row, list | tuple) and len(row) == len(rows[0]) for row in rows)


def checked_indicator(y: Any, texts: int) -> tuple[Classes, list[tuple[str, ...]]]:
    """The columns of an indicator matrix, and the names of each text's labels. Raises `ValueError`."""
    marked = np.asarray(y.toarray() if issparse(y) else y).astype(bool)  # (n, labels)
    if len(marked) != texts:
        raise ValueError(_INCONSISTENT.format([texts, len(marked)]))
    names = tuple(str(place) for place in range(marked.shape[1]))
    return Classes(np.arange(len(names)), names), [
        tuple(sorted(names[place] for place in np.flatnonzero(row))) for row in marked
    ]


def checked_classes(y: Any, texts: int) -> tuple[Classes, list[str]]:
    """Classes, and the name of each label. Raises `ValueError` as scikit-learn's classifiers do."""
    values = _column(y, texts)
    if values.dtype == object and any(value is None or value != value for value in values):
        raise ValueError("Input y contains NaN or None.")
    check_classification_targets(values)
    different, places = np.unique(values, return_inverse=True)
    names = tuple(str(value) for value in different)
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        names = tuple(f"class {place}" for place in range(len(names)))
    return Classes(different, names), [names[place] for place in places]


def checked_scores(y: Any, texts: int) -> list[float]:
    """Scores. Raises `ValueError` where one is not a finite number."""
    scores = _column(y, texts)
    try:
        scores = scores.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError("y must be numbers, one for each text") from None
    if not np.isfinite(scores).all():
        raise ValueError("Input y contains NaN or infinity.")
    return [float(score) for score in scores]


def _column(y: Any, texts: int) -> npt.NDArray[Any]:
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    held = y if isinstance(y, np.ndarray) else np.asarray(y)
    if held.ndim == 2 and held.shape[1] > 1:
        raise ValueError(
            f"y has the shape {held.shape}: one label for each text is expected, or an indicator matrix of 0 and 1 "
            "with a column for each label"
        )
    column: npt.NDArray[Any] = column_or_1d(held)
    if len(column) != texts:
        raise ValueError(_INCONSISTENT.format([texts, len(column)]))
    return column


@dataclass(frozen=True)
class Tags:
    """Tags of sentences in the scheme that is learned.

    Attributes:
        scheme: that they came in.
        sequences: converted.
    """

    scheme: Scheme
    sequences: tuple[tuple[str, ...], ...]

    @property
    def canonical(self) -> str | None:
        """The scheme that is learned; None for plain tags."""
        return CANONICAL[self.scheme]


def checked_tags(y: Any, sentences: Sequence[Sequence[str]]) -> Tags:
    """Tags, one for each word. Raises `ValueError` for other numbers of them, or a tag that is not a string."""
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    tags = checked_words(y, "Tags")
    if len(tags) != len(sentences):
        raise ValueError(_INCONSISTENT.format([len(sentences), len(tags)]))
    for place, (words, own) in enumerate(zip(sentences, tags, strict=True)):
        if len(words) != len(own):
            raise ValueError(f"sentence {place} has {len(words)} words and {len(own)} tags")
    scheme = recognise(tags)
    return Tags(scheme, tuple(convert(own, scheme, CANONICAL[scheme]) for own in tags))


def as_came(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """Tags that were learned, written in the scheme that they came in."""
    letters, written = _WRITTEN.get(scheme, {}), []
    before: tuple[str, str] | None = None
    for tag in tags:
        now = split_tag(tag)
        letter, kind = now or ("O", "")
        new = letters.get(letter, letter)
        if scheme == "IOB1" and letter == "B" and (before is None or before[1] != kind or before[0] == "O"):
            new = "I"
        written.append(tag if new == letter else f"{new}{tag[1:]}")
        before = now
    return written
