from __future__ import annotations

import torch

from unfreeze.layers.dropout import VariationalDropout


def test_one_mask_for_all_positions_and_another_for_each_input() -> None:
    torch.manual_seed(0)
    out = VariationalDropout(0.5)(torch.ones(20, 7, 50))
    assert torch.equal(out, out[:, :1].expand_as(out))
    assert len({tuple(row.tolist()) for row in out[:, 0]}) == 20
    assert set(out.unique().tolist()) == {0.0, 2.0}
    assert 0.4 < (out == 0).float().mean() < 0.6


def test_does_nothing_in_eval_mode_or_at_zero() -> None:
    states = torch.randn(2, 3, 4)
    assert torch.equal(VariationalDropout(0.5).eval()(states), states)
    assert torch.equal(VariationalDropout(0.0)(states), states)
