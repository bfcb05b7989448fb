from __future__ import annotations

import pytest
import torch

from unfreeze.layers.moments import moments


def test_batches_of_any_size_give_the_moments_of_the_whole() -> None:
    whole = 1000 + torch.randn(3, 50, 4)  # a large mean: naive sums of squares in float32 would be off
    mean, spread = moments(whole.split((7, 1, 30, 12), dim=1))
    torch.testing.assert_close(mean, whole.double().mean(1).float())
    torch.testing.assert_close(spread, whole.double().std(1, correction=0).float())


def test_a_constant_feature_gets_spread_one() -> None:
    rows = torch.stack([torch.full((9,), 0.1), torch.arange(9.0)], 1)
    mean, spread = moments(rows.split(4))
    torch.testing.assert_close(mean, torch.tensor([0.1, 4.0]))
    assert spread[0] == 1
    assert spread[1] == pytest.approx(2.582, abs=1e-3)


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        moments([])
