"""Tables with one word per row, its tag beside it, and sentences marked by a column or by blank lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from unfreeze.data.columns import find_column
from unfreeze.data.conll import Sentence
from unfreeze.data.known_columns import folded
from unfreeze.data.tables import Table
from unfreeze.data.tag_spellings import spelling_of
from unfreeze.data.tally import take_others
from unfreeze.errors import InputError
from unfreeze.language.message import say

_WORDS = ("word", "token", "words", "tokens", "form")
_TAGS = ("ner_tag", "ner", "ner_tags", "tag", "tags", "bio", "iob", "entity", "entities", "label", "labels", "pos")
_SENTENCES: tuple[str, ...] = (
    "sentence_#",
    "sentence",
    "sentence_id",
    "sent_id",
    "sentenceid",
    "sentence_idx",
    "sentence_number",
    "sent",
)
_SENTENCES += ("sentence_num", "sentence_no", "sent_num", "text_id", "doc_id", "document", "document_id", "doc", "id")
_SAMPLE = 2000


@dataclass(frozen=True)
class WordColumns:
    """Columns of words, tags and the sentences that they are of; blank lines part sentences where there is none."""

    words: str
    tags: str
    sentences: str | None


def find_word_rows(table: Table, text: str | None, label: str | None, *, sure: bool) -> WordColumns | None:
    """The columns of a table with one word per row; None where it is another one.

    It is one when a column contains span tags with letters beside one of single words; with other tags, when the
    columns of words, tags and sentences are called so, or the task is given as tagging.

    Raises:
        InputError: nothing tells where a sentence ends.
    """
    if table.nested:
        return None
    names = _by_name(table)
    words = find_column(table, text, "--text") or _first(names, _WORDS)
    spans = [name for name in table.columns if name != words and _are_spans(_some(table, name))]
    known = [name for name in map(names.get, _TAGS) if name is not None and name != words]
    tags = find_column(table, label, "--label") or next((n for n in [*known, *spans] if n in spans), None)
    if words is None and tags in spans:
        single = [name for name in table.columns if name not in spans and _are_words(_some(table, name))]
        words = single[0] if len(single) == 1 else "text" if "text" in single else None
    tags = tags or (known[0] if known else None)
    if words is None or tags is None or not _are_words(_some(table, words)):
        return None
    sentences = _sentence_column(table, names, (words, tags))
    called_so = sentences is not None and folded(sentences).startswith("sent") and folded(words) in _WORDS
    if not (sure or tags in spans or called_so):
        return None
    if sentences is None and not _has_gaps(table):
        problem = say(
            "contains one word per row ('{words}', with tags '{tags}'), and nothing shows where a sentence ends",
            words=words,
            tags=tags,
        )
        raise InputError(
            say("{problem}; add a column 'sentence_id', or blank lines", problem=problem), where=str(table.path)
        )
    return WordColumns(words, tags, sentences)


def find_rows_of_words(table: Table, text: str | None) -> WordColumns | None:
    """The columns of a table with one word per row and no tags to read; None where it is another one."""
    names = _by_name(table)
    words = find_column(table, text, "--text") or _first(names, _WORDS)
    if table.nested or words is None or folded(words) not in _WORDS or not _are_words(_some(table, words)):
        return None
    sentences = _sentence_column(table, names, (words,))
    return WordColumns(words, "", sentences) if sentences is not None or _has_gaps(table) else None


def _by_name(table: Table) -> dict[str, str]:
    return {folded(name): name for name in reversed(table.columns)} if table.header else {}


def _sentence_column(table: Table, names: Mapping[str, str], taken: Sequence[str]) -> str | None:
    others = [names[name] for name in _SENTENCES if name in names and names[name] not in taken]
    return next((name for name in others if _parts(table, name)), None)


def _has_gaps(table: Table) -> bool:
    """Whether blank lines stand between rows."""
    return table.records is None and any(b > a + 1 for a, b in pairwise(table.lines))


def _first(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _some(table: Table, name: str) -> list[str]:
    return [value for value in table.first(name, _SAMPLE) if isinstance(value, str) and value.strip()]


def _are_words(cells: Sequence[str]) -> bool:
    return bool(cells) and sum(" " in cell.strip() for cell in cells) <= 0.05 * len(cells)


def _are_spans(cells: Sequence[str]) -> bool:
    return spelling_of([cells]).form in ("before", "behind")


def _parts(table: Table, name: str) -> bool:
    """Whether a column tells sentences: filled where one begins, or with as many rows alike as it has words."""
    cells = table.first(name, _SAMPLE)
    begins = _begins(cells)
    return 1 < sum(begins) <= 0.7 * len(cells)


def _begins(cells: Sequence[Any]) -> list[bool]:
    """For each row whether a sentence begins there."""
    if any(cell in (None, "") for cell in cells):
        return [cell not in (None, "") or not row for row, cell in enumerate(cells)]
    return [True, *(a != b for a, b in pairwise(cells))] if cells else []


def row_sentences(table: Table, columns: WordColumns) -> list[Sentence]:
    """The sentences of a file, tagged if the columns say so.

    Raises:
        InputError: an empty word or tag.
    """
    words = _filled(table, columns.words, "word")
    tags = _filled(table, columns.tags, "tag") if columns.tags else None
    if columns.sentences is not None:
        begins = _begins(table.values(columns.sentences))
    else:
        begins = [True, *(b > a + 1 for a, b in pairwise(table.lines))]
    edges = [*(row for row, begin in enumerate(begins) if begin), len(begins)]
    return [
        Sentence(tuple(words[a:b]), None if tags is None else tuple(tags[a:b]), tuple(table.lines[a:b]))
        for a, b in pairwise(edges)
    ]


def _filled(table: Table, name: str, what: str) -> list[str]:
    cells = [(cell or "").strip() for cell in table.column(name)]
    if "" in cells:
        problem = say("the {what} is empty; every row needs a word and a tag", what=what)
        raise InputError(problem, where=table.where(cells.index("")))
    return cells


def word_rows_said(columns: WordColumns, guessed: Sequence[str]) -> str:
    """Which columns are read as what, in a sentence."""
    ends = (
        say("sentences '{sentences}'", sentences=columns.sentences)
        if columns.sentences
        else say("sentences at blank lines")
    )
    return say(
        "Columns: words '{words}', tags '{tags}', one per row, {ends}{guessed}.",
        words=columns.words,
        tags=columns.tags,
        ends=ends,
        guessed=take_others(guessed),
    )
