"""Which seeds of a recipe the runner trains at once."""

from __future__ import annotations

from typing import Any

import pytest

from unfreeze.runs.runner import _groups


@pytest.mark.parametrize(
    ("jobs", "at_most", "expected"),
    [
        (0, 2, []), (0, None, []), (1, 2, ["a"]), (4, 2, ["ab", "cd"]), (4, 3, ["ab", "cd"]), (5, 2, ["a", "bc", "de"]),
        (3, 8, ["abc"]), (5, None, ["abcde"]), (3, 1, ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_groups_are_about_equal_and_in_order(jobs: int, at_most: int | None, expected: list[str]) -> None:
    names: Any = "abcde"[:jobs]
    assert _groups(names, at_most) == expected
