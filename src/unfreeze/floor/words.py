"""Texts and tagged sentences to lists of features as strings: what a bag of words counts. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

LONGEST = 512  # words of a text that are read
EMPTY = "[empty]"  # the one feature of a text without words

# Scripts that set no spaces between words (Thai, Lao, Burmese, Khmer, kana, Han, their rarer blocks): a character is a
# word of its own there.
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "!-/:-@\\[-`{-~\u00a1-\u00bf\u060c\u061b\u061f\u0964\u0965\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20"
_WORD = re.compile(rf"[{_ALONE}{_MARKS}]|[^\s{_ALONE}{_MARKS}]+(?:['’][^\s{_ALONE}{_MARKS}]+)*")
_SHAPES = ((re.compile("[A-Z]"), "X"), (re.compile("[a-z]"), "x"), (re.compile(r"\d"), "0"))


def words_of(text: str) -> list[str]:
    """Lower-cased words, punctuation marks separately; each character of a script without spaces is a word.

    Only the first 512 (`LONGEST`) are read.
    """
    found: list[str] = []
    for match in _WORD.finditer(text.lower()):
        found.append(match[0])
        if len(found) == LONGEST:
            break
    return found


def grams_of(text: str) -> list[str]:
    """Words and pairs of neighbouring words; never none, so that an empty text is a feature too.

    Where each character is a word these are the characters and their bigrams.
    """
    words = words_of(text)
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))] or [EMPTY]


def word_features(words: Sequence[str]) -> list[list[str]]:
    """For each word of a sentence: itself, its neighbours up to two words away, its shape, its ends."""
    padded = ["<s>", "<s>", *words, "</s>", "</s>"]
    lower, shapes = [word.lower() for word in padded], [_shape(word) for word in padded]
    return [_features(lower, shapes, place) for place in range(2, len(words) + 2)]


def _features(lower: Sequence[str], shapes: Sequence[str], at: int) -> list[str]:
    word = lower[at]
    around = [f"{step:+d} {lower[at + step]}" for step in (-2, -1, 1, 2)]
    ends = [f"{where} {part}" for n in (1, 2, 3, 4) if len(word) > n for where, part in _ends(word, n)]
    pairs = [f"-1 0 {lower[at - 1]} {word}", f"0 +1 {word} {lower[at + 1]}"]
    seen = [f"shape {shapes[at]}", f"shape -1 {shapes[at - 1]}", f"shape +1 {shapes[at + 1]}"]
    return [f"word {word}", *around, *ends, *pairs, *seen]


def _ends(word: str, length: int) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("begins", word[:length]), ("ends", word[-length:])


def _shape(word: str) -> str:
    """`Xxx0`-like form, runs longer than two cut to two; other letters are `w`, other characters stay."""
    for pattern, sign in _SHAPES:
        word = pattern.sub(sign, word)
    word = "".join("w" if char.isalpha() and char not in "Xx" else char for char in word)
    return re.sub(r"(.)\1{2,}", r"\1\1", word)
