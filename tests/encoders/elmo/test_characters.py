from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import ids_of, word_ids

from unfreeze.encoders.elmo.characters import character_ids, character_table, sentence_ends


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
    assert (sentence_ends() == np.asarray([ids_of([])[0], ids_of([])[1]]) + 1).all()


def test_table() -> None:
    assert character_table([]).shape == (0, 50)
    assert (character_table(["a", "b"])[1] == character_ids("b")).all()
