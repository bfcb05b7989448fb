from __future__ import annotations

import pytest
import torch

from unfreeze.heads.linear import Linear, PairFeatures, pair_features, pair_width


def test_linear_in_eval_mode_is_a_linear_map_over_any_leading_dimensions() -> None:
    head, x = Linear(6, 3, dropout=0.5).eval(), torch.randn(2, 4, 6)
    torch.testing.assert_close(head(x), x @ head.linear.weight.T + head.linear.bias)
    assert not torch.equal(head.train()(x), head(x))


def test_first_weights_and_round_trip() -> None:
    torch.manual_seed(0)
    head, other = Linear(400, 50), Linear(400, 50)
    assert head.linear.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert not head.linear.bias.any()
    other.load_state_dict(head.state_dict())
    assert torch.equal(other.linear.weight, head.linear.weight)


def test_pair_features_by_hand() -> None:
    u, v = torch.tensor([[1.0, -2.0]]), torch.tensor([[3.0, 4.0]])
    assert pair_features(u, v, "absdiff-product").tolist() == [[2.0, 6.0, 3.0, -8.0]]
    assert pair_features(u, v, "full").tolist() == [[1.0, -2.0, 3.0, 4.0, 2.0, 6.0, 3.0, -8.0]]


@pytest.mark.parametrize("how", ["absdiff-product", "full"])
def test_pair_width_and_symmetry(how: PairFeatures) -> None:
    u, v = torch.randn(2, 3, 5), torch.randn(2, 3, 5)
    features = pair_features(u, v, how)
    assert features.shape == (2, 3, pair_width(5, how))
    assert torch.equal(features, pair_features(v, u, how)) == (how == "absdiff-product")
