"""Words to rows of ids that a character CNN reads: one spelling for the published ELMo, one for ELMoForManyLangs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

LONGEST = 50  # ids a word has; of a longer one the first 48 characters (or bytes) are read
CHARACTERS = 262
BEGIN_SENTENCE, END_SENTENCE, BEGIN_WORD, END_WORD, PADDING = range(257, 262)

Ids = npt.NDArray[np.int32]


class Spelling(Protocol):
    """How words are spelt for a network."""

    @property
    def padding(self) -> int:
        """The id that fills a row up; no character of any word."""
        ...

    def table(self, words: Iterable[str]) -> Ids:
        """(V, C) ids of words."""
        ...

    def ends(self) -> Ids:
        """(2, C) ids of what stands around every sentence."""
        ...

    def word_of(self, ids: Sequence[int]) -> str:
        """The word that a row of ids stands for, as far as it is read."""
        ...

    def lists(self) -> Mapping[str, Sequence[str]]:
        """Its lists of characters and words, by id; empty where the spelling has none."""
        ...


class Bytes:
    """ELMo's own: bytes of UTF-8 in a frame, as bilm-tf's batcher makes them.

    Ids are those of inference, one higher than in training: 0 is not a character of any word.
    """

    padding = PADDING

    def table(self, words: Iterable[str]) -> Ids:
        """See `Spelling.table`."""
        return _rows([self._framed([byte + 1 for byte in word.encode()[: LONGEST - 2]]) for word in words], LONGEST)

    def ends(self) -> Ids:
        """`<S>` and `</S>`."""
        return _rows([self._framed([BEGIN_SENTENCE]), self._framed([END_SENTENCE])], LONGEST)

    def word_of(self, ids: Sequence[int]) -> str:
        """See `Spelling.word_of`."""
        return bytes(int(i) - 1 for i in ids if 1 <= i <= 256).decode(errors="replace")

    def lists(self) -> Mapping[str, Sequence[str]]:
        """Empty: the bytes are the same everywhere."""
        return {}

    def _framed(self, inner: list[int]) -> list[int]:
        return _padded([BEGIN_WORD, *inner, END_WORD], LONGEST, PADDING)


@dataclass(frozen=True)
class Lexicon:
    """ELMoForManyLangs': characters of Unicode by a dictionary, and behind them the word's own id, if it has words.

    Attributes:
        characters, words: to their ids; `<oov>` and `<pad>` in both, `<bow>`, `<eow>`, `<bos>`, `<eos>` among the
            characters.
    """

    characters: Mapping[str, int]
    words: Mapping[str, int] | None
    longest: int = LONGEST

    @property
    def padding(self) -> int:
        """See `Spelling`."""
        return self.characters["<pad>"]

    def table(self, words: Iterable[str]) -> Ids:
        """See `Spelling.table`."""
        known, other = self.characters, self.characters["<oov>"]
        rows = [self._row(word, [known.get(c, other) for c in word[: self.longest - 2]]) for word in words]
        return _rows(rows, self.longest + (self.words is not None))

    def ends(self) -> Ids:
        """`<bos>` and `<eos>`: words of a single character of that name."""
        rows = [self._row(word, [self.characters[word]]) for word in ("<bos>", "<eos>")]
        return _rows(rows, self.longest + (self.words is not None))

    def word_of(self, ids: Sequence[int]) -> str:
        """See `Spelling.word_of`; an unknown character is U+FFFD."""
        names = {i: c for c, i in self.characters.items()}
        inner = [names[int(i)] for i in ids[1 : self.longest] if i not in (self.padding, self.characters["<bow>"])]
        return "".join("\ufffd" if c == "<oov>" else c for c in inner)

    def unknown(self, table: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """(V,) which words of a table have characters, and none that is known."""
        inner = table[:, : self.longest]
        frame = [self.characters[name] for name in ("<bow>", "<eow>", "<pad>")]
        spelt = ~np.isin(inner, frame)
        found: npt.NDArray[np.bool_] = spelt.any(1) & ((inner == self.characters["<oov>"]) | ~spelt).all(1)
        return found

    def lists(self) -> Mapping[str, Sequence[str]]:
        """Characters and words by id."""
        lists = {"characters": self.characters, "words": self.words or {}}
        return {name: sorted(ids, key=ids.__getitem__) for name, ids in lists.items()}

    def _row(self, word: str, inner: list[int]) -> list[int]:
        # The networks were trained, and are used by their authors, with the two ends of a word interchanged.
        framed = [self.characters["<eow>"], *inner, self.characters["<bow>"]]
        row = _padded(framed, self.longest, self.padding)
        return row if self.words is None else [*row, self.words.get(word, self.words["<oov>"])]


def _padded(ids: list[int], length: int, padding: int) -> list[int]:
    return ids + [padding] * (length - len(ids))


def _rows(rows: list[list[int]], width: int) -> Ids:
    return np.asarray(rows, np.int32).reshape(len(rows), width)
