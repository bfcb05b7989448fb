from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from unfreeze.training.seeds import seeded


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
