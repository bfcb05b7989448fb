"""States to bytes and back: float16 and float32 as they are, int8 within half a scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unfreeze.features.rows import NotFiniteError, from_rows, row_bytes, to_rows

STATES = st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-(2.0**99), 2.0**99, width=32))
)


@given(STATES)
def test_an_int8_state_is_off_by_half_a_scale_at_most(states):
    layers, count, width = states.shape
    data = to_rows(torch.from_numpy(states.copy()), "int8")
    assert data.shape == (count, row_bytes(layers, width, "int8")) == (count, layers * (width + 4))
    back = from_rows(data, layers, width, "int8").numpy()
    scale = np.abs(states.astype(np.float64)).max(2, keepdims=True) / 127
    assert (np.abs(back - states) <= scale / 2 * (1 + 1e-4) + 1e-38).all()
    assert (back[np.broadcast_to(scale == 0, back.shape)] == 0).all()


def test_int8_by_hand():
    states = torch.tensor([[[0.0, 127.0, -63.4], [0.0, 0.0, 0.0]], [[-254.0, 1.0, 3.1], [1e-3, 5e-4, -1e-3]]])
    data = to_rows(states, "int8")
    assert data[:, :6].view(np.int8).tolist() == [[0, 127, -63, -127, 0, 2], [0, 0, 0, 127, 64, -127]]
    back = from_rows(data, 2, 3, "int8")
    assert back[0].tolist() == [[0.0, 127.0, -63.0], [0.0, 0.0, 0.0]]
    assert back[1, 0].tolist() == [-254.0, 0.0, 4.0]
    assert torch.equal(from_rows(data, 2, 3, "int8", range(1, 2)), back[1:])


@given(STATES)
def test_the_given_states_are_left_as_they_are(states):
    given_states = torch.from_numpy(states.copy())
    to_rows(given_states, "int8")
    assert np.array_equal(given_states.numpy(), states)


@pytest.mark.parametrize(("dtype", "kind"), [("float16", torch.float16), ("float32", torch.float32)])
@pytest.mark.parametrize("source", [torch.float32, torch.bfloat16])
def test_wide_rows_come_back_as_torch_rounds_them(dtype, kind, source):
    states = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0)).to(source)
    data = to_rows(states, dtype)
    assert data.shape == (5, row_bytes(3, 4, dtype))
    assert torch.equal(from_rows(data, 3, 4, dtype), states.to(kind).float())
    assert torch.equal(from_rows(data[3:4], 3, 4, dtype), states[:, 3:4].to(kind).float())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", ["float16", "float32", "int8"])
def test_what_is_not_finite_is_refused(value, dtype):
    states = torch.zeros(2, 3, 4)
    states[1, 2, 0] = value
    with pytest.raises(NotFiniteError):
        to_rows(states, dtype)
