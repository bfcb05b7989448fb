from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from unfreeze.layers.dropout import Dropout, VariationalDropout, dropout, dropout_from, swap_dropout


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


@pytest.mark.parametrize("p", [0.1, 0.5, 0.93])
def test_own_generator_drops_its_share_and_keeps_the_mean(p: float) -> None:
    x = torch.ones(401, 503, requires_grad=True)
    with dropout_from(torch.Generator().manual_seed(0)):
        out = dropout(x, p)
    assert (out == 0).float().mean().item() == pytest.approx(p, abs=4e-3)
    torch.testing.assert_close(out[out > 0], torch.full_like(out[out > 0], 1 / (1 - p)))
    out.sum().backward()
    torch.testing.assert_close(x.grad, out.detach())
    flips = (out[:, 1:] == 0) == (out[:, :-1] == 0)  # neighbours do not know of each other
    assert flips.float().mean().item() == pytest.approx(p * p + (1 - p) ** 2, abs=6e-3)


def test_own_generator_of_one_thread_is_not_that_of_another() -> None:
    x, layer = torch.ones(7, 9), Dropout(0.5)

    def draw(seed: int) -> torch.Tensor:
        with dropout_from(torch.Generator().manual_seed(seed)):
            return torch.stack([layer(x) for _ in range(50)])

    expected = [draw(seed) for seed in (0, 1)]
    got: dict[int, torch.Tensor] = {}
    threads = [threading.Thread(target=lambda s=seed: got.update({s: draw(s)})) for seed in (0, 1)]
    state = torch.get_rng_state()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(got[seed], expected[seed]) for seed in (0, 1))
    assert not torch.equal(*expected)


def test_without_a_generator_of_its_own_it_is_torchs_dropout() -> None:
    x = torch.randn(5, 6)
    torch.manual_seed(3)
    expected = nn.functional.dropout(x, 0.3)
    torch.manual_seed(3)
    assert torch.equal(Dropout(0.3)(x), expected)
    assert torch.equal(Dropout(0.3).eval()(x), x)


def test_swapping_reaches_plain_dropout_alone() -> None:
    class Own(nn.Dropout):
        pass

    module = nn.Sequential(nn.Dropout(0.2), nn.Sequential(nn.Dropout(0.3)), Own(), nn.Dropout(inplace=True))
    swap_dropout(module)
    assert [type(part) for part in module.modules()][1:] == [Dropout, nn.Sequential, Dropout, Own, nn.Dropout]
    assert (module[0].p, module[1][0].p) == (0.2, 0.3)  # type: ignore[index]
