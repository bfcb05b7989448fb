"""Products through oneDNN against linear layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from unfreeze.encoders.fused.product import Gelu, can_multiply, product

pytestmark = pytest.mark.skipif(not can_multiply(), reason="this torch has no such operators")


def layers(*outputs: int) -> list[nn.Linear]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [nn.Linear(24, out).requires_grad_(False) for out in outputs]


@pytest.mark.parametrize("pieces", [1, 7, 130])
@pytest.mark.parametrize("gelu", [None, "none", "tanh"])
def test_results_of_all_layers_lie_side_by_side(pieces: int, gelu: Gelu | None) -> None:
    several = layers(16, 40)
    states = torch.randn(pieces, 24, generator=torch.Generator().manual_seed(1))
    expected = torch.cat([layer(states) for layer in several], 1)
    if gelu is not None:
        expected = nn.functional.gelu(expected, approximate=gelu)
    torch.testing.assert_close(product(several, gelu)(states), expected, atol=1e-5, rtol=1e-5)


def test_residual_is_added_and_stays_as_it_is() -> None:
    (layer,) = layers(32)
    made = torch.Generator().manual_seed(1)
    states, residual = torch.randn(9, 24, generator=made), torch.randn(9, 32, generator=made)
    before = residual.clone()
    got = product([layer]).added_to(residual, states)
    torch.testing.assert_close(got, layer(states) + residual, atol=1e-5, rtol=1e-5)
    assert torch.equal(residual, before)


def test_no_operators_no_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfreeze.encoders.fused.product.OPERATORS", ("_linear_pointwise", "_not_there"))
    assert not can_multiply()
