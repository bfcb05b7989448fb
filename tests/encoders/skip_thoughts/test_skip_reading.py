"""Words of texts as skip-thoughts splits them, and what is read of them."""

from __future__ import annotations

import tracemalloc

import pytest
from skip_folder import WORDS, random_tables

from unfreeze.encoders.reading import side_by_side
from unfreeze.encoders.skip_thoughts.reading import read_sentences, words_of
from unfreeze.encoders.skip_thoughts.vocabulary import Vocabulary


@pytest.mark.parametrize(("text", "expected"), [
    ("The cat sat.", "The cat sat ."),
    ("The cat sat. The dog didn't.", "The cat sat . The dog did n't ."),
    ("Mr. Smith of the U.S. army came at 5 p.m. on Monday.", "Mr. Smith of the U.S. army came at 5 p.m. on Monday ."),
    ('He said "no".', "He said `` no '' ."),
    ("well... 3.5 is (not) it!", "well ... 3.5 is ( not ) it !"),
    ("  two\u00a0spaces \n and a line ", "two spaces and a line"),
    ("", ""),
])  # fmt: skip
def test_treebank(text: str, expected: str) -> None:
    assert words_of(text, "treebank") == expected.split()


def test_whitespace_leaves_words_as_they_are() -> None:
    assert words_of(' The cat. sat "so" ', "whitespace") == ["The", "cat.", "sat", '"so"']


def test_case_counts_and_unknown_words_share_a_row() -> None:
    vocabulary = Vocabulary(WORDS, random_tables())
    inputs = read_sentences([["The", "the", "THE", "zebra"]], vocabulary, 10)
    assert inputs.table is not None
    assert inputs.table.padded().tolist() == [[2, 3, 1, 1]]


def test_of_a_word_that_appears_twice_the_later_row_counts() -> None:
    assert Vocabulary((*WORDS, "cat"), random_tables(len(WORDS) + 1)).ids(["cat"]) == [len(WORDS)]


def test_memory_goes_by_all_words_not_by_the_longest_text() -> None:
    vocabulary = Vocabulary(WORDS, random_tables())
    texts = [*([WORDS[i % 8 + 2], *(WORDS[i >> k & 7] for k in (0, 3, 6))] for i in range(512)), ["the"] * 100_000]
    tracemalloc.start()
    both = side_by_side(*(read_sentences(given, vocabulary, 1 << 30) for given in (texts, texts[::-1])))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert both.table is not None
    assert both.table.lengths().max() == 100_000
    assert peak < 2e7  # a table of all texts as wide as the longest takes 2e8


def test_nothing_to_read() -> None:
    inputs = read_sentences([], Vocabulary(WORDS, random_tables()), 10)
    assert inputs.table is not None
    assert len(inputs.table) == len(inputs.ids) == 0
