from __future__ import annotations

import errno
import os
import sysconfig
from pathlib import Path

import pytest

import unfreeze
from unfreeze.errors import LONGEST, PLACE, InputError, nearest, shown, user_fault

PACKAGE = Path(unfreeze.__file__).parent


def test_the_place_comes_first() -> None:
    error = InputError("3 columns, 2 are expected", where="train.tsv:7")
    assert str(error) == "train.tsv:7: 3 columns, 2 are expected"
    assert (error.problem, error.where) == ("3 columns, 2 are expected", "train.tsv:7")


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
    assert len(told) <= LONGEST


def test_a_long_file_name_keeps_its_beginning_and_its_end() -> None:
    name = f"/data/{'x' * 3000}/train.tsv:7"
    error = InputError(f"column '{'y' * 3000}' is missing", where=name)
    line = str(error)
    assert error.where == name
    assert len(line) <= LONGEST
    place, _, problem = line.partition(": ")
    assert len(place) <= PLACE
    assert place.startswith("/data/xxx")
    assert place.endswith("xxx/train.tsv:7")
    assert problem.endswith("' is missing")


def test_a_file_name_of_several_lines_makes_one_line() -> None:
    assert str(InputError("is empty", where="a\nb\x1b.tsv")) == "a b\\x1b.tsv: is empty"


def missing(path: str | Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def test_a_missing_file_outside_the_program_is_of_the_user() -> None:
    fault = user_fault(missing("/data/train.tsv"))
    assert str(fault) == "/data/train.tsv: No such file or directory"


@pytest.mark.parametrize(
    "path",
    [
        PACKAGE / "report" / "templates" / "page.html.j2",
        PACKAGE / "data" / ".." / "tokens.txt",
        f"{sysconfig.get_path('purelib')}/transformers/models/bert/x.json",
        f"{sysconfig.get_path('stdlib')}/x.py",
    ],
)
def test_a_missing_file_of_the_program_is_not_of_the_user(path: str | Path) -> None:
    assert user_fault(missing(path)) is None


def test_a_folder_whose_name_begins_as_the_program_s_is_of_the_user() -> None:
    assert user_fault(missing(f"{PACKAGE}-data/train.tsv")) is not None


@pytest.mark.parametrize("name", [None, 7, str(PACKAGE / "x"), "/data/x"])
def test_a_full_disk_is_of_the_user_wherever_it_is(name: str | int | None) -> None:
    fault = user_fault(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name))
    assert fault is not None
    assert fault.problem == "No space left on device"
    assert fault.where == (name if isinstance(name, str) else "input/output")


@pytest.mark.parametrize("error", [OSError("Can't load x"), BrokenPipeError(errno.EPIPE, "Broken pipe"), KeyError("x")])
def test_an_error_that_names_no_file_is_not_of_the_user(error: Exception) -> None:
    assert user_fault(error) is None


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
