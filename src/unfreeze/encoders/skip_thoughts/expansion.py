"""From the words that a model was trained on to those of large word vectors (Kiros et al. 2015, section 2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.errors import InputError

_CHUNK = 1 << 16  # words mapped at a time


def expand_vocabulary(
    own_words: Sequence[str],
    own_table: npt.NDArray[np.floating[Any]],
    words: Sequence[str],
    vectors: npt.NDArray[np.floating[Any]],
) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Give words that a model has never read a place in its table.

    A linear map with intercept is fitted by least squares from word vectors to the table on the words that both have,
    and applied to the others. Words of the model keep their own rows; words with `_` (phrases of word2vec) are left
    out, though not of the fit. Where least squares leaves a choice, the map of the smallest norm is taken.

    Args:
        own_words: (V0,) words of the model.
        own_table: (V0, width) their vectors in the model.
        words: (V1,) words of the word vectors; of one that is there twice the first row counts.
        vectors: (V1, d); may be memory-mapped.

    Returns:
        (V,) words, the model's own in their order before the new ones in theirs, and (V, width) float32 vectors.

    Raises:
        InputError: the two have no word in common.
        ValueError: words and rows differ in number.
    """
    for names, rows in ((own_words, own_table), (words, vectors)):
        if len(names) != len(rows):
            raise ValueError(f"{len(names)} words and {len(rows)} rows")
    own, place = {word: row for row, word in enumerate(own_words)}, dict[str, int]()
    for row, word in enumerate(words):
        place.setdefault(word, row)
    shared = [word for word in own if word in place]
    if not shared:
        raise InputError("no word is among both the model's own and those with word vectors", where="word vectors")
    matrix, intercept = _fit(vectors[[place[w] for w in shared]], own_table[[own[w] for w in shared]])
    new = [word for word in place if word not in own and "_" not in word]
    table = np.empty((len(own_words) + len(new), own_table.shape[1]), np.float32)
    table[: len(own_words)] = own_table
    for start in range(0, len(new), _CHUNK):
        chunk = vectors[[place[word] for word in new[start : start + _CHUNK]]]
        first = len(own_words) + start
        table[first : first + len(chunk)] = chunk.astype(np.float64) @ matrix + intercept
    return [*own_words, *new], table


def _fit(
    x: npt.NDArray[np.floating[Any]], y: npt.NDArray[np.floating[Any]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(d, width) matrix and (width,) intercept of the least-squares map from x (n, d) to y (n, width)."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    matrix = np.linalg.lstsq(x - x.mean(0), y - y.mean(0), rcond=None)[0]
    return matrix, y.mean(0) - x.mean(0) @ matrix
