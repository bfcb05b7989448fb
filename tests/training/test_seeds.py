from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch

from unfreeze.training.seeds import draws, seeded


def draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def test_one_seed_one_sequence() -> None:
    drawn = []
    for seed in (3, 3, 4):
        with seeded(seed):
            drawn.append(draw())
    assert drawn[0] == drawn[1]
    assert all(a != b for a, b in zip(drawn[0], drawn[2], strict=True))


def test_the_callers_randomness_goes_on_undisturbed() -> None:
    with seeded(0):
        undisturbed = draw(), draw()
        with seeded(0):
            first = draw()
            with seeded(5):
                draw()
            with pytest.raises(KeyError), seeded(6):
                draw()
                raise KeyError
            assert (first, draw()) == undisturbed


@pytest.mark.parametrize(
    ("work", "drawn"),
    [
        (random.random, True),
        (np.random.rand, True),
        (lambda: torch.rand(()), True),
        (lambda: torch.rand((), generator=torch.Generator()), False),
        (lambda: np.random.default_rng(0).random(), False),
    ],
)
def test_what_draws_from_the_shared_state_is_noticed_and_leaves_it(work: Callable[[], object], drawn: bool) -> None:
    with seeded(0):
        expected = draw()
    with seeded(0):
        assert draws(work) is drawn
        assert draw() == expected


def test_threads_draw_one_after_the_other() -> None:
    asked = Event()

    def second() -> tuple[float, float, float]:
        asked.set()
        with seeded(1):
            return draw()

    with ThreadPoolExecutor(1) as pool:
        with seeded(0):
            expected = draw(), draw()
        with seeded(1):
            other = draw()
        with seeded(0):
            first = draw()
            future = pool.submit(second)
            assert asked.wait(60)
            with pytest.raises(TimeoutError):
                future.result(0.05)  # it waits
            assert (first, draw()) == expected
        assert future.result(60) == other
