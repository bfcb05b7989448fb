from __future__ import annotations

import time
from threading import get_ident

import pytest
import torch

from unfreeze.encoders.threads import thread_pool
from unfreeze.layers.side_by_side import both, lent


def facts(way: int) -> tuple[int, int, bool]:
    return way, get_ident(), torch.is_grad_enabled()


def test_without_a_lent_thread_one_follows_the_other() -> None:
    here = get_ident()
    assert both(facts) == ((0, here, False), (1, here, False))


def test_a_lent_thread_takes_the_second() -> None:
    with thread_pool(1) as pool, lent(pool):
        first, second = both(facts)
    assert first == (0, get_ident(), False)
    assert second[0::2] == (1, False)
    assert second[1] != get_ident()
    assert both(facts)[1][1] == get_ident()  # it was given back


@pytest.mark.parametrize("fails", [0, 1])
def test_what_goes_wrong_in_either_is_raised_and_nothing_goes_on(fails: int) -> None:
    ended = []

    def work(way: int) -> None:
        if way == fails:
            raise ValueError(f"in {way}")
        time.sleep(0.02)
        ended.append(way)

    with thread_pool(1) as pool, lent(pool):
        with pytest.raises(ValueError, match=f"in {fails}"):
            both(work)
        assert ended == [1 - fails]
