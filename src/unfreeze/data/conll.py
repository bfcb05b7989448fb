"""Sentences of tagged words from column files: CoNLL's many layouts, CoNLL-U and CoNLL-U Plus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.data.column_lines import Block, Row, is_blank, sentences_of
from unfreeze.data.column_numbers import EXTRA
from unfreeze.data.column_roles import CONLLU, Roles, roles_of
from unfreeze.data.text_files import Format, lines_of
from unfreeze.errors import InputError
from unfreeze.language.message import say

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]+)*:|simple:")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words of one sentence with their tags (None when read without) and the line of each word."""

    words: tuple[str, ...]
    tags: tuple[str, ...] | None
    lines: tuple[int, ...]


def read_sentences(
    path: Path,
    kind: Format,
    text: str,
    *,
    word: str | None = None,
    label: str | None = None,
    tagged: bool = True,
    like: Roles | None = None,
) -> tuple[list[Sentence], Roles]:
    """Read the sentences of a column file.

    Args:
        text: the file's content.
        word, label: name or 0-based index of the columns of words and tags; None decides as `roles_of` does.
        tagged: whether tags are needed.
        like: the training file's columns, which a file with as many has, too.

    Returns:
        The sentences, and which columns they were read from.

    Raises:
        InputError: ragged lines, an unknown column, an empty word or tag, no sentence, columns unlike `like`.
    """
    lines = lines_of(text)
    if kind == "conllu":
        block = Block(_conllu(path, lines), len(CONLLU), ("number",), CONLLU)
    else:
        block = sentences_of(lines, str(path), tagged=tagged, strict=word is None)
    if not block.sentences:
        raise InputError("no sentence found", where=str(path))
    if like is not None and block.width == like.width:
        _check_alike(path, block, like)
        roles = like
    else:
        roles = roles_of(path, block, word, label, tagged=tagged)
    sentences = [_sentence(path, rows, roles.word, roles.tag) for rows in block.sentences]
    return [s for s in sentences if s.words != ("-DOCSTART-",)], roles


def _sentence(path: Path, rows: Sequence[Row], word_at: int, tag_at: int | None) -> Sentence:
    lines = tuple(line for line, _ in rows)
    words = tuple(fields[word_at] for _, fields in rows)
    tags = None if tag_at is None else tuple(fields[tag_at].strip() for _, fields in rows)
    for what, values in (("word", words), ("tag", tags or ())):
        if "" in values:
            at = f"{path}:{lines[values.index('')]}"
            raise InputError(say("the {what} is empty; every line needs a word and a tag", what=what), where=at)
    return Sentence(words, tags, lines)


def _check_alike(path: Path, block: Block, train: Roles) -> None:
    """See that numbers stand in the columns where they do in the training file.

    Raises:
        InputError: they stand in other columns, so others must be the words, too.
    """
    if "--text" in train.guessed and block.before != train.before and "number" in block.before + train.before:
        here, there = (
            before.index("number") if "number" in before else None for before in (block.before, train.before)
        )
        counted = there is not None and all(row[there].isdecimal() for rows in block.sentences for _, row in rows)
        if here != there and not (here is None and counted):
            has = (
                say("no column counts the words") if here is None else say("column {here} counts the words", here=here)
            )
            other = say("none does") if there is None else say("column {there} does", there=there)
            problem = say("{has}, in the training file {other}; give all files the same columns", has=has, other=other)
            raise InputError(problem, where=str(path))


def _conllu(path: Path, lines: Sequence[str]) -> list[list[Row]]:
    """Words of CoNLL-U: comments, ranges (`1-2`) and empty nodes (`1.1`) are left out."""
    sentences: list[list[Row]] = [[]]
    for number, line in enumerate(lines, 1):
        if is_blank(line):
            sentences.append([])
        elif not line.startswith("#"):
            fields = line.split("\t")
            if len(fields) != len(CONLLU):
                problem = say("{fields} columns, CoNLL-U has 10, separated by tabs", fields=len(fields))
                raise InputError(problem, where=f"{path}:{number}")
            if fields[0].isdecimal():
                sentences[-1].append((number, fields))
            elif not EXTRA.fullmatch(fields[0]):
                raise InputError(say("'{fields}' is not a CoNLL-U word id", fields=fields[0]), where=f"{path}:{number}")
    return [sentence for sentence in sentences if sentence]


def has_segment_digits(sentences: Sequence[Sentence]) -> bool:
    """Whether every word is one character with a digit behind, as Weibo NER writes its word segmentation (`科0技1`).

    Two characters count as one: that data contains broken surrogate pairs.
    """
    words = [word for s in sentences for word in s.words]
    return all(1 < len(word) < 4 and word[-1] in "0123456789" for word in words) and any(w[-1] == "0" for w in words)


def strip_segment_digits(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences without the last character of each word."""
    return [replace(s, words=tuple(word[:-1] for word in s.words)) for s in sentences]


def language_of(sentences: Sequence[Sentence]) -> str:
    """The name of a language with a colon before every word, as WikiANN's files have it (`en:Paris`); or nothing."""
    words = [word for s in sentences for word in s.words]
    match = _LANGUAGE.match(words[0]) if len(words) > 1 else None
    begin = match[0] if match else ""
    return begin if begin and all(word.startswith(begin) and word != begin for word in words) else ""


def without_language(sentences: Sequence[Sentence], language: str) -> list[Sentence]:
    """The sentences without what `language_of` found before each word."""
    return [replace(s, words=tuple(word[len(language) :] for word in s.words)) for s in sentences]
