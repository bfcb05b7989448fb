"""The arithmetic is that of autocast, to the last bit; what does not change is not copied again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from unfreeze.training.half_weights import HalfWeights
from unfreeze.training.update import Tools, advance


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 3))


def loss_of(net: nn.Module) -> Tensor:
    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        loss: Tensor = net(x).square().sum()
    return loss


def test_loss_and_gradients_are_those_of_autocast() -> None:
    net = model()
    halves, own = HalfWeights(net, "bf16"), list(net.parameters())
    expected = loss_of(net)
    wanted = torch.autograd.grad(expected, own)
    with halves.inside():
        ours = loss_of(net)
    copies = [halves.of(p) for p in own]
    assert [copy is None for copy in copies] == [False, False, True, True, False, False]
    got = torch.autograd.grad(ours, [p if copy is None else copy for p, copy in zip(own, copies, strict=True)])
    assert torch.equal(ours, expected)
    for a, b in zip(got, wanted, strict=True):
        assert torch.equal(a.float(), b)


def test_a_weight_of_two_layers_has_one_copy() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net[1].weight = net[0].weight
    halves = HalfWeights(net, "bf16")
    with halves.inside():
        assert net[0].weight is net[1].weight is halves.of(halves._own[0][2])


def test_parameters_come_back_after_an_error() -> None:
    net = model()
    own = list(net.parameters())
    halves = HalfWeights(net, "bf16")
    with pytest.raises(RuntimeError, match="stop"), halves.inside():
        raise RuntimeError("stop")
    assert all(a is b for a, b in zip(net.parameters(), own, strict=True))


def test_fp32_stays() -> None:
    net = model()
    halves = HalfWeights(net, "fp32")
    with halves.inside():
        assert net[0].weight.dtype == torch.float32
    assert halves.of(net[0].weight) is None


def by_hand(net: nn.Module) -> None:
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(2)


def by_an_update(net: nn.Module) -> None:
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    advance(torch.optim.AdamW(net.parameters(), 0.5, fused=True), Tools())


def by_loading(net: nn.Module) -> None:
    net.load_state_dict({name: tensor + 1 for name, tensor in net.state_dict().items()})


@pytest.mark.parametrize("change", [by_hand, by_an_update, by_loading])
def test_a_copy_follows_its_parameter(change: Callable[[nn.Module], None]) -> None:
    net = model()
    halves = HalfWeights(net, "bf16")
    with halves.inside():
        pass
    change(net)
    with halves.inside():
        copied = [net[0].weight, net[0].bias, net[3].weight]
    for copy, parameter in zip(copied, [net[0].weight, net[0].bias, net[3].weight], strict=True):
        assert torch.equal(copy, parameter.bfloat16())


def test_what_does_not_change_is_copied_once() -> None:
    net = model()
    halves = HalfWeights(net, "bf16")
    with halves.inside():
        copy = net[0].weight
    before = copy._version
    with torch.no_grad():
        net[3].weight.add_(1)
    with halves.inside():
        assert net[0].weight is copy
    assert copy._version == before


def test_a_copy_learns_where_its_parameter_does() -> None:
    net = model()
    halves = HalfWeights(net, "bf16")
    for learns in (False, True, False):
        net[0].requires_grad_(learns)
        with halves.inside():
            assert net[0].weight.requires_grad is learns
            assert net[3].weight.requires_grad
