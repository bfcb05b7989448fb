"""Texts to words for an encoder that reads words, and sentences of words to `Inputs`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Literal

from unfreeze.encoders.protocol import Inputs
from unfreeze.encoders.reading import Input, collect, windows

Tokenizer = Literal["treebank", "whitespace"]

_FULL_STOPS = re.compile(r"(?<=[。！？])(?![”’」』）\s])")
_NO_SPACES = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")  # kana and Han characters


# Words after which a full stop ends no sentence, besides letters with full stops between. Sentence ends decide only
# whether a full stop inside a text is a word of its own; punkt's published list is 156 words found in the Wall Street
# Journal.
_ABBREVIATIONS = (
    "adm al apr asst aug ave bros capt cf co col corp dec dept dr ed est etc feb fig ft gen gov hon inc jan jr lt ltd"
    " maj mr mrs ms mt nov oct ph.d pres prof pvt rep reps rev sen sens sep sept sgt sr st vol vs"
)
_VERSION = 2  # of how `treebank` splits; part of fingerprints


def treebank_words(text: str) -> list[str]:
    """Words of a text as in the Penn Treebank, none of an empty one: NLTK's punkt and `word_tokenize`, without files.

    Sentences first, since the second step splits off the full stop of the last sentence alone. Quotes become two
    characters.
    """
    sentences, words = _splitters()
    return [word for sentence in sentences.tokenize(text) for word in words.tokenize(sentence)]


def sentences_of(text: str) -> list[str]:
    """Sentences of a text as punkt finds them, and after the full stops of Chinese and Japanese."""
    found: list[str] = _splitters()[0].tokenize(text)
    return [part for sentence in found for part in _FULL_STOPS.split(sentence) if part]


class _Abbreviations(set[str]):
    def __contains__(self, word: object) -> bool:
        return super().__contains__(word) or re.fullmatch(r"(\w\.)+\w", str(word)) is not None


@cache
def _splitters() -> tuple[Any, Any]:
    from nltk.tokenize.destructive import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = _Abbreviations(_ABBREVIATIONS.split())
    return PunktSentenceTokenizer(parameters), NLTKWordTokenizer()


def words_of(text: str, how: Tokenizer) -> list[str]:
    """Words of a text; never none, since an empty text is one empty word.

    Args:
        how: `treebank` splits punctuation and contractions off, as in the text that ELMo was trained on, and sets each
            character of scripts without spaces separated; `whitespace` is for texts that are in words already.
    """
    if how == "treebank":
        found = treebank_words(_NO_SPACES.sub(r" \1 ", text))
        return [word.replace("``", '"').replace("''", '"') for word in found] or [""]
    return text.split() or [""]


def splitting(how: Tokenizer) -> bytes:
    """What the fingerprint of an encoder takes in besides the tokenizer's name: which words come of it by now."""
    return f"treebank {_VERSION}".encode() if how == "treebank" else b""


def read_sentences(
    sentences: Iterable[Sequence[str]],
    max_length: int,
    *,
    tagged: bool,
) -> tuple[Inputs, list[str]]:
    """Sentences in words as `Inputs`, one piece per word, and the distinct words that the pieces' ids number.

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

    inputs = collect(cut(words) for words in sentences)
    return inputs, list(rows)
