from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unfreeze.layers.pooling import How, pool

HOWS = get_args(How)


def by_loop(states: torch.Tensor, lengths: list[int], how: str) -> torch.Tensor:
    parts = states.float().split(lengths, -2)
    reduce = {
        "mean": lambda x: x.mean(-2), "max": lambda x: x.amax(-2), "cls": lambda x: x[..., 0, :],
        "last": lambda x: x[..., -1, :],
    }  # fmt: skip
    return torch.stack([reduce[how](part) for part in parts], -2)


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=6),
    layers=st.sampled_from([(), (1,), (3,)]),
    how=st.sampled_from(HOWS),
    dtype=st.sampled_from([torch.float32, torch.float16, torch.bfloat16]),
)
def test_equals_a_loop(lengths: list[int], layers: tuple[int, ...], how: How, dtype: torch.dtype) -> None:
    states = torch.randn(*layers, sum(lengths), 5).to(dtype) - 3  # all rows negative: a padded zero would win the max
    pooled = pool(states, lengths, how)
    assert pooled.shape == (*layers, len(lengths), 5)
    assert pooled.dtype == torch.float32
    torch.testing.assert_close(pooled, by_loop(states, lengths, how))


@pytest.mark.parametrize("how", HOWS)
def test_gradient(how: How) -> None:
    states = torch.randn(2, 6, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: pool(x, (1, 3, 2), how), states)


@pytest.mark.parametrize("how", HOWS)
def test_an_input_alone_gives_what_it_gives_in_a_batch(how: How) -> None:
    states = torch.randn(3, 9, 4)
    assert torch.equal(pool(states[:, 2:7], (5,), how), pool(states, (2, 5, 2), how)[:, 1:2])


def test_a_slice_that_is_not_contiguous() -> None:
    states = torch.randn(3, 6, 8)[:, :, ::2]
    torch.testing.assert_close(pool(states, (2, 4), "mean"), by_loop(states, [2, 4], "mean"))


def test_half_precision_is_summed_in_full() -> None:
    states = torch.full((4096, 1), 0.1, dtype=torch.float16)
    assert pool(states, (4096,), "mean").item() == pytest.approx(float(states[0, 0]), rel=1e-6)


def test_bad_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 3"):
        pool(torch.zeros(4, 2), (1, 2), "mean")
    with pytest.raises(ValueError, match="input 1 is empty"):
        pool(torch.zeros(4, 2), (1, 0, 3), "cls")
