"""Packed attention against a plain softmax over one input at a time."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.encoders.packed import PACKED, SHORT, equal_length_groups, packed_attention, packed_implementation


@given(st.lists(st.integers(1, 4), max_size=12))
def test_groups_cover_the_pieces_in_order(lengths: list[int]) -> None:
    groups = equal_length_groups(tuple(lengths))
    assert [length for _, count, length in groups for _ in range(count)] == lengths
    assert [start for start, *_ in groups] == [sum(c * n for _, c, n in groups[:i]) for i in range(len(groups))]
    assert all(a[2] != b[2] for a, b in pairwise(groups))  # else one kernel would have done


@pytest.mark.parametrize("window", [None, 1, 3, 50])
def test_attention_stays_inside_each_input_and_its_window(window: int | None) -> None:
    lengths, heads, width, scaling = (1, 4, 4, 7), 2, 3, 0.4
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(1, heads, sum(lengths), width, generator=generator) for _ in range(3))
    got, weights = packed_attention(
        torch.nn.Identity(), query, key, value, None, scaling, packed_lengths=lengths, sliding_window=window
    )
    owner = torch.repeat_interleave(torch.tensor(lengths))
    place = torch.arange(len(owner))
    seen = owner[:, None] == owner[None]
    if window is not None:
        seen &= (place[:, None] - place[None]).abs() < window
    scores = (query @ key.transpose(-1, -2) * scaling).masked_fill(~seen, -torch.inf)
    torch.testing.assert_close(got, (scores.softmax(-1) @ value).transpose(1, 2), atol=1e-6, rtol=1e-5)
    assert weights is None


@pytest.mark.parametrize("length", [1, SHORT, SHORT + 1])
def test_bf16_is_as_near_to_fp32_with_plain_products_as_with_the_fused_kernel(length: int) -> None:
    generator = torch.Generator().manual_seed(0)
    exact = [torch.randn(1, 3, 2 * length, 16, generator=generator) for _ in range(3)]
    half = [x.to(torch.bfloat16) for x in exact]
    expected, _ = packed_attention(torch.nn.Identity(), *exact, None, packed_lengths=(length, length))
    got, _ = packed_attention(torch.nn.Identity(), *half, None, packed_lengths=(length, length))
    assert got.dtype == torch.bfloat16
    torch.testing.assert_close(got.float(), expected, atol=0.03, rtol=0.03)


def test_lengths_must_fit_the_batch() -> None:
    x = torch.zeros(1, 2, 5, 3)
    with pytest.raises(ValueError, match="sum to 4, the batch has 5"):
        packed_attention(torch.nn.Identity(), x, x, x, None, packed_lengths=(2, 2))


def test_several_threads_switch_a_model_once_there_and_once_back() -> None:
    class Model:
        def __init__(self) -> None:
            self.config = SimpleNamespace(_attn_implementation="sdpa")
            self.switched: list[str] = []

        def set_attn_implementation(self, name: str) -> None:
            self.config._attn_implementation = name
            self.switched.append(name)

    model = Model()
    with packed_implementation(model):
        with packed_implementation(model):
            assert model.config._attn_implementation == PACKED
        assert model.config._attn_implementation == PACKED
    assert model.switched == [PACKED, "sdpa"]
