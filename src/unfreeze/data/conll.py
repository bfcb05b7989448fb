"""Sentences of tagged words from CoNLL columns and CoNLL-U."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from unfreeze.data.text_files import Format, fields_of, is_blank, lines_of
from unfreeze.errors import InputError, nearest

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_COMMENT = re.compile(r"#[ \t]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words of one sentence with their tags (None when read without) and the line of each word."""

    words: tuple[str, ...]
    tags: tuple[str, ...] | None
    lines: tuple[int, ...]


def read_sentences(
    path: Path, kind: Format, text: str, *, word: str | None = None, label: str | None = None, tagged: bool = True
) -> tuple[list[Sentence], str]:
    """Read the sentences of a column file.

    Args:
        text: the file's content.
        word: 0-based index of the word column; None takes the first (CoNLL-U: `form`).
        label: 0-based index of the tag column, or a CoNLL-U column name; None takes the last (CoNLL-U: `upos`).
        tagged: whether tags are wanted.

    Returns:
        The sentences, and the name or index of the column the tags came from.

    Raises:
        InputError: ragged lines, an unknown column, an empty word or tag, no sentence.
    """
    blocks = list(_conllu_blocks(path, text) if kind == "conllu" else _column_blocks(path, text))
    if not blocks:
        raise InputError("no sentence found", where=str(path))
    width = len(blocks[0][0][1])
    named = CONLLU if kind == "conllu" else None
    word_at = _column(path, word, named, width, "--text", default=1 if named else 0)
    tag_at = _column(path, label, named, width, "--label", default=3 if named else width - 1)
    if tagged and word_at == tag_at:
        problem = f"one column would be both word and tag; the file has columns 0 to {width - 1}, give --label"
        raise InputError(problem, where=f"{path}:{blocks[0][0][0]}")
    sentences = [_sentence(path, block, word_at, tag_at if tagged else None) for block in blocks]
    return sentences, CONLLU[tag_at] if named else str(tag_at)


def _sentence(path: Path, block: Sequence[tuple[int, list[str]]], word_at: int, tag_at: int | None) -> Sentence:
    lines = tuple(line for line, _ in block)
    words = tuple(fields[word_at] for _, fields in block)
    tags = None if tag_at is None else tuple(fields[tag_at].strip() for _, fields in block)
    for what, values in (("word", words), ("tag", tags or ())):
        if "" in values:
            at = f"{path}:{lines[values.index('')]}"
            raise InputError(f"the {what} is empty; every line needs a word and a tag", where=at)
    return Sentence(words, tags, lines)


def _column(path: Path, given: str | None, named: tuple[str, ...] | None, width: int, option: str, default: int) -> int:
    if given is None:
        return default
    if named and given.lower() in named:
        return named.index(given.lower())
    if given.isdecimal() and int(given) < width:
        return int(given)
    allowed = nearest(given, named) if named else f"; the columns have no names, give an index from 0 to {width - 1}"
    raise InputError(f"no column '{given}' for {option}{allowed}", where=str(path))


def _blocks(lines: Iterator[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Groups of numbered lines between blank ones."""
    block: list[tuple[int, str]] = []
    for number, line in lines:
        if not is_blank(line):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _column_blocks(path: Path, text: str) -> Iterator[list[tuple[int, list[str]]]]:
    lines = lines_of(text)
    # A document mark stands alone or before a blank line; as a blank line it can join no two sentences.
    lines = ["" if line.startswith("-DOCSTART-") else line for line in lines]
    plain = [line for line in lines if not is_blank(line) and not _COMMENT.match(line)]
    tabs = all("\t" in line for line in plain)
    ends = {fields_of(line, tabs)[-1] for line in plain}
    width = 0
    for block in _blocks(enumerate(lines, 1)):
        said = sum(1 for _ in takewhile(lambda row: _is_comment(row[1], ends), block))
        fields = [(number, fields_of(line, tabs)) for number, line in block[said:]]
        if not fields:
            continue
        width = width or len(fields[0][1])
        for number, row in fields:
            if len(row) != width:
                found = f"{len(row)} columns, the lines before have {width}"
                advice = "columns are separated by single tabs or by spaces, sentences by blank lines"
                raise InputError(f"{found}; {advice}", where=f"{path}:{number}")
        yield fields


def _is_comment(line: str, ends: Collection[str]) -> bool:
    """Whether a line at the head of a sentence is a comment: `#` and then words, the last of which is no tag."""
    return bool(_COMMENT.match(line)) and line.split()[-1] not in ends


def _conllu_blocks(path: Path, text: str) -> Iterator[list[tuple[int, list[str]]]]:
    """Words of CoNLL-U: comments, ranges (`1-2`) and empty nodes (`1.1`) are left out."""
    for block in _blocks(enumerate(lines_of(text), 1)):
        words = []
        for number, line in block:
            if line.startswith("#"):
                continue
            fields = line.split("\t")
            if len(fields) != len(CONLLU):
                problem = f"{len(fields)} columns, CoNLL-U has 10, separated by tabs"
                raise InputError(problem, where=f"{path}:{number}")
            if fields[0].isdecimal():
                words.append((number, fields))
            elif not re.fullmatch(r"\d+[-.]\d+", fields[0]):
                raise InputError(f"'{fields[0]}' is no CoNLL-U word id", where=f"{path}:{number}")
        if words:
            yield words


def has_segment_digits(sentences: Sequence[Sentence]) -> bool:
    """Whether every word is one character with a digit behind, as Weibo NER writes its word segmentation (`科0技1`).

    Two characters count as one: that data holds broken surrogate pairs.
    """
    words = [word for s in sentences for word in s.words]
    return all(1 < len(word) < 4 and word[-1] in "0123456789" for word in words) and any(w[-1] == "0" for w in words)


def strip_segment_digits(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences without the last character of each word."""
    return [replace(s, words=tuple(word[:-1] for word in s.words)) for s in sentences]
