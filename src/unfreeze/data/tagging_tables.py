"""Tables and records of tagged words, in whatever form: lists of words and tags, or texts with spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unfreeze.data.annotated import tagged_words
from unfreeze.data.cell_lists import with_lists
from unfreeze.data.conll import Sentence
from unfreeze.data.examples import SplitName
from unfreeze.data.known_columns import LABELS, TEXTS, folded
from unfreeze.data.label_studio import AGREED, DISAGREED, OTHER, UNANNOTATED
from unfreeze.data.measurable import without
from unfreeze.data.span_documents import (
    REJECTED,
    REPEATED,
    SpanColumns,
    columns_said,
    documents_of,
    find_spans,
    has_tasks,
)
from unfreeze.data.span_records import SEVERAL
from unfreeze.data.tables import Table
from unfreeze.data.tally import Tally, take_others
from unfreeze.data.token_lists import BLANK, NO_TAGS, NO_WORDS, ListColumns, find_lists, list_sentences
from unfreeze.data.word_cutting import CUT_WORDS, RULE
from unfreeze.data.word_rows import find_word_rows, row_sentences, word_rows_said
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say, template


@dataclass(frozen=True)
class TaggedTables:
    """Sentences of each split.

    Attributes:
        columns: which column served as what, as in `Dataset`.
        notes: what was found, in sentences.
        in_bio: whether the tags are BIO made from spans of characters.
    """

    sentences: dict[SplitName, list[Sentence]]
    columns: dict[str, str]
    notes: list[str]
    in_bio: bool = False


def tagging_in(
    tables: Mapping[SplitName, Table], text: str | None, label: str | None, *, sure: bool
) -> TaggedTables | None:
    """The sentences of each split; None where the training file contains something else than tagged words.

    Args:
        text, label: columns that are given.
        sure: whether the task is given as tagging.

    Raises:
        InputError: what is wrong in a row; a file without the columns of the training file; several columns may be it;
            the file may as well be one of texts with classes, or is none of tagged words although it should be.
    """
    tables = {split: with_lists(table) for split, table in tables.items()}
    train = tables["train"]
    lists = None if has_tasks(train) else find_lists(train, text, label)
    spans = None if lists else find_spans(train, text, label)
    rows = None if lists or spans else find_word_rows(train, text, label, sure=sure)
    guessed = [option for option, told in (("--text", text), ("--label", label)) if told is None]
    if lists:
        _check_doubt(train, (lists.words, lists.tags), sure or label is not None)
        _check_there(tables, (lists.words, lists.tags))
        return _lists(tables, lists, guessed)
    if spans:
        _check_doubt(train, (spans.spans,), sure or label is not None or spans.tasks)
        _check_there(tables, (spans.spans, "data" if spans.tasks else spans.text))
        return _spans(tables, spans, label, guessed)
    if rows:
        _check_there(tables, (rows.words, rows.tags, *([rows.sentences] if rows.sentences else [])))
        sentences = {split: row_sentences(table, rows) for split, table in tables.items()}
        return TaggedTables(sentences, {"text": rows.words, "label": rows.tags}, [word_rows_said(rows, guessed)])
    if sure:
        problem = say("tagging needs words with tags (CoNLL columns, lists of words and tags) or texts with spans")
        raise InputError(
            say("{problem}; this file has the columns {columns}", problem=problem, columns=listed(train.columns)),
            where=str(train.path),
        )
    return None


def _check_doubt(table: Table, used: Sequence[str], told: bool) -> None:
    """Raise `InputError` where a file also has texts with classes, and nobody said which is meant."""
    flat = [name for name in table.columns if name not in table.nested and name not in used]
    classes = [name for name in flat if folded(name) in LABELS]
    if not told and classes and any(folded(name) in TEXTS for name in flat):
        problem = say(
            "contains tagged words ('{used}') and labels of texts ({classes})", used=used[-1], classes=listed(classes)
        )
        raise InputError(
            say("{problem}; say which, as in --task tagging or --label {classes}", problem=problem, classes=classes[0]),
            where=str(table.path),
        )


def _check_there(tables: Mapping[SplitName, Table], names: Sequence[str]) -> None:
    """Raise `InputError` where a file lacks a column of the training file."""
    for split, table in tables.items():
        lacking = [name for name in names if name not in table.columns]
        if lacking:
            problem = say("no column '{lacking}', which the training file has", lacking=lacking[0])
            raise InputError(
                say("{problem}; if its tags are not there, {split}", problem=problem, split=without(split)),
                where=str(table.path),
            )


def _lists(tables: Mapping[SplitName, Table], columns: ListColumns, guessed: Sequence[str]) -> TaggedTables:
    tally = Tally()
    records = tables["train"].records
    names = records.class_names.get(columns.tags, ()) if records else ()
    sentences = {split: list_sentences(table, columns, split, tally, names) for split, table in tables.items()}
    more = say(_AS_LONG[len(columns.others) == 1], others=listed(columns.others)) if columns.others else ""
    said = [
        say(
            "Columns: words '{words}', tags '{tags}'{more}{guessed}.",
            words=columns.words,
            tags=columns.tags,
            more=more,
            guessed=take_others(guessed),
        )
    ]
    for what in (NO_WORDS, NO_TAGS, BLANK):
        said += tally.notes(what)
    return TaggedTables(sentences, {"text": columns.words, "label": columns.tags}, said)


def _spans(
    tables: Mapping[SplitName, Table], columns: SpanColumns, label: str | None, guessed: Sequence[str]
) -> TaggedTables:
    tally = Tally()
    documents = {split: documents_of(table, columns, split, label, tally) for split, table in tables.items()}
    for split, found in documents.items():
        if not found:
            raise InputError(
                say("no record of {split} is annotated; give annotated ones", split=split),
                where=str(tables[split].path),
            )
    if tally.total(OTHER) and not any(document.spans for document in documents["train"]):
        problem = say("its annotations contain choices or the like, and no spans; for classes export JSON-MIN or CSV")
        raise InputError(problem, where=str(tables["train"].path))
    sentences, said = tagged_words(documents)
    own = all(document.words is not None for found in documents.values() for document in found)
    rule = say("The words are the file's own tokens.") if own else say("Texts were cut into words: {rule}.", rule=RULE)
    told = [columns_said(columns, guessed), rule]
    for what in (DISAGREED, REPEATED, SEVERAL):
        told += tally.notes(what, warning=True)
    for what in (REJECTED, UNANNOTATED, AGREED, OTHER):
        told += tally.notes(what)
    used = {"text": columns.text, "label": columns.spans, "words": CUT_WORDS}
    return TaggedTables(sentences, used, [*told, *said], in_bio=True)


_AS_LONG = {True: template(" ({others} is as long)"), False: template(" ({others} are as long)")}
"""By whether there is one alone."""
