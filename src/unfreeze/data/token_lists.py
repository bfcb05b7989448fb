"""Tagged sentences as columns of lists: `tokens` beside `ner_tags`, as hubs give them, strings or class numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unfreeze.data.columns import find_column
from unfreeze.data.conll import Sentence
from unfreeze.data.examples import SplitName
from unfreeze.data.known_columns import folded
from unfreeze.data.measurable import without
from unfreeze.data.tables import Table
from unfreeze.data.tag_spellings import spelling_of
from unfreeze.data.tally import Tally
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say

NO_WORDS = say("Rows without a word, which were left out")
NO_TAGS = say("Rows without tags (no list, or -1 or nothing for every word), which were left out")
_WORDS: tuple[str, ...] = (
    "tokens",
    "words",
    "token",
    "word",
    "tokenized_text",
    "text_tokens",
    "sentence",
    "text",
    "form",
    "chars",
)
_TAGS: tuple[str, ...] = (
    "ner_tags",
    "ner",
    "ner_labels",
    "ner_label",
    "named_entities",
    "bio_tags",
    "bio",
    "iob_tags",
    "tags",
    "tag",
)
_TAGS += (
    "labels",
    "label",
    "entities",
    "targets",
    "target",
    "pos_tags",
    "pos",
    "upos",
    "upos_tags",
    "xpos",
    "chunk_tags",
)
_TAGS += ("chunk", "chunks")
BLANK = say("Words that show nothing (empty, or white space), which were left out with their tags")
_NUMBER = re.compile(r"-?\d+(\.0)?")
_BREAK = re.compile(r"[\t\n\r]")
_UNTAGGED = (None, -1, -100, "-1", "-100")
_SAMPLE = 200


@dataclass(frozen=True)
class ListColumns:
    """Columns of words and of tags (empty where none are needed), and lists as long that are not used."""

    words: str
    tags: str
    others: tuple[str, ...] = ()


def find_lists(table: Table, text: str | None, label: str | None, *, labelled: bool = True) -> ListColumns | None:
    """The columns of words and tags; None where there are no lists of both, or `text` or `label` name another column.

    Of several columns of tags the one is taken whose values have names, then named entities before parts of speech.

    Raises:
        InputError: lists that may be it, but none has a name that says so.
    """
    lists = {name: kind for name in table.columns if name in table.nested and (kind := _kind(table.first(name)))}
    told_words, told_tags = find_column(table, text, "--text"), find_column(table, label, "--label")
    if (told_words is not None and lists.get(told_words) != "texts") or (
        told_tags is not None and told_tags not in lists
    ):
        return None
    texts = [name for name, kind in lists.items() if kind == "texts" and name != told_tags]
    words = told_words or _first(texts, _WORDS)
    if not labelled:
        others = [name for name in texts if folded(name) not in _TAGS]
        words = words or (others[0] if len(others) == 1 else None)
        return ListColumns(words, "") if words else None
    others = [name for name in lists if name != words]
    named = [name for name in others if lists[name] == "texts" or _names(table, name)]
    tags = told_tags or _first(named, _TAGS) or _first(others, _TAGS)
    if tags is not None and told_tags is None and words and not _as_long(table.first(words), table.first(tags)):
        tags = None  # such as the topics of a text
    spans = [name for name in others if lists[name] == "texts" and _are_spans(table.first(name))]
    if tags is None and len(spans) == 1:
        tags = spans[0]
    if words is None and tags is not None:
        left = [name for name in texts if name != tags and _as_long(table.first(name), table.first(tags))]
        words = left[0] if len(left) == 1 else None
    if tags is None and words is not None:
        left = [name for name in others if _as_long(table.first(words), table.first(name))]
        tags = left[0] if len(left) == 1 else None
    if words is None or tags is None:
        if len(texts) > 1 and any(_as_long(table.first(texts[0]), table.first(name)) for name in texts[1:]):
            problem = say(
                "which lists are words and which tags is not safe to guess ({lists})", lists=listed(list(lists))
            )
            raise InputError(
                say("{problem}; say which with --text and --label", problem=problem), where=str(table.path)
            )
        return None
    more = [name for name in others if name not in (words, tags) and _as_long(table.first(words), table.first(name))]
    return ListColumns(words, tags, tuple(more))


def _kind(values: Sequence[Any]) -> str | None:
    """`texts` for lists of strings (numbers among them), `numbers` for lists of numbers, else None."""
    items = [
        item for value in [v for v in values if v][:_SAMPLE] for item in (value if isinstance(value, list) else [value])
    ]
    if any(not isinstance(value, list) for value in values if value is not None) or not items:
        return None
    if all(isinstance(item, (str, int, float)) or item is None for item in items):
        return "texts" if any(isinstance(item, str) for item in items) else "numbers"
    return None


def _names(table: Table, name: str) -> Sequence[str]:
    return table.records.class_names.get(name, ()) if table.records else ()


def _first(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column with the first of these names."""
    return next((column for name in names for column in columns if folded(column) == name), None)


def _are_spans(values: Sequence[Any]) -> bool:
    """Whether the first lists are span tags with letters."""
    rows = [[str(tag) for tag in value] for value in values if isinstance(value, list)][:_SAMPLE]
    return spelling_of(rows).form in ("before", "behind")


def _as_long(words: Sequence[Any], tags: Sequence[Any]) -> bool:
    """Whether most of the first lists of two columns have the same lengths."""
    pairs = [(a, b) for a, b in zip(words, tags, strict=True) if isinstance(a, list) and isinstance(b, list)][:_SAMPLE]
    return 2 * sum(len(a) == len(b) for a, b in pairs) > len(pairs)


def list_sentences(
    table: Table, columns: ListColumns, split: SplitName, tally: Tally, names: Sequence[str] = ()
) -> list[Sentence]:
    """The sentences of a file, class numbers replaced by names.

    Args:
        names: of the training file's classes, for a file without names.

    Raises:
        InputError: lists of different lengths, a word that is not text, a number without a name.
    """
    names = _names(table, columns.tags) or names
    column = table.values(columns.tags)
    numbers = _are_numbers(column)
    sentences = []
    for row, (given, tags) in enumerate(zip(table.values(columns.words), column, strict=True)):
        where, line = table.where(row), table.lines[row]
        words = [_word(word, columns.words, where) for word in given or ()]
        if not any(words):
            tally.add(NO_WORDS, split, where)
        elif not tags or all(tag in _UNTAGGED for tag in tags):
            tally.add(NO_TAGS, split, where)
        else:
            if len(tags) != len(words):
                problem = say(
                    "{words} words in '{words2}', but {tags} tags in '{tags2}'",
                    words=len(words),
                    words2=columns.words,
                    tags=len(tags),
                    tags2=columns.tags,
                )
                raise InputError(say("{problem}; every word needs a tag", problem=problem), where=where)
            read = _tags(tags, names if numbers else None, columns.tags, where)
            pairs = [(word, tag) for word, tag in zip(words, read, strict=True) if word]
            tally.add(BLANK, split, where, len(words) - len(pairs))
            sentences.append(Sentence(tuple(w for w, _ in pairs), tuple(t for _, t in pairs), (line,) * len(pairs)))
    if not sentences:
        advice = say("give tagged rows") if split == say("train") else without(split)
        raise InputError(
            say("no row of {split} has words with tags; {advice}", split=split, advice=advice), where=str(table.path)
        )
    return sentences


def _are_numbers(column: Sequence[Any]) -> bool:
    """Whether the tags are numbers, also where they are written as texts."""
    tags = {tag for tags in column for tag in tags or () if tag is not None}
    return bool(tags) and all(isinstance(tag, (int, float)) or _NUMBER.fullmatch(str(tag)) for tag in tags)


def plain_words(words: Sequence[Any], column: str, where: str) -> list[str]:
    """The words of a row that show something.

    Raises:
        InputError: a word that is not text.
    """
    return [found for word in words if (found := _word(word, column, where))]


def _word(word: Any, column: str, where: str) -> str:
    """A word without line ends and tabs; empty where it shows nothing."""
    if isinstance(word, int) and not isinstance(word, bool):
        return str(word)
    if not isinstance(word, str):
        found = say("no text") if word is None else f"{shown(str(word))} ({type(word).__name__})"
        raise InputError(
            say("'{column}' contains {found} among its words; write texts", column=column, found=found), where=where
        )
    return " ".join(word.split()) if not word.strip() or _BREAK.search(word) else word


def _tags(tags: Sequence[Any], names: Sequence[str] | None, column: str, where: str) -> list[str]:
    """The tags of a row, numbers replaced by names.

    Args:
        names: of numbers; None where tags are texts.
    """
    bad = next((tag for tag in tags if tag in _UNTAGGED or isinstance(tag, bool) or not str(tag).strip()), "")
    if bad != "" or (names is None and not all(isinstance(tag, str) for tag in tags)):
        odd = bad if bad != "" else next(tag for tag in tags if not isinstance(tag, str))
        advice = say("a row is tagged as a whole or not at all")
        if odd in (-100, "-100"):
            advice = say("it marks pieces of words: give whole words, from before they were parted for a model")
        raise InputError(
            say(
                "'{column}' contains {odd} for some words, which is not a tag; {advice}",
                column=column,
                odd=shown(repr(odd)),
                advice=advice,
            ),
            where=where,
        )
    if names is None:
        return [tag.strip() for tag in tags]
    if not names:
        problem = say(
            "'{column}' contains class numbers without names, so that spans cannot be distinguished from other tags",
            column=column,
        )
        advice = say(
            "write names in place of numbers, or parquet or Arrow with names in the schema, as `datasets` does"
        )
        raise InputError(say("{problem}; {advice}", problem=problem, advice=advice), where=where)
    numbers = [float(tag) for tag in tags]
    odd = next(
        (tag for tag, n in zip(tags, numbers, strict=True) if not (n.is_integer() and 0 <= n < len(names))), None
    )
    if odd is not None:
        known = say(
            "the file names {names} classes, from 0 ('{names2}') to {names3}",
            names=len(names),
            names2=shown(names[0]),
            names3=len(names) - 1,
        )
        raise InputError(
            say(
                "{odd} in '{column}' is not a class: {known} ('{names}')",
                odd=odd,
                column=column,
                known=known,
                names=shown(names[-1]),
            ),
            where=where,
        )
    return [names[int(n)] for n in numbers]
