"""Inputs of one length in step order, against the same inputs packed."""

from __future__ import annotations

import pytest
import torch

from unfreeze.encoders.elmo.bilm import BiLm, LstmSize

COUNT, LENGTH, WIDTH = 3, 5, 6


@pytest.fixture
def lm() -> BiLm:
    torch.manual_seed(0)
    return BiLm(WIDTH, LstmSize(9, WIDTH, layers=3), dropout=0.0)


def stepped(packed: torch.Tensor, backward: bool) -> torch.Tensor:
    """(COUNT * LENGTH, W) input after input to step after step; the backward direction begins at the end."""
    rows = packed.view(COUNT, LENGTH, -1)
    return (rows.flip(1) if backward else rows).transpose(0, 1).reshape(COUNT * LENGTH, -1)


def test_inputs_of_one_length_are_as_forward_has_them(lm: BiLm) -> None:
    packed = torch.randn(COUNT * LENGTH, WIDTH)
    before = [(torch.randn(2, COUNT, WIDTH), torch.randn(2, COUNT, 9)) for _ in lm.layers]
    expected, expected_after = lm(packed, [LENGTH] * COUNT, before)
    both = torch.stack([stepped(packed, False), stepped(packed, True)])
    outputs, after = lm.stacked(both, (COUNT,) * LENGTH, before)
    assert len(outputs) == len(expected) == 3
    for ours, wanted in zip(outputs, expected, strict=True):
        for direction, part in enumerate(wanted.chunk(2, 1)):
            torch.testing.assert_close(ours[direction], stepped(part, direction == 1))
    for found, wanted_state in zip(after, expected_after, strict=True):
        torch.testing.assert_close(found, wanted_state)
    for ours, whole in zip(lm.stacked(outputs[0], (COUNT,) * LENGTH, before, first=1)[0], outputs[1:], strict=True):
        torch.testing.assert_close(ours, whole)


def test_directions_may_read_different_rows(lm: BiLm) -> None:
    x = torch.randn(2, COUNT * LENGTH, WIDTH)
    outputs = lm.stacked(x, (COUNT,) * LENGTH)[0]
    for direction in (0, 1):
        alone = x.clone()
        alone[1 - direction] = 0
        for ours, wanted in zip(lm.stacked(alone, (COUNT,) * LENGTH)[0], outputs, strict=True):
            torch.testing.assert_close(ours[direction], wanted[direction])


def test_going_on_equals_one_long_reading(lm: BiLm) -> None:
    x = torch.randn(2, COUNT * LENGTH, WIDTH)
    whole, last = lm.stacked(x, (COUNT,) * LENGTH)
    first, carried = lm.stacked(x[:, : 2 * COUNT], (COUNT,) * 2)
    rest, after = lm.stacked(x[:, 2 * COUNT :], (COUNT,) * (LENGTH - 2), carried)
    for begun, gone_on, wanted in zip(first, rest, whole, strict=True):
        torch.testing.assert_close(torch.cat([begun, gone_on], 1), wanted)
    torch.testing.assert_close(after, last)
