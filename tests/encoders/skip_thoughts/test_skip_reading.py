"""Words of texts as skip-thoughts splits them, and what is read of them."""

from __future__ import annotations

import pytest
from skip_folder import WORDS, random_tables

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
    assert inputs.table.tolist() == [[2, 3, 1, 1]]


def test_of_a_word_that_is_there_twice_the_later_row_counts() -> None:
    assert Vocabulary((*WORDS, "cat"), random_tables(len(WORDS) + 1)).ids(["cat"]) == [len(WORDS)]


def test_nothing_to_read() -> None:
    inputs = read_sentences([], Vocabulary(WORDS, random_tables()), 10)
    assert inputs.table is not None
    assert len(inputs.table) == len(inputs.ids) == 0
