"""Texts without labels, of a table, of lines or of word columns; a large file part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from unfreeze.data.columns import choose_columns
from unfreeze.data.conll import (
    has_segment_digits,
    language_of,
    read_sentences,
    strip_segment_digits,
    without_language,
)
from unfreeze.data.examples import Example
from unfreeze.data.large_files import large_tables
from unfreeze.data.table_examples import examples_of, names_of, with_joined_texts
from unfreeze.data.tables import Table, read_table
from unfreeze.data.tagged import words_example
from unfreeze.data.text_files import load
from unfreeze.data.unlabelled_words import given_words, task_texts, with_words
from unfreeze.data.word_rows import find_rows_of_words
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tasks.kinds import Task


@dataclass(frozen=True)
class Wanted:
    """Which texts of a file.

    Attributes:
        task: None takes what the file has: words, single texts or pairs.
        text, text_b: columns, by name or index; None guesses.
        label: a column that is not a text; it is not read.
        usual: columns of the texts in the training data, which are read here too if they are there.
        words: how the training data's texts became words, as its `columns` say.
    """

    task: Task | None
    text: str | None = None
    text_b: str | None = None
    label: str | None = None
    usual: tuple[str | None, str | None] = (None, None)
    words: str | None = None

    @property
    def pair(self) -> bool:
        """Whether pairs are expected."""
        return self.task.pair if self.task else self.text_b is not None

    @property
    def tags(self) -> bool:
        """Whether words may be wanted."""
        return self.task is None or self.task.target.per_word

    @property
    def names(self) -> set[str]:
        """Column names that tell that a first line is a header."""
        return {name for given in (self.text, self.text_b, self.label, *self.usual) for name in names_of(given)}


def read_unlabelled(
    path: Path,
    *,
    task: Task | None,
    text: str | None = None,
    text_b: str | None = None,
    label: str | None = None,
    usual: tuple[str | None, str | None] = (None, None),
    words: str | None = None,
) -> tuple[Example, ...]:
    """All texts of a table, of a `.txt` with one text per line, or, for tagging, of CoNLL columns or lists of words.

    A text to be tagged without words of its own is cut as `words` says, or else split at spaces. For the arguments see
    `Wanted`.

    Raises:
        InputError: as `read_dataset`, as far as texts go.
    """
    return tuple(e for part in unlabelled_parts(path, Wanted(task, text, text_b, label, usual, words)) for e in part)


def unlabelled_parts(path: Path, wanted: Wanted) -> Iterator[tuple[Example, ...]]:
    """The same in parts: of a large file some thousand texts at a time, where that can be (`large_files`).

    Raises:
        InputError: on the way, as `read_unlabelled`.
    """
    lines = not wanted.pair and wanted.text is None
    tables = large_tables(path, wanted.names, lines)
    first = next(iter(tables), None) if tables is not None else None
    # A sentence of words in rows may not be parted.
    if tables is not None and first is not None and not (wanted.tags and find_rows_of_words(first, wanted.text)):
        for table in chain([first], tables):
            yield _of_table(table, wanted)
        return
    kind, content = load(path)
    if kind in ("conll", "conllu"):
        if wanted.task and not wanted.task.target.per_word:
            raise InputError(
                say("contains word columns, which do not fit {kind}", kind=wanted.task.kind), where=str(path)
            )
        sentences, _ = read_sentences(path, kind, content, word=wanted.text, tagged=False)
        if has_segment_digits(sentences):
            sentences = strip_segment_digits(sentences)
        sentences = without_language(sentences, language_of(sentences))
        yield tuple(words_example(path, sentence) for sentence in sentences)
        return
    if kind == "tsv" and path.suffix.lower() == ".txt" and lines:
        kind = "txt"
    yield _of_table(read_table(path, kind, content, wanted=wanted.names, texts_only=True), wanted)


def _of_table(table: Table, wanted: Wanted) -> tuple[Example, ...]:
    task, usual, text, text_b = wanted.task, wanted.usual, wanted.text, wanted.text_b
    joined = text if text is not None else usual[0] if _all_there(table, usual[0]) else None
    table = with_joined_texts(table, joined)
    tags = wanted.tags
    if not wanted.pair and tags:
        named = usual[0] if text is None and usual[0] in table.columns else text
        found = given_words(table, named) or task_texts(table, text)
        if found is not None:
            return tuple(found if task is None or found[0].words is not None else with_words(found, wanted.words))
    if text is None and usual[0] in table.columns and (not wanted.pair or usual[1] in table.columns):
        text, text_b = usual[0], usual[1] if wanted.pair else None
    text = "text" if table.columns == ("text",) and not wanted.pair else text
    columns = choose_columns(
        table, text=text, text_b=text_b, label=wanted.label, task=task, labelled=wanted.label is not None
    )
    examples = examples_of(table, columns, [None] * len(table.lines))
    return examples if task is None or not tags else tuple(with_words(examples, wanted.words))


def _all_there(table: Table, given: str | None) -> bool:
    """Whether a table has all columns that were joined for the training data."""
    return given is not None and all(part.strip() in table.columns for part in given.split(","))
