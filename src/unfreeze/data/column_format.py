"""Whether a text file contains word columns: blank lines between blocks of lines with as many columns each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from unfreeze.data.column_lines import Block, is_blank, sentences_of
from unfreeze.data.column_roles import CONLLU, span_columns
from unfreeze.errors import InputError

Likely = Literal["surely", "maybe", "table", "text"]
"""How likely the file's name makes columns: it says so; it says nothing; it says a table, or plain text."""

_CONLLU_ID = re.compile(r"1(-\d+)?|0\.\d+")
_MOSTLY, _NEARLY_ALL = 0.9, 0.95


def column_format(lines: Sequence[str], likely: Likely) -> Literal["conll", "conllu"] | None:
    """The kind of word columns that lines contain, or None.

    In tables, and in plain text with tabs, either a column contains span tags, or most blocks are of several lines and
    no field has spaces. In plain text without tabs, lines of one width between blank ones may be chance, span tags not.

    Args:
        lines: the first ones of the file.
    """
    if likely == "surely":
        return _kind(lines)
    words = [line for line in lines if not is_blank(line) and not line.startswith("#")]
    if not words or len(words) == len(lines) - sum(line.startswith("#") for line in lines):
        return None
    block = _block(lines)
    if block is None or block.width < 2:
        return None
    if likely == "maybe" or span_columns(block):
        return _kind(lines)
    if likely == "table" or all("\t" in line for line in words):
        return _kind(lines) if _are_words(block) else None
    return None


def _kind(lines: Sequence[str]) -> Literal["conll", "conllu"]:
    words = (line for line in lines if not is_blank(line) and not line.startswith("#"))
    first = next(words, "").split("\t")
    plus = any(re.match(r"#\s*global\.columns", line) for line in lines[:100])
    return "conllu" if len(first) == len(CONLLU) and _CONLLU_ID.fullmatch(first[0]) and not plus else "conll"


def _block(lines: Sequence[str]) -> Block | None:
    """The sentences in lines; a few lines with another number of columns are faults that the reader will tell."""
    try:
        return sentences_of(lines, "", strict=False)
    except InputError:
        pass
    tabs = 2 * sum("\t" in line for line in lines) > len(lines)
    widths = {line: len(line.split("\t") if tabs else line.split()) for line in lines if not is_blank(line)}
    counts = Counter(widths[line] for line in lines if line in widths and not line.startswith("#"))
    width, number = counts.most_common(1)[0]
    if number < _MOSTLY * counts.total():
        return None
    try:
        return sentences_of([line for line in lines if widths.get(line, width) == width], "", strict=False)
    except InputError:
        return None


def _are_words(block: Block) -> bool:
    fields = [field for sentence in block.sentences for _, row in sentence for field in row]
    longer = sum(len(sentence) > 1 for sentence in block.sentences)
    spaced = sum(" " in field for field in fields)
    return len(block.sentences) > 1 and 2 * longer >= len(block.sentences) and spaced <= (1 - _NEARLY_ALL) * len(fields)
