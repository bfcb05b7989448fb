from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import ids_of, word_ids

from unfreeze.encoders.elmo.characters import Bytes, Lexicon

MARKS = {"<bow>": 2, "<eow>": 3, "<bos>": 4, "<eos>": 5, "<oov>": 0, "<pad>": 1}


def character_ids(word: str) -> np.ndarray:
    return Bytes().table([word])[0]


@given(st.text())
def test_ids_are_the_training_ids_moved_by_one(word: str) -> None:
    assert character_ids(word).tolist() == [i + 1 for i in word_ids(word)]


@pytest.mark.parametrize(
    ("word", "pieces"), [("", 0), ("a", 1), ("é", 2), ("猫", 3), ("🙂", 4), ("x" * 48, 48), ("x" * 99, 48)]
)
def test_bytes_between_begin_and_end(word: str, pieces: int) -> None:
    ids = character_ids(word).tolist()
    assert (ids[0], ids[pieces + 1], ids[pieces + 2 :]) == (259, 260, [261] * (48 - pieces))
    assert bytes(i - 1 for i in ids[1 : pieces + 1]) == word.encode()[:48]


def test_sentence_ends() -> None:
    assert (Bytes().ends() == np.asarray([ids_of([])[0], ids_of([])[1]]) + 1).all()


def test_words_come_back_as_far_as_they_are_read() -> None:
    words = ["a", "naïve", "猫", "🙂", "", "x" * 99]
    assert [Bytes().word_of(row.tolist()) for row in Bytes().table(words)] == [*words[:-1], "x" * 48]
    lexicon = Lexicon({**MARKS, "a": 6, "猫": 7}, {"<oov>": 0, "<pad>": 1, "a": 2})
    assert [lexicon.word_of(row.tolist()) for row in lexicon.table(["a猫", "", "az"])] == ["a猫", "", "a\ufffd"]


def test_a_lexicon_frames_words_the_wrong_way_round_as_its_authors_do() -> None:
    lexicon = Lexicon({**MARKS, "a": 6}, {"<oov>": 0, "<pad>": 1, "a": 2}, longest=6)
    assert lexicon.table(["a", "za", "a" * 9]).tolist() == [
        [3, 6, 2, 1, 1, 1, 2],
        [3, 0, 6, 2, 1, 1, 0],
        [3, 6, 6, 6, 6, 2, 0],
    ]
    assert lexicon.ends().tolist() == [[3, 4, 2, 1, 1, 1, 0], [3, 5, 2, 1, 1, 1, 0]]
    alone = Lexicon(lexicon.characters, None, longest=4)
    assert alone.table(["a"]).tolist() == [[3, 6, 2, 1]]


def test_table() -> None:
    assert Bytes().table([]).shape == (0, 50)
    assert (Bytes().table(["a", "b"])[1] == character_ids("b")).all()
