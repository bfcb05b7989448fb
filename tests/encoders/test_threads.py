"""Work in threads: results as in one thread, in order, with torch left as it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import torch

from unfreeze.encoders.threads import map_in_threads

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def slowest_first(number: int) -> tuple[int, int]:
    time.sleep(0.02 if number % 3 == 0 else 0.0)
    return number, torch.get_num_threads()


def test_results_come_in_order_from_threads_that_compute_alone() -> None:
    assert list(map_in_threads(slowest_first, range(10), CPU)) == [(n, 1) for n in range(10)]
    assert list(map_in_threads(slowest_first, [], CPU)) == []


def test_a_single_item_needs_no_other_thread() -> None:
    def work(number: int) -> tuple[int, int]:
        return threading.get_ident(), number // torch.get_num_threads()

    assert list(map_in_threads(work, [5], CPU)) == [(threading.get_ident(), 5)]
    assert torch.get_num_threads() == 2
    with pytest.raises(ZeroDivisionError):
        list(map_in_threads(lambda number: 1 // number, [0], CPU))
    assert torch.get_num_threads() == 2
    assert all(thread != threading.get_ident() for thread, _ in map_in_threads(work, [5, 6], CPU))


def test_many_threads_are_few_batches_of_several_each() -> None:
    for threads, expected in ((4, (4, 1)), (9, (4, 2)), (20, (6, 3)), (64, (8, 8))):
        torch.set_num_threads(threads)
        taken: list[int] = []
        results = map_in_threads(lambda _: torch.get_num_threads(), (taken.append(n) for n in range(99)), CPU)
        each = next(results)
        assert (len(taken) - 1, each) == expected  # one more waits
        results.close()  # type: ignore[attr-defined]
    torch.set_num_threads(2)


def test_items_are_taken_only_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    results = map_in_threads(slowest_first, items(), CPU)
    assert next(results)[0] == 0
    assert len(taken) <= 4
    results.close()  # type: ignore[attr-defined]
    assert len(taken) <= 4


def test_a_failure_reaches_the_caller() -> None:
    def fail(number: int) -> int:
        if number == 3:
            raise KeyError("three")
        return number

    got = []
    with pytest.raises(KeyError, match="three"):
        for number in map_in_threads(fail, range(10), CPU):
            got.append(number)
    assert got == [0, 1, 2]


@pytest.mark.parametrize(("threads", "device"), [(1, CPU), (2, torch.device("cuda"))])
def test_one_thread_or_a_gpu_does_it_in_the_caller(threads: int, device: torch.device) -> None:
    torch.set_num_threads(threads)
    where = set(map_in_threads(lambda _: threading.get_ident(), range(3), device))
    torch.set_num_threads(2)
    assert where == {threading.get_ident()}
