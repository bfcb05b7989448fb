"""Texts to words for an encoder that reads words, and sentences of words to `Inputs`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from unfreeze.encoders.protocol import Inputs, Ints
from unfreeze.encoders.reading import Input, collect, windows

Tokenizer = Literal["treebank", "whitespace"]

_NO_SPACES = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")  # kana and Han characters


@cache
def treebank() -> Any:
    """NLTK's tokenizer of the Penn Treebank, which needs no data files."""
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
        found = [word.replace("``", '"').replace("''", '"') for word in treebank().tokenize(text)]
        return found or [""]
    return text.split() or [""]


def read_sentences(
    sentences: Iterable[Sequence[str]],
    max_length: int,
    *,
    tagged: bool,
    table_of: Callable[[Iterable[str]], Ints],
) -> Inputs:
    """Sentences in words as `Inputs`, a piece a word.

    Args:
        table_of: distinct words to rows, by which `Inputs.table` tells them.
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

    inputs = collect(cut(words) for words in sentences)
    return replace(inputs, table=table_of(rows))
