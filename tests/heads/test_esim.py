from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from unfreeze.heads.esim import ESIM
from unfreeze.layers.dropout import VariationalDropout
from unfreeze.layers.ragged import pad


@pytest.mark.parametrize("lengths", [[(5, 1, 3), (2, 6, 4)], [(7, 2, 3), (2, 1, 4)]])
def test_properties(check_head: Callable[..., None], lengths: list[tuple[int, ...]]) -> None:
    check_head(lambda: ESIM(8, 3, hidden=6), lengths, 8)


def test_parameters_are_the_published_ones(
    count: Callable[[nn.Module], int], bilstm_size: Callable[[int, int], int]
) -> None:
    esim = ESIM(300, 3)
    perceptron = 2401 * 300 + 301 * 3
    assert count(esim) == bilstm_size(300, 300) + 2401 * 300 + bilstm_size(300, 300) + perceptron
    assert round(count(esim) / 1e6, 1) == 4.3  # table 1 of the paper
    rates = [module.p for module in esim.modules() if isinstance(module, (nn.Dropout, VariationalDropout))]
    assert rates == [0.5, 0.5, 0.5]


def reference(esim: ESIM, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The equations of Chen et al. for one pair (L, width), (M, width), step by step."""
    a, b = esim.encoder.lstm(a)[0], esim.encoder.lstm(b)[0]
    e = a @ b.T
    a_, b_ = e.softmax(1) @ b, e.softmax(0).T @ a
    pooled = []
    for x, y in ((a, a_), (b, b_)):
        m = torch.cat([x, y, x - y, x * y], 1)
        v = esim.composer.lstm(torch.relu(esim.projection(m)))[0]
        pooled += [v.mean(0), v.max(0).values]
    return esim.output(torch.cat(pooled))


def test_equals_the_equations() -> None:
    torch.manual_seed(0)
    esim = ESIM(5, 3, hidden=4).eval()
    lengths_a, lengths_b = (3, 6, 1), (4, 2, 5)
    a, b = torch.randn(10, 5), torch.randn(11, 5)
    with torch.no_grad():
        logits = esim(*pad(a, lengths_a), *pad(b, lengths_b))
        for got, one, two in zip(logits, a.split(lengths_a), b.split(lengths_b), strict=True):
            torch.testing.assert_close(got, reference(esim, one, two), atol=1e-6, rtol=1e-5)


def test_the_order_of_the_texts_matters() -> None:
    torch.manual_seed(0)
    esim, a, b = ESIM(5, 3, hidden=4).eval(), pad(torch.randn(4, 5), (4,)), pad(torch.randn(3, 5), (3,))
    assert not torch.allclose(esim(*a, *b), esim(*b, *a))
