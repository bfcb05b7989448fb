from __future__ import annotations

from threading import get_ident

import pytest
import torch

from unfreeze.encoders.threads import thread_pool
from unfreeze.layers.side_by_side import both, lent


def facts(way: int) -> tuple[int, int, int, bool]:
    return way, get_ident(), torch.get_num_threads(), torch.is_grad_enabled()


def test_without_a_lent_thread_one_follows_the_other() -> None:
    here = get_ident()
    assert [fact[:2] for fact in both(facts)] == [(0, here), (1, here)]
    assert not any(fact[3] for fact in both(facts))


def test_a_lent_thread_takes_the_second_and_both_compute_in_one_thread() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with thread_pool(1) as pool, lent(pool):
            first, second = both(facts)
            assert torch.get_num_threads() == 2
        assert (first[0], second[0]) == (0, 1)
        assert first[1] == get_ident() != second[1]
        assert (first[2:], second[2:]) == ((1, False), (1, False))
        assert both(facts)[1][1] == get_ident()  # it was given back
    finally:
        torch.set_num_threads(before)


def test_none_is_no_thread() -> None:
    with thread_pool(1) as pool, lent(pool), lent(None):
        assert both(facts)[1][1] == get_ident()


@pytest.mark.parametrize("fails", [0, 1])
def test_what_goes_wrong_in_either_is_raised(fails: int) -> None:
    def work(way: int) -> int:
        if way == fails:
            raise ValueError(f"in {way}")
        return way

    with thread_pool(1) as pool, lent(pool), pytest.raises(ValueError, match=f"in {fails}"):
        both(work)
