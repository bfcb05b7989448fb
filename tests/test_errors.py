from __future__ import annotations

import pytest

from unfreeze.errors import LONGEST, InputError, nearest, shown


def test_the_place_comes_first() -> None:
    error = InputError("3 columns, 2 are wanted", where="train.tsv:7")
    assert str(error) == "train.tsv:7: 3 columns, 2 are wanted"
    assert (error.problem, error.where) == ("3 columns, 2 are wanted", "train.tsv:7")


def test_without_a_place() -> None:
    error = InputError("no data")
    assert str(error) == "no data"
    assert error.where is None


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        ("size mismatch:\n\tgot 3\r\n  want 4\n", "size mismatch: got 3 want 4"),
        ("'two  spaces' stay", "'two  spaces' stay"),
        ("tag 'a\u2028b' and '\x1b[31m'", r"tag 'a b' and '\x1b[31m'"),
        ("half a character: '\ud800'", r"half a character: '\ud800'"),
        ("naïve 中文 🙂", "naïve 中文 🙂"),
    ],
)
def test_a_message_is_one_line_that_a_terminal_only_shows(problem: str, told: str) -> None:
    assert str(InputError(problem)) == told
    assert InputError(problem, where="a.csv:3").problem == told


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    told = str(InputError(f"cell '{'x' * 5000}' is too long; shorten it", where="a.csv:3"))
    assert told.startswith("a.csv:3: cell 'xxx")
    assert told.endswith("xxx' is too long; shorten it")
    assert len(told) < LONGEST + 20


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
