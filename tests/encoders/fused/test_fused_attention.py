"""Attention in blocks of filled-up inputs against a softmax over one input at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from unfreeze.encoders.fused.attention import SHORT, STEP, attend_inside, blocks_of

HEADS, WIDTH, SCALE = 2, 3, 0.7


def one_by_one(sides: Tensor, lengths: tuple[int, ...]) -> Tensor:
    parts = []
    for part in sides.float().split(lengths):
        q, k, v = part.view(len(part), 3, HEADS, WIDTH).permute(1, 2, 0, 3)
        parts.append(((q @ k.transpose(1, 2) * SCALE).softmax(2) @ v).transpose(0, 1).reshape(len(part), -1))
    return torch.cat(parts)


def drawn(pieces: int) -> Tensor:
    return torch.randn(pieces, 3 * HEADS * WIDTH, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@given(st.lists(st.integers(1, 3 * STEP), min_size=1, max_size=9), st.booleans())
def test_every_piece_sees_its_own_input_and_nothing_else(dtype: torch.dtype, lengths: list[int], long: bool) -> None:
    sizes = tuple(sorted(lengths + [SHORT[dtype] + 5] * long))
    sides = drawn(sum(sizes)).to(dtype)
    got = attend_inside(sides, blocks_of(sizes, dtype), HEADS, SCALE)
    assert got.dtype == dtype
    rounding = 1e-5 if dtype == torch.float32 else 0.03
    torch.testing.assert_close(got.float(), one_by_one(sides, sizes), atol=rounding, rtol=rounding)


def test_an_input_that_is_not_finite_does_not_touch_its_neighbours() -> None:
    sizes = (3, 5, 9)
    sides = drawn(sum(sizes))
    calm = attend_inside(sides, blocks_of(sizes, sides.dtype), HEADS, SCALE)
    sides[3:8] = torch.inf
    got = attend_inside(sides, blocks_of(sizes, sides.dtype), HEADS, SCALE)
    assert torch.equal(got[:3], calm[:3])
    assert torch.equal(got[8:], calm[8:])


@given(st.lists(st.integers(1, 300), min_size=1, max_size=200))
def test_short_inputs_need_few_blocks(lengths: list[int]) -> None:
    sizes = sorted(lengths)
    blocks = blocks_of(sizes, torch.bfloat16)
    short = [block for block in blocks if block.length <= SHORT[torch.bfloat16]]
    assert len(short) <= SHORT[torch.bfloat16] // STEP
    assert sum(block.count for block in blocks) == len(sizes)
    assert [block.first for block in blocks[1:]] == [block.first + block.pieces for block in blocks[:-1]]
    assert all(a.length < b.length for a, b in pairwise(blocks))
