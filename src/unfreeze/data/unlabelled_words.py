"""Words to be tagged, from tables and records without labels or with labels that are not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unfreeze.data.cell_lists import with_lists
from unfreeze.data.examples import Example
from unfreeze.data.label_studio import text_member
from unfreeze.data.span_documents import has_tasks, holds_tokens, own_words, text_column
from unfreeze.data.tables import Table
from unfreeze.data.tagged import words_example
from unfreeze.data.token_lists import find_lists, plain_words
from unfreeze.data.word_cutting import CUT_WORDS, cut_words
from unfreeze.data.word_rows import find_rows_of_words, row_sentences
from unfreeze.errors import InputError
from unfreeze.language.message import say


def given_words(table: Table, text: str | None) -> list[Example] | None:
    """Examples from lists of words, rows of words, or texts with their own tokens; None where a file has none of these.

    Raises:
        InputError: a word that is not text, or tokens that are not in their text.
    """
    table = with_lists(table)
    rows = find_rows_of_words(table, text)
    if rows is not None:
        return [words_example(table.path, sentence) for sentence in row_sentences(table, rows)]
    lists = find_lists(table, text, None, labelled=False)
    if lists is not None:
        return [
            words_of(table.where(row), plain_words(words or (), lists.words, table.where(row)))
            for row, words in enumerate(table.values(lists.words))
        ]
    if "tokens" in table.nested and holds_tokens(table.first("tokens")):
        texts = table.values(text_column(table, text, None))
        return [
            words_of(where, [content[a:b] for a, b in own_words(tokens or (), content, where) if content[a:b].strip()])
            for where, content, tokens in _rows(table, texts, table.values("tokens"))
        ]
    return None


def _rows(table: Table, texts: Sequence[Any], tokens: Sequence[Any]) -> list[tuple[str, str, Any]]:
    wrong = next((row for row, content in enumerate(texts) if not isinstance(content, str)), None)
    if wrong is not None:
        raise InputError("no text in this row; fill it in or take the row out", where=table.where(wrong))
    return [(table.where(row), content, found) for row, (content, found) in enumerate(zip(texts, tokens, strict=True))]


def task_texts(table: Table, text: str | None) -> list[Example] | None:
    """The texts of Label Studio's tasks, annotated or not; None for other files.

    Raises:
        InputError: a task without text.
    """
    if not has_tasks(table):
        return None
    member = text_member(table.values("data"), [()] * len(table.lines), text, str(table.path))
    examples = []
    for row, data in enumerate(table.values("data")):
        content = data.get(member) if isinstance(data, dict) else None
        if not isinstance(content, str):
            raise InputError(say("the task's data has no text '{member}'", member=member), where=table.where(row))
        examples.append(Example(table.where(row), content))
    return examples


def words_of(where: str, words: Sequence[str]) -> Example:
    """An example of words without tags."""
    return Example(where, " ".join(words), words=tuple(words))


def with_words(examples: Sequence[Example], rule: str | None) -> list[Example]:
    """Texts as words: cut by the rule of the training data's texts, if they were cut, else split at spaces."""
    return [words_of(e.where, split_text(e.text, rule)) for e in examples]


def split_text(text: str, rule: str | None) -> Sequence[str]:
    """The words of a text; `rule` is what the data set's `columns` say under `words`."""
    return cut_words(text) if rule == CUT_WORDS else [word for word in text.split(" ") if word]
