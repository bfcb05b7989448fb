"""How far texts are from what most encoders have read, by their words: against those of the English Wikipedia."""

from __future__ import annotations

import lzma
import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import resources

from unfreeze.advice.terms import VOCABULARY, divergence, text_terms

TERMS = "wikipedia_terms.txt.xz"
WORDS = 20_000  # of a text: a smaller text is farther than a larger one of the same kind


def distance_of(texts: Sequence[str]) -> float:
    """Jensen-Shannon divergence of at most `WORDS` of the texts' words from Wikipedia's: 0 to 0.69, which is log 2.

    Terms as in `terms`; a text that shares none of them, in another language say, has the highest.
    """
    counts = text_terms(texts, WORDS)
    known = wikipedia_terms()
    if not any(word in known for word in counts):
        return math.log(2)
    return divergence(counts, known)


@cache
def wikipedia_terms() -> Counter[str]:
    """The most frequent words of an extract of the English Wikipedia of 2015, lower-cased, with their counts."""
    packed = resources.files("unfreeze.advice").joinpath(TERMS).read_bytes()
    lines = lzma.decompress(packed).decode().splitlines()
    found = Counter({word: int(count) for word, count in (line.rsplit(" ", 1) for line in lines)})
    assert len(found) == VOCABULARY, len(found)
    return found
