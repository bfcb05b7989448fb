"""Fused linear layers against plain ones."""

import copy

import pytest
import torch
from torch import nn

from unfreeze.encoders.fused_linear import FusedLinear, can_fuse, fuse_linears


def layers() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(96, 40), nn.GELU(), nn.Linear(40, 7, bias=False)).eval().requires_grad_(False)


@pytest.mark.parametrize("shape", [(1, 96), (11, 96), (2, 5, 96)])
def test_result_is_as_near_to_fp32_as_the_plain_layer(shape: tuple[int, ...]) -> None:
    exact, plain = layers(), layers().to(torch.bfloat16)
    fused = copy.deepcopy(plain)
    fuse_linears(fused)
    x = torch.randn(shape)
    expected = exact(x)
    assert fused(x.to(torch.bfloat16)).shape == expected.shape
    error, plain_error = ((m(x.to(torch.bfloat16)).float() - expected).abs().max() for m in (fused, plain))
    assert error <= 1.5 * plain_error + 1e-3


def test_weights_keep_their_names_and_values_and_copies_stay_fused() -> None:
    plain = layers().to(torch.bfloat16)
    fused = copy.deepcopy(plain)
    fuse_linears(fused)
    kept, before = copy.deepcopy(fused).state_dict(), plain.state_dict()
    assert kept.keys() == before.keys()
    assert all(torch.equal(kept[name], before[name]) for name in before)
    assert type(copy.deepcopy(fused)[0]) is type(fused[0])


def test_fp32_layers_and_other_kinds_stay_as_they_are() -> None:
    class Own(nn.Linear):
        pass

    module = nn.Sequential(nn.Linear(3, 3), Own(3, 3).to(torch.bfloat16))
    fuse_linears(module)
    assert [type(part) for part in module] == [nn.Linear, Own]


@pytest.mark.skipif(not can_fuse(), reason="this torch or processor cannot")
def test_bf16_layers_are_fused() -> None:
    module = layers().to(torch.bfloat16)
    fuse_linears(module)
    assert [type(part) for part in module] == [FusedLinear, nn.GELU, FusedLinear]
