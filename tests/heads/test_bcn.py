from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze.heads.bcn import BCN, Maxout


@pytest.mark.parametrize(("classes", "hidden"), [(3, 6), (1, 4)])
def test_properties(check_head: Callable[..., None], classes: int, hidden: int) -> None:
    check_head(lambda: BCN(8, classes, hidden), [(5, 1, 3)], 8)


def test_parameters_and_widths_are_the_published_ones(
    count: Callable[[nn.Module], int], bilstm_size: Callable[[int, int], int]
) -> None:
    bcn = BCN(1324, 5)  # 300 of GloVe and 1024 of ELMo, five classes of sentiment
    maxout = sum((a + 1) * 4 * b for a, b in ((2400, 1200), (1200, 600), (600, 5)))
    assert count(bcn) == 1325 * 300 + bilstm_size(300, 300) + bilstm_size(1800, 300) + 601 + maxout
    widths = [layer.linear.in_features for layer in bcn.output if isinstance(layer, Maxout)]
    assert widths == [2400, 1200, 600]
    rates = [module.p for module in bcn.modules() if isinstance(module, nn.Dropout)]
    assert rates == pytest.approx([0.5, 0.25, 0.1, 0.2, 0.3, 0.0])


def test_maxout_takes_the_largest_of_four() -> None:
    maxout, x = Maxout(3, 2, 0.0), torch.randn(5, 3)
    parts = [x @ w.T + b for w, b in zip(maxout.linear.weight.split(4), maxout.linear.bias.split(4), strict=True)]
    torch.testing.assert_close(maxout(x), torch.stack([part.amax(1) for part in parts], 1))


def test_poolings_are_maximum_minimum_mean_and_attention() -> None:
    bcn, states = BCN(4, 2, hidden=3), torch.randn(1, 5, 6)
    states[:, 4] = 0  # padding, as the LSTM leaves it
    pooled = bcn._pooled(states, torch.tensor([[True] * 4 + [False]]))[0].detach().numpy()
    real = states[0, :4].numpy()
    scores = real @ bcn.attention.weight.detach().numpy()[0]
    share = np.exp(scores) / np.exp(scores).sum()
    expected = np.concatenate([real.max(0), real.min(0), real.mean(0), share @ real])
    np.testing.assert_allclose(pooled, expected, atol=1e-6)


def test_learns_what_a_bag_of_pieces_cannot() -> None:
    torch.manual_seed(0)
    states = torch.eye(4)[torch.tensor([[0, 1, 2, 3], [1, 0, 2, 3]] * 8)]  # only the order differs
    labels, mask = torch.tensor([0, 1] * 8), torch.ones(16, 4, dtype=torch.bool)
    bcn = BCN(4, 2, hidden=8, dropout=0.0)
    optimiser = torch.optim.Adam(bcn.parameters(), 1e-2)
    for _ in range(40):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(bcn(states, mask), labels)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.05
