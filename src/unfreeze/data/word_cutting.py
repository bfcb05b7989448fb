"""Texts cut into words where they come with spans of characters, by one rule for every language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from unfreeze.language.message import say

RULE = say(
    "a run of letters and digits is a word; every other visible character stands alone, and so does "
    "each character of scripts without spaces between words (Chinese, Japanese, Korean, Thai, ...)"
)
"""The rule in words, for the user."""

CUT_WORDS = "cut"
"""In a data set's `columns`, under `words`: its texts were cut into words by this rule."""
_ALONE: tuple[str, ...] = (
    "CJK ",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "THAI ",
    "LAO ",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
    "BOPOMOFO",
    "YI ",
)
_ALONE += ("IDEOGRAPHIC", "HALFWIDTH KATAKANA", "HALFWIDTH HANGUL", "TAI ", "NEW TAI LUE", "JAVANESE", "BALINESE")
_WORD = re.compile(r"[ac]m*|w[wm]*")
_SPACED = re.compile(r"\S+")


class _Kinds(dict[int, str]):
    """Character codes to `w` (letters and digits), `a` (letters that stand alone), `c` (others that are seen), `m`
    (marks and joiners, which belong to what stands before) and a space."""

    def __missing__(self, code: int) -> str:
        self[code] = kind = _kind(chr(code))
        return kind


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or category in ("Cc", "Cn", "Cs"):
        return " "
    if category[0] == "M" or category == "Cf":
        return "m"
    if category[0] == "L" or category in ("Nd", "Nl", "No"):
        return "a" if unicodedata.name(character, "").startswith(_ALONE) and category[0] == "L" else "w"
    return "c"


_KINDS = _Kinds()


def words_in(text: str) -> Iterator[tuple[int, int]]:
    """Where each word of a text starts and ends, in code points.

    A run of letters and digits is a word. Every other visible character is one on its own, and so is each letter of
    scripts that are written without spaces between words, with Hangul among them, as particles adhere to its nouns.
    Marks and joiners stay with the character before them; white space and control characters belong to no word.
    """
    return (match.span() for match in _WORD.finditer(text.translate(_KINDS)))


def cut_words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text[start:end] for start, end in words_in(text))


def spaced_words(text: str) -> Iterator[tuple[int, int]]:
    """Where each word starts and ends in a text that is split at white space, as `str.split` does."""
    return (match.span() for match in _SPACED.finditer(text))
