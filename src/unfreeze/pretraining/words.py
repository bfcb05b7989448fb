"""A corpus in words: a list of them, most frequent first, and the corpus as places in that list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from unfreeze.disk.json_files import in_words
from unfreeze.encoders.words import Tokenizer, sentences_of, words_of
from unfreeze.errors import InputError
from unfreeze.pretraining.corpus import Document
from unfreeze.pretraining.prepared import AGAIN, counts, renumber, write_prepared
from unfreeze.pretraining.processes import map_in_processes

DTYPE = np.uint32
LIST = "words.txt"


def word_sentences(document: Document, how: Tokenizer) -> list[list[str]]:
    """Sentences of words. Text that is already split into words (`whitespace`) has one sentence per line."""
    if how == "whitespace":
        return [paragraph.split() for paragraph in document]
    return [words_of(sentence, how) for paragraph in document for sentence in sentences_of(paragraph)]


def prepare_words(
    folder: Path, documents: Iterable[Document], how: Tokenizer, most: int | None = None
) -> tuple[int, int]:
    """Write a corpus as ids of words, with the list of words; the most frequent word is 0, equals in order of sight.

    Every distinct word is in memory.

    Returns:
        Words to train on, and held out.

    Raises:
        InputError: see `write_prepared`.
    """
    seen: dict[str, int] = {}

    def numbered(sentences: list[list[str]]) -> list[list[int]]:
        return [[seen.setdefault(word, len(seen)) for word in words] for words in sentences]

    split = map_in_processes(partial(word_sentences, how=how), documents)
    sizes = write_prepared(folder, map(numbered, split), DTYPE, most)
    order = np.argsort(-counts(folder, DTYPE, len(seen)), kind="stable")
    places = np.empty(len(order), DTYPE)
    places[order] = np.arange(len(order), dtype=DTYPE)
    renumber(folder, DTYPE, places)
    words = list(seen)
    (folder / LIST).write_text("".join(f"{words[i]}\n" for i in order), encoding="utf-8")
    return sizes


def read_words(folder: Path) -> Sequence[str]:
    """The list of `prepare_words`. Raises `InputError` where it is missing or truncated."""
    path = folder / LIST
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {in_words(error)}; {AGAIN}", where=str(path)) from None
    if lines[-1]:
        raise InputError(f"ends inside a word; {AGAIN}", where=str(path))
    return lines[:-1]
