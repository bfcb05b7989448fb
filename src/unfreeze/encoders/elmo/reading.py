"""Texts to words for an encoder that reads words, and words to `Inputs` whose table holds their characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from unfreeze.encoders.elmo.characters import Spelling
from unfreeze.encoders.options import as_text, options_from
from unfreeze.encoders.protocol import Inputs
from unfreeze.encoders.reading import Input, collect, windows

Tokenizer = Literal["treebank", "whitespace"]


@dataclass(frozen=True)
class Reading:
    """How an ELMo reads.

    Attributes:
        tokenizer: how texts become words; see `words_of`.
        stateful: the LSTMs of a batch start where those of the batch before it stopped, row by row, as the reference
            does it. A state then hangs on what was read before; without it each input stands by itself.
        batch_size: rows of such a batch; inputs are read in their own order.
    """

    tokenizer: Tokenizer = "treebank"
    stateful: bool = False
    batch_size: int = 32

    def told(self) -> dict[str, str]:
        """The fields as text, as `reading_from` takes them."""
        return as_text(self)


def reading_from(options: Mapping[str, str]) -> Reading:
    """Fields given as text, such as `{"stateful": "true"}`.

    Raises:
        InputError: an unknown option, or a value that it cannot have.
    """
    return options_from(Reading, options)


_NO_SPACES = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")  # kana and Han characters


@cache
def _treebank() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return NLTKWordTokenizer()


def words_of(text: str, how: Tokenizer) -> list[str]:
    """Words of a text; never none, since an empty text is one empty word.

    Args:
        how: `treebank` splits punctuation and contractions off, as in the text that ELMo was trained on, and sets each
            character of scripts without spaces apart; `whitespace` is for texts that are in words already.
    """
    if how == "treebank":
        text = _NO_SPACES.sub(r" \1 ", text)
        found = [word.replace("``", '"').replace("''", '"') for word in _treebank().tokenize(text)]
        return found or [""]
    return text.split() or [""]


def read_sentences(
    sentences: Iterable[Sequence[str]],
    max_length: int,
    *,
    tagged: bool,
    spelling: Spelling,
) -> Inputs:
    """Sentences in words as `Inputs`, a piece a word.

    Args:
        tagged: long sentences become overlapping windows and `Inputs.words` counts the words; else they are cut.
    """
    rows: dict[str, int] = {}

    def cut(words: Sequence[str]) -> list[Input]:
        ids = [rows.setdefault(word, len(rows)) for word in words]
        whole = (0, min(len(ids), max_length), 0, 0)
        spans = windows(range(len(ids)), len(ids), max_length) if tagged else [whole]
        return [
            Input(
                ids[start:end],
                [0] * (end - start),
                [0] * (end - start),
                [place if first <= place < last else -1 for place in range(start, end)],
                not tagged and len(ids) > max_length,
            )
            for start, end, first, last in spans
        ]

    made = [cut(words) for words in sentences]
    return collect(made, spelling.table(rows))


def words_in(inputs: Inputs, spelling: Spelling) -> list[str]:
    """(P,) the words of inputs that `read_sentences` made."""
    if inputs.table is None:
        raise ValueError("inputs without a table of words")
    names = [spelling.word_of(row.tolist()) for row in inputs.table]
    return [names[i] for i in inputs.ids.tolist()]
