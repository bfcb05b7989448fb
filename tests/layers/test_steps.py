from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.layers.steps import steps_of


@given(st.lists(st.integers(1, 6), max_size=8))
def test_each_step_reads_the_right_row_of_each_input(lengths: list[int]) -> None:
    steps = steps_of(lengths)
    order = steps.order.tolist()
    assert sorted(order) == list(range(len(lengths)))
    assert all(lengths[a] >= lengths[b] for a, b in pairwise(order))
    forward, backward = [], []
    for t, active in enumerate(steps.active):
        assert [n for n in order if lengths[n] > t] == order[:active]
        for n in order[:active]:
            start = sum(lengths[:n])
            forward.append(start + t)
            backward.append(start + lengths[n] - 1 - t)
    assert steps.rows.tolist() == [forward, backward]
    everything = torch.arange(len(forward))
    for direction in (0, 1):
        assert torch.equal(steps.rows[direction][steps.places[direction]], everything)
