"""Which texts go together: whoever waits longest leads, those of like length come along, nobody is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.examples import Example
from unfreeze.serving.model import Answer
from unfreeze.serving.waiting import MOST_ROWS, Job, Waiting


def job(*costs: int) -> Job:
    return Job([Example(str(i), "x") for i in range(len(costs))], costs)


def room(*jobs: Job, budget: int = 100, whole: bool = False) -> Waiting:
    waiting = Waiting(budget, whole)
    for one in jobs:
        waiting.add(one)
    return waiting


def test_all_that_fits_goes_together() -> None:
    first, second = job(10, 90 - 20), job(20)
    assert set(room(first, second).take()) == {(first, 0), (first, 1), (second, 0)}


def test_the_first_one_leads_and_like_lengths_come_along() -> None:
    short, long, middle, other = job(10), job(90), job(60), job(12)
    waiting = room(short, long, middle, other, budget=80)
    assert waiting.take() == [(short, 0), (other, 0)]  # 60 more would fit into 80 only without the last one
    assert waiting.take() == [(long, 0)]
    assert waiting.take() == [(middle, 0)]
    assert waiting.take() == []


def test_a_text_above_the_budget_is_alone() -> None:
    long, short = job(500), job(1)
    waiting = room(long, short)
    assert [waiting.take(), waiting.take()] == [[(long, 0)], [(short, 0)]]


def test_a_request_with_many_texts_does_not_hold_up_one_that_came_later() -> None:
    many, one = job(*[50] * 40), job(1)
    waiting = room(many, one)
    waiting.take()
    assert (one, 0) in waiting.take()


def test_a_long_text_is_not_forgotten_among_short_ones() -> None:
    long = job(1000)
    waiting = room(job(1), long)
    for _ in range(3):
        for _ in range(200):
            waiting.add(job(1))
        if (long, 0) in waiting.take():
            return
    pytest.fail("the long text still waits")


def test_a_batch_has_a_most_number_of_texts() -> None:
    assert len(room(job(*[1] * 1000), budget=10_000).take()) == MOST_ROWS


def test_where_states_continue_from_text_to_text_requests_are_apart_and_in_order() -> None:
    first, second = job(*[60] * 5), job(1)
    waiting = room(first, second, whole=True)
    assert waiting.take() == [(first, i) for i in range(5)]
    assert waiting.take() == [(second, 0)]


def test_what_was_given_up_is_not_taken() -> None:
    gone, other = job(1, 2), job(3)
    waiting = room(gone, other)
    gone.future.cancel()
    assert waiting.take() == [(other, 0)]


@given(st.lists(st.lists(st.integers(1, 300), min_size=1, max_size=6), min_size=1, max_size=8))
def test_every_text_is_taken_once_and_budgets_hold(costs: list[list[int]]) -> None:
    jobs = [job(*each) for each in costs]
    waiting, seen = room(*jobs), []
    assert waiting.texts() == sum(map(len, costs))
    while batch := waiting.take():
        assert len(batch) == 1 or sum(one.costs[i] for one, i in batch) <= 100
        seen += batch
    assert len(seen) == len(set(seen)) == sum(map(len, costs))
    assert waiting.texts() == 0


def test_a_job_ends_with_its_last_answer_in_the_order_of_its_texts() -> None:
    one = job(1, 1)
    one.answer(1, Answer("b"))
    assert not one.ended
    one.answer(0, Answer("a"))
    assert [answer.label for answer in one.future.result(0)] == ["a", "b"]


def test_a_job_that_was_given_up_takes_no_answer_and_no_error() -> None:
    one, other = job(1), job(1)
    one.future.cancel()
    other.future.cancel()
    one.answer(0, Answer("a"))
    other.fail(ValueError())
    assert one.future.cancelled()
    assert other.future.cancelled()
