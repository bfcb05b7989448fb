"""Words to ELMo's character ids: bytes of UTF-8 in a frame, as bilm-tf's batcher makes them.

Ids are those of inference, one higher than in training: 0 is no character of any word.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

LONGEST = 50  # ids a word has; of a longer one the first 48 bytes are read
CHARACTERS = 262
BEGIN_SENTENCE, END_SENTENCE, BEGIN_WORD, END_WORD, PADDING = range(257, 262)

Ids = npt.NDArray[np.int16]


def character_ids(word: str) -> Ids:
    """(50,) ids of a word: begin, its bytes, end, padding."""
    return _framed([byte + 1 for byte in word.encode()[: LONGEST - 2]])


def sentence_ends() -> Ids:
    """(2, 50) ids of `<S>` and `</S>`, which stand around every sentence."""
    return np.stack([_framed([BEGIN_SENTENCE]), _framed([END_SENTENCE])])


def character_table(words: Iterable[str]) -> Ids:
    """(V, 50) ids of words."""
    rows = [character_ids(word) for word in words]
    return np.stack(rows) if rows else np.zeros((0, LONGEST), np.int16)


def _framed(inner: list[int]) -> Ids:
    ids = np.full(LONGEST, PADDING, np.int16)
    ids[: len(inner) + 2] = [BEGIN_WORD, *inner, END_WORD]
    return ids


def word_of(ids: npt.ArrayLike) -> str:
    """The word that a row of ids stands for, as far as it was read."""
    inner = [int(i) - 1 for i in np.asarray(ids) if 1 <= i <= 256]
    return bytes(inner).decode(errors="replace")
