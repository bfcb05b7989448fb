"""A corpus in words, against a plain count."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from unfreeze.encoders.words import Tokenizer
from unfreeze.pretraining.prepared import HELD_OUT, TRAIN, open_prepared
from unfreeze.pretraining.words import DTYPE, prepare_words, read_words, word_sentences

DOCUMENTS = [("b a a. c b a!", "d e."), ("a c b.",), ("x. a b", "f f f f f f f f")]


@pytest.mark.parametrize("how", ["treebank", "whitespace"])
def test_words_are_numbered_by_how_often_they_occur(how: Tokenizer, tmp_path: Path) -> None:
    sizes = prepare_words(tmp_path, DOCUMENTS, how)
    sentences = [s for document in DOCUMENTS for s in word_sentences(document, how)]
    seen = Counter(word for sentence in sentences for word in sentence)  # equals stay in order of sight
    words = read_words(tmp_path)
    assert words == [word for word, _ in seen.most_common()]
    parts = [open_prepared(tmp_path / part, DTYPE) for part in (TRAIN, HELD_OUT)]
    assert sizes == tuple(len(part.ids) for part in parts)
    back = [[words[i] for i in part.ids] for part in parts]
    own = [[w for s in word_sentences(document, how) for w in s] for document in DOCUMENTS]
    assert back == [own[0] + own[2], own[1]]


def test_sentences_by_both_ways_of_splitting() -> None:
    assert word_sentences(("It's so. Is it?",), "treebank") == [["It", "'s", "so", "."], ["Is", "it", "?"]]
    assert word_sentences(("it 's so . is it", "yes"), "whitespace") == [["it", "'s", "so", ".", "is", "it"], ["yes"]]
