from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from threading import Barrier, Event, get_ident

import pytest
import torch

from unfreeze.layers.side_by_side import Threads, both, helped_by, one_thread_each, threads_here

CPU = torch.device("cpu")


def facts(way: int) -> tuple[int, int, bool]:
    return way, get_ident(), torch.is_grad_enabled()


def test_without_an_idle_thread_one_follows_the_other() -> None:
    here = get_ident()
    assert both(facts) == ((0, here, False), (1, here, False))


def test_an_idle_thread_takes_the_second() -> None:
    with Threads(2, taken=1) as threads, helped_by(threads):
        first, second = both(facts)
        again = both(facts)[1]
    assert first == (0, get_ident(), False)
    assert second[0::2] == (1, False)
    assert second[1] != get_ident() != again[1], "it is idle again"
    assert both(facts)[1][1] == get_ident()  # it was given back


@pytest.mark.parametrize("fails", [0, 1])
def test_what_goes_wrong_in_either_is_raised_and_nothing_goes_on(fails: int) -> None:
    ended = []

    def work(way: int) -> None:
        if way == fails:
            raise ValueError(f"in {way}")
        time.sleep(0.02)
        ended.append(way)

    with Threads(2, taken=1) as threads, helped_by(threads):
        with pytest.raises(ValueError, match=f"in {fails}"):
            both(work)
        assert ended == [1 - fails]


def test_a_piece_of_work_is_helped_while_there_is_no_other() -> None:
    """Two threads and one piece of work: its second half goes to the idle one; a second piece takes that thread."""
    go_on, second_began = Event(), Event()

    def first() -> tuple[bool, bool]:
        alone = both(lambda way: get_ident())
        go_on.set()
        assert second_began.wait(60)
        beside = both(lambda way: get_ident())
        return alone[0] != alone[1], beside[0] != beside[1]

    def second() -> None:
        second_began.set()
        ended.wait(60)

    ended = Event()
    with Threads(2) as threads:
        one = threads.begin(first)
        assert go_on.wait(60)
        other = threads.begin(second)
        assert one.result(60) == (True, False)
        ended.set()
        other.result(60)


def test_help_does_not_queue_behind_work_that_began_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second piece begins while the first is about to hand out its half, and ends only after the first has."""
    asking, first_ended = Event(), Event()
    plain = Threads._submit

    def slow(self: Threads, work: Callable[[], object]) -> Future[object]:
        if threads_here() is not None:  # the first piece asks for help
            asking.set()
            time.sleep(0.05)
        return plain(self, work)

    monkeypatch.setattr(Threads, "_submit", slow)
    with Threads(2) as threads:
        first = threads.begin(lambda: both(lambda way: way))
        assert asking.wait(60)
        second = threads.begin(lambda: first_ended.wait(60))
        try:
            assert first.result(5) == (0, 1)
        finally:
            first_ended.set()
        assert second.result(60)


def test_more_pieces_than_threads_wait_their_turn() -> None:
    running, most = [], []

    def work() -> None:
        running.append(0)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()

    with Threads(2) as threads:
        for future in [threads.begin(work) for _ in range(5)]:
            future.result(60)
    assert max(most) == 2


def test_every_thread_computes_with_one_of_torchs(threads: int) -> None:
    with one_thread_each(CPU) as here:
        assert here is not None
        assert here.count == threads
        assert torch.get_num_threads() == 1
        assert list(here.map(lambda _: torch.get_num_threads(), range(4))) == [1] * 4
    assert torch.get_num_threads() == threads


def test_a_thread_keeps_its_number_whatever_others_set_before_its_first_operation() -> None:
    set_here, go_on = Event(), Event()

    def work() -> int:
        set_here.set()
        assert go_on.wait(60)
        return torch.get_num_threads()

    before = torch.get_num_threads()
    with Threads(1) as threads:
        future = threads.begin(work)
        assert set_here.wait(60)
        torch.set_num_threads(3)
        go_on.set()
        assert future.result(60) == 1
    torch.set_num_threads(before)


def test_who_is_one_of_several_opens_no_threads_of_its_own() -> None:
    def work() -> bool:
        with one_thread_each(CPU) as here:
            return here is threads_here() is threads

    with Threads(2) as threads:
        assert threads.begin(work).result(60)


def test_elsewhere_than_on_a_processor_nothing_changes() -> None:
    with one_thread_each(torch.device("meta")) as here:
        assert here is None


def test_items_go_to_idle_threads_and_results_come_in_order() -> None:
    met = Barrier(3)

    def work(item: int) -> tuple[int, int]:
        if item < 3:
            met.wait(60)  # broken, an error, unless three are at work at the same time
        time.sleep(0.001 * (7 - item))
        return item, get_ident()

    with Threads(3, taken=1) as threads:
        results = list(threads.map(work, range(7)))
        assert list(threads.map(work, [])) == []
    assert [item for item, _ in results] == list(range(7))
    assert len({thread for _, thread in results}) == 3
    assert results[0][1] == get_ident()


def test_items_are_taken_only_as_threads_come_for_them() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            yield item

    with Threads(50, taken=1) as threads:
        results = threads.map(lambda item: item, items())
        assert next(results) == 0
        assert len(taken) <= 9
        with suppress(AttributeError):
            results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("fails", [0, 1])
def test_an_item_that_fails_is_raised_once_the_others_have_ended(fails: int) -> None:
    ended = []

    def work(item: int) -> None:
        if item == fails:
            raise ValueError(f"in {item}")
        time.sleep(0.02)
        ended.append(item)

    with Threads(2, taken=1) as threads:
        with pytest.raises(ValueError, match=f"in {fails}"):
            list(threads.map(work, range(2)))
        assert ended == [1 - fails]


def test_whoever_comes_too_late_for_an_idle_thread_computes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and asking another may have taken it."""

    def nobody(self: Threads, work: object) -> Future[int] | None:
        return None

    monkeypatch.setattr(Threads, "lend", nobody)
    with Threads(2, taken=1) as threads:
        assert list(threads.map(lambda item: (item, get_ident()), range(3))) == [(n, get_ident()) for n in range(3)]
