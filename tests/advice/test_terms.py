"""Distances of domains against scipy."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from unfreeze.advice import terms
from unfreeze.advice.terms import divergence, jensen_shannon, text_terms
from unfreeze.errors import InputError


def test_the_same_as_scipy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        p, q = rng.integers(0, 4, size=(2, 30)).astype(float)
        assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q) ** 2)
    assert jensen_shannon(p, p * 7) == pytest.approx(0)
    assert jensen_shannon(np.array([1.0, 0]), np.array([0, 1.0])) == pytest.approx(np.log(2))


def test_words_are_lower_cased_and_counted_over_the_corpus_s_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = text_terms(["The cat sat. The cat!", "A dog, the dog."])
    assert corpus["the"] == 3
    assert corpus["."] == 2
    assert text_terms(["The THE the", "cat"]) == Counter(the=3, cat=1)
    same = divergence(corpus, corpus)
    assert same == pytest.approx(0)
    assert divergence(Counter(the=3, unknown=1000), corpus) == divergence(Counter(the=3), corpus)
    monkeypatch.setattr(terms, "VOCABULARY", 1)
    assert divergence(Counter(the=1, dog=9), corpus) == pytest.approx(0)


def test_as_many_words_of_every_text() -> None:
    texts = ["a b c d e f g h"] * 20
    assert text_terms(texts, 50).total() == 50
    assert text_terms(texts, 1000) == text_terms(texts)
    assert text_terms(texts, 50) == text_terms(texts, 50)


def test_nothing_in_common_is_reported() -> None:
    with pytest.raises(InputError, match="no word in common"):
        divergence(Counter(x=1), Counter(y=1))
