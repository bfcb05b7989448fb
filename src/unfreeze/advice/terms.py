"""How far a text is from another by its words: Jensen-Shannon divergence of term distributions.

Terms as in Ruder & Plank 2017: lower-cased words of a common vocabulary, counted over all texts and divided by the
sum. The vocabulary is that of the pretraining text's most frequent words, so a large text is not far from a small one
for its rare words alone. No torch here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from unfreeze.errors import InputError

VOCABULARY = 10_000
_WORD = re.compile(r"\w+|[^\w\s]")
Floats = npt.NDArray[np.float64]


def text_terms(texts: Iterable[str], most: int | None = None) -> Counter[str]:
    """Counts of the words of texts, of `most` words drawn without replacement where there are more."""
    words = [word for text in texts for word in words_in(text)]
    if most is not None and len(words) > most:
        words = [words[i] for i in np.random.default_rng(0).choice(len(words), most, replace=False)]
    return Counter(words)


def divergence(first: Counter[str], corpus: Counter[str]) -> float:
    """Jensen-Shannon divergence (natural logarithm, from 0 to log 2) over the corpus's most frequent words.

    A small text is farther than a large one of the same kind: compare texts of as many words.

    Raises:
        InputError: the text has none of these words.
    """
    known = [word for word, _ in corpus.most_common(VOCABULARY)]
    p, q = (np.array([counts[word] for word in known], float) for counts in (first, corpus))
    if not p.sum():
        raise InputError("has no word in common with the texts of a genre", where="--corpus")
    return jensen_shannon(p, q)


def jensen_shannon(p: Floats, q: Floats) -> float:
    """The divergence of two count vectors, natural logarithm."""
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2

    def kullback_leibler(a: Floats) -> float:
        there = a > 0
        return float((a[there] * np.log(a[there] / middle[there])).sum())

    return (kullback_leibler(p) + kullback_leibler(q)) / 2


def words_in(text: str) -> list[str]:
    """Lower-cased words and single marks."""
    return _WORD.findall(text.lower())
