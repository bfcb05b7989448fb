"""Lines of column files become sentences of fields: separators, comments and document marks of every dialect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unfreeze.data.column_numbers import EXTRA, check_numbers, columns_before_words
from unfreeze.errors import InputError
from unfreeze.language.message import say

Row = tuple[int, list[str]]
"""A line's number, from 1, and its fields."""

MANY_COLUMNS = 11
"""From that many columns on their number may differ between sentences: CoNLL-2008 to 2012 have one per predicate."""
WORD_NAMES = frozenset(
    {"form", "word", "words", "token", "tokens", "text", "wordform", "字", "词", "字符", "单词", "词语"}
)
TAG_NAMES = frozenset({"tag", "tags", "ner", "ner_tag", "ner_tags", "label", "labels", "pos", "pos_tag", "pos_tags"})
TAG_NAMES |= {
    "upos",
    "xpos",
    "chunk",
    "chunk_tag",
    "chunk_tags",
    "entity",
    "entities",
    "iob",
    "bio",
    "ne",
    "标签",
    "标注",
    "词性",
}
_OTHER_NAMES = frozenset({"id", "lemma", "sentence", "sentence_id", "idx", "index", "feats", "doc"})
_DOCUMENT = re.compile(r"-DOC(START|END)-")
_MARK = re.compile(
    r"#([ \t]|$|#|!|(begin|end|id|sent\w*|text\w*|doc\w*|new\w+|global|par\w*|meta\w*)\b)", re.IGNORECASE
)
_DOCUMENT_EDGE = re.compile(r"#(begin|end)\b")
_GLOBAL = re.compile(r"#\s*global\.columns\s*=(.*)")
_INVISIBLE = " \t\r\f\v\u00a0\u3000\ufeff\u200b"


@dataclass(frozen=True)
class Block:
    """The sentences of a column file.

    Attributes:
        sentences: each a list of rows of equal width.
        width: number of columns; of the sentence with the fewest where they differ.
        before: what the columns before the words contain: numbers of words (`"number"`), other numbers, or what is the
            same in all of a sentence (`"same"`).
        names: of the columns, where the file names them.
    """

    sentences: list[list[Row]]
    width: int
    before: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None


def is_blank(line: str) -> bool:
    """Whether a line shows nothing, or marks a document: either ends a sentence."""
    return not line.strip(_INVISIBLE) or bool(_DOCUMENT.match(line))


def sentences_of(lines: Sequence[str], where: str, *, tagged: bool = True, strict: bool = True) -> Block:
    """Sentences of fields.

    Lines that begin with `#` are comments where the columns begin with a number. Elsewhere a line with `#` and a space,
    or a known mark (`#begin`), is one at the head of a sentence, unless it has as many columns as the words and a last
    one that others have, too: `# O` is a word, and so is `#hashtag O`.

    Args:
        where: the file, for messages.
        tagged: whether a column of words must leave one for tags.
        strict: whether numbers of words must be without a fault.

    Raises:
        InputError: a line has another number of columns, or the numbers of words have a fault.
    """
    groups = list(_groups(lines))
    tabs = _has_tabs([line for group in groups for _, line in group if not line.startswith("#")])
    parted = [[(number, _fields(line, tabs), line) for number, line in group] for group in groups]
    plain = [row for group in parted for _, row, line in group if not line.startswith("#")]
    width = _width(plain or [row for group in parted for _, row, line in group if not _MARK.match(line)])
    rows = [[(number, _cut(row, width), line) for number, row, line in group] for group in parted]
    names = _global_names(lines)
    if names is None and plain and _is_header(plain):
        names = tuple(plain[0])
        first = next(number for group in rows for number, _, line in group if not line.startswith("#"))
        rows = [[row for row in group if row[0] != first] for group in rows]
    unmarked = [[(number, row) for number, row, line in group if not line.startswith("#")] for group in rows]
    before = columns_before_words([[row for _, row in group] for group in unmarked if group], 1 + tagged)
    sentences = unmarked
    if before[:1] == ("number",):
        sentences = [[row for row in group if not EXTRA.fullmatch(row[1][0])] for group in unmarked]
    elif before[:1] != ("numbers",):
        known = {row[-1] for group in unmarked for _, row in group}
        sentences = [list(_words(group, width, known)) for group in rows]
    sentences = [sentence for sentence in sentences if sentence]
    width = _one_width(sentences, width, where, tabs, bool(before))
    if strict and "number" in before:
        check_numbers(sentences, before.index("number"), where)
    return Block(sentences, width, before, names)


def _groups(lines: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Numbered lines between blank ones."""
    group: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if not is_blank(line):
            group.append((number, line))
        elif group:
            yield group
            group = []
    if group:
        yield group


def _has_tabs(lines: Sequence[str]) -> bool:
    """Whether tabs part the columns, or, where lines have spaces instead and all lines then agree, spaces and tabs."""
    if 2 * sum("\t" in line for line in lines) <= len(lines):
        return False
    at_tabs = [len(_fields(line.rstrip(), True)) for line in lines]
    usual = Counter(at_tabs).most_common(1)[0][0]
    odd = [line for line, width in zip(lines, at_tabs, strict=True) if width != usual]
    return not odd or not all(" " in line for line in odd) or len({len(_fields(line, False)) for line in lines}) > 1


def _fields(line: str, tabs: bool) -> list[str]:
    """Fields at tabs, or else at spaces and tabs; other white space may belong to a word."""
    if tabs:
        fields = line.split("\t")
        return [field.strip(" ") for field in fields] if " " in line else fields
    return re.split(r"[ \t]+", line.strip(" \t"))


def _width(rows: Sequence[list[str]]) -> int:
    """The most frequent number of columns, those at the end aside that no row fills."""
    if not rows:
        return 0
    width = Counter(map(len, rows)).most_common(1)[0][0]
    while width > 1 and not any(row[width - 1] for row in rows if len(row) >= width):
        width -= 1
    return width


def _cut(row: list[str], width: int) -> list[str]:
    """A row without the empty fields that tabs at its end make."""
    while len(row) > width and not row[-1]:
        row = row[:-1]
    return row


def _global_names(lines: Sequence[str]) -> tuple[str, ...] | None:
    """The names in CoNLL-U Plus's `# global.columns = ID FORM ...`."""
    for line in lines[:100]:
        found = _GLOBAL.match(line)
        if found:
            return tuple(found[1].split())
    return None


def _is_header(rows: Sequence[list[str]]) -> bool:
    """Whether the first row names the columns: known names, of words and of tags, whose last occurs in no other row."""
    first = [name.casefold().replace(" ", "_").replace("-", "_") for name in rows[0]]
    if not set(first) <= WORD_NAMES | TAG_NAMES | _OTHER_NAMES:
        return False
    if len(first) < 2 or WORD_NAMES.isdisjoint(first) or TAG_NAMES.isdisjoint(first):
        return False
    return not any(row[-1] == rows[0][-1] for row in rows[1:])


def _words(group: Sequence[tuple[int, list[str], str]], width: int, known: set[str]) -> Iterator[Row]:
    """The rows of a group that are words and no comments."""
    begun = False
    for number, row, line in group:
        like_a_word = len(row) == width and (begun or width == 1 or row[-1] in known)
        if like_a_word or not _MARK.match(line) or (begun and not _DOCUMENT_EDGE.match(line)):
            begun = True
            yield number, row


def _one_width(sentences: Sequence[list[Row]], width: int, where: str, tabs: bool, may_differ: bool) -> int:
    """The number of columns; the least where they may differ from sentence to sentence.

    Raises:
        InputError: a row has another number of columns than it should.
    """
    widths = {len(row) for sentence in sentences for _, row in sentence}
    if widths <= {width}:
        return width
    if may_differ and min(widths) >= MANY_COLUMNS and all(len({len(row) for _, row in s}) == 1 for s in sentences):
        return min(widths)
    line, found = next((line, row) for sentence in sentences for line, row in sentence if len(row) != width)
    number = f"{len(found)} column{'s' * (len(found) > 1)}"
    advice = say("columns are separated by single tabs or by spaces, sentences by blank lines")
    problem = say(
        "{number} (parted by {tabs}), other lines have {width}; {advice}",
        number=number,
        tabs="tabs" if tabs else "spaces",
        width=width,
        advice=advice,
    )
    raise InputError(problem, where=f"{where}:{line}")
