from __future__ import annotations

import operator
from collections.abc import Iterator

import pytest

from unfreeze.pretraining.processes import AT_ONCE, map_in_processes


@pytest.mark.parametrize("count", [0, 3, AT_ONCE, AT_ONCE + 1, 12 * AT_ONCE + 5])
def test_results_come_in_order(count: int) -> None:
    assert list(map_in_processes(operator.neg, range(count))) == [-i for i in range(count)]


def test_it_reads_ahead_only_so_far() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for i in range(100 * AT_ONCE):
            taken += 1
            yield i

    results = map_in_processes(operator.neg, items())
    assert next(results) == 0
    assert taken <= AT_ONCE
    results.close()  # type: ignore[attr-defined]


def test_an_error_arrives() -> None:
    with pytest.raises(TypeError):
        list(map_in_processes(operator.neg, [*range(3 * AT_ONCE), "a word"]))  # type: ignore[list-item]
