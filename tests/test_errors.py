from __future__ import annotations

import pytest

from unfreeze.errors import InputError, nearest, shown


def test_the_place_comes_first() -> None:
    error = InputError("3 columns, 2 are wanted", where="train.tsv:7")
    assert str(error) == "train.tsv:7: 3 columns, 2 are wanted"
    assert (error.problem, error.where) == ("3 columns, 2 are wanted", "train.tsv:7")


def test_without_a_place() -> None:
    error = InputError("no data")
    assert str(error) == "no data"
    assert error.where is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tagigng", " (did you mean 'tagging'? known: regression, tagging)"),
        ("Regression", " (did you mean 'regression'? known: regression, tagging)"),
        ("xyz", " (known: regression, tagging)"),
        ("", " (known: regression, tagging)"),
    ],
)
def test_nearest_names_one_only_if_it_is_near(name: str, expected: str) -> None:
    assert nearest(name, {"tagging", "regression"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("ab", "ab"), ("a\nb\u2028", "a\\nb\\u2028"), ("x" * 99, "x" * 57 + "..."), ("é 😀", "é 😀")]
)
def test_what_is_shown_is_one_bearable_line(text: str, expected: str) -> None:
    assert shown(text) == expected
