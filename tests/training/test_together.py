from __future__ import annotations

import time
from threading import Barrier, get_ident

import pytest
import torch

from unfreeze.layers.side_by_side import both
from unfreeze.training.loop import Fit, Progress
from unfreeze.training.together import train_together

CPU = torch.device("cpu")
Told = list[tuple[int, int, float | None]]


def fit_of(number: int, seconds: float = 1.0) -> Fit:
    return Fit((), (number,), (False,), seconds, 0, 0)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_results_come_in_order_and_each_computes_in_one_thread(count: int, threads: int) -> None:
    seen = []

    def train(number: int, progress: Progress) -> Fit:
        seen.append(torch.get_num_threads())
        return fit_of(number)

    assert [fit.best_epoch for fit in train_together(train, count, CPU, lambda *_: None)] == [
        (n,) for n in range(count)
    ]
    assert seen == [1] * count
    assert torch.get_num_threads() == threads


def test_a_single_one_is_lent_the_second_thread(threads: int) -> None:
    found = []

    def train(number: int, progress: Progress) -> Fit:
        found.extend(both(lambda way: get_ident()))
        return fit_of(number)

    train_together(train, 1, CPU, lambda *_: None)
    assert len(set(found)) == threads


def test_seconds_add_up_to_those_of_all(threads: int) -> None:
    def train(number: int, progress: Progress) -> Fit:
        began = time.perf_counter()
        time.sleep(0.05 * (1 + number))
        return fit_of(number, time.perf_counter() - began)

    began = time.perf_counter()
    first, second = train_together(train, 2, CPU, lambda *_: None)
    took = time.perf_counter() - began
    assert first.seconds + second.seconds <= took
    assert first.seconds + second.seconds == pytest.approx(took, abs=0.04)
    assert 1.5 < second.seconds / first.seconds < 2.5


def test_progress_is_of_all_together(threads: int) -> None:
    told: Told = []

    def train(number: int, progress: Progress) -> Fit:
        for step in range(1, 4):
            progress(step, 3, 0.1 * number if step > 1 else None)
        return fit_of(number)

    train_together(train, 2, CPU, lambda *of: told.append(of))
    assert [step for step, _, _ in told] == [1, 2, 3, 4, 5, 6]
    assert {total for _, total, _ in told} == {6}
    assert told[0][2] is None
    assert told[-1][2] == 0.1


def test_when_one_fails_the_others_stop(threads: int) -> None:
    steps = []

    def train(number: int, progress: Progress) -> Fit:
        if number == 0:
            raise MemoryError("too much")
        for step in range(1, 1000):
            time.sleep(0.005)
            steps.append(step)
            progress(step, 1000, None)
        return fit_of(number)

    with pytest.raises(MemoryError, match="too much"):
        train_together(train, 2, CPU, lambda *_: None)
    assert len(steps) < 500
    assert torch.get_num_threads() == threads


def test_no_more_train_at_once_than_there_are_threads(threads: int) -> None:
    running, most = [], []

    def train(number: int, progress: Progress) -> Fit:
        running.append(number)
        most.append(len(running))
        time.sleep(0.05)
        running.remove(number)
        return fit_of(number)

    train_together(train, 4, CPU, lambda *_: None)
    assert max(most) <= threads


def test_two_train_at_the_same_time_where_there_are_two_threads() -> None:
    before, both_here = torch.get_num_threads(), Barrier(2)

    def train(number: int, progress: Progress) -> Fit:
        both_here.wait(60)  # broken, an error, if one had to end before the other began
        return fit_of(number)

    torch.set_num_threads(2)
    train_together(train, 2, CPU, lambda *_: None)
    torch.set_num_threads(before)
