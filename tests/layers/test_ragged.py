from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unfreeze.layers.ragged import pad, unpad

LENGTHS = st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(any)


@settings(max_examples=60, deadline=None)
@given(lengths=LENGTHS, trailing=st.sampled_from([(), (3,), (2, 3)]))
def test_pad_equals_a_loop_and_unpad_undoes_it(lengths: list[int], trailing: tuple[int, ...]) -> None:
    packed = torch.randn(sum(lengths), *trailing)
    padded, mask = pad(packed, lengths)
    assert padded.shape == (len(lengths), max(lengths), *trailing)
    start = 0
    for row, real, length in zip(padded, mask, lengths, strict=True):
        assert real.tolist() == [True] * length + [False] * (max(lengths) - length)
        assert torch.equal(row[:length], packed[start : start + length])
        assert not row[length:].any()
        start += length
    assert torch.equal(unpad(padded, mask), packed)


def test_lengths_may_be_a_tensor_and_types_are_kept() -> None:
    packed = torch.arange(5, dtype=torch.int16)
    padded, mask = pad(packed, torch.tensor([2, 3]))
    assert padded.tolist() == [[0, 1, 0], [2, 3, 4]]
    assert padded.dtype == torch.int16
    assert mask.dtype == torch.bool


def test_gradients_flow_both_ways() -> None:
    packed = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: pad(x, (1, 3, 2))[0], packed)
    mask = pad(packed, (1, 3, 2))[1]
    padded = torch.randn(3, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: unpad(x, mask), padded)


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 4, but there are 5"):
        pad(torch.zeros(5, 2), (1, 3))
