"""What is said of texts that an encoder makes nothing of."""

from __future__ import annotations

from typing import Literal

import pytest

from unfreeze.data.unread import Unread, unread_lines


def lines(unit: Literal["pieces", "words"] = "pieces", **shares: tuple[int, int, int]) -> list[str]:
    """Of splits with (unknown, parts, letters) in 100 pieces each."""
    return list(unread_lines({split: Unread(unit, 100, *counts) for split, counts in shares.items()}))


def test_nothing_is_said_of_texts_that_are_read() -> None:
    assert lines(train=(10, 0, 50), dev=(0, 10, 0), test=(5, 5, 49)) == []
    assert list(unread_lines({"train": Unread("pieces", 0, 0)})) == []
    assert list(unread_lines({})) == []


def test_each_split_is_named_with_its_share() -> None:
    (line,) = lines(train=(98, 0, 0), dev=(3, 0, 0), test=(11, 0, 0))
    assert line.startswith("98.0 % of the pieces of train, 11.0 % of test are the unknown piece: ")
    assert "does not know this script or language" in line
    assert "--encoder" in line
    assert "multilingual" in line


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((11, 0, 0), "lost on this encoder"),
        ((30, 0, 0), "knows little of this kind of text"),
        ((0, 70, 0), "parts of a character"),
        ((5, 0, 60), "60.0 % of the pieces of train are single letters"),
        ((22, 0, 66), "single letters"),
    ],
)
def test_what_is_said(counts: tuple[int, int, int], told: str) -> None:
    (line,) = lines(train=counts)
    assert told in line


def test_words_are_words() -> None:
    (line,) = lines("words", train=(100, 0, 0))
    assert "100.0 % of the words of train are the unknown word" in line


def test_both_texts_together() -> None:
    both = Unread("pieces", 10, 1, 2, 3) + Unread("pieces", 30, 4, 5, 16)
    assert both == Unread("pieces", 40, 5, 7, 19)
    assert both.lost == both.share == 12 / 40
    assert Unread("pieces", 8, 1, 1, 5).lost == 7 / 8
