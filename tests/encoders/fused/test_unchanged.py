"""Each change that could give a model other results is noticed; what changes nothing is not."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from unfreeze.encoders.fused.unchanged import Unchanged, foreign_hooks


class Other(nn.Linear):
    """A class of its own."""


def made() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 2, bias=False))).eval()


def nothing(*_: object) -> None:
    """A hook."""


CHANGES: dict[str, Callable[[nn.Sequential], object]] = {
    "a write to a weight": lambda model: _add(model[1][0].weight),
    "other memory": lambda model: setattr(model[0].weight, "data", model[0].weight.data.clone()),
    "another parameter": lambda model: setattr(model[0], "bias", nn.Parameter(model[0].bias.detach().clone())),
    "a parameter taken away": lambda model: setattr(model[0], "bias", None),
    "another part": lambda model: model[1].__setitem__(0, nn.Linear(3, 2, bias=False).eval()),
    "another class": lambda model: setattr(model[0], "__class__", Other),
    "a hook": lambda model: model[1].register_forward_hook(nothing),
    "a hook before": lambda model: model[0].register_forward_pre_hook(nothing),
    "another forward": lambda model: setattr(model[0], "forward", MethodType(nothing, model[0])),
    "training": lambda model: model[1].train(),
}


def _add(weight: torch.Tensor) -> None:
    with torch.no_grad():
        weight.add_(1.0)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(change: str) -> None:
    model = made()
    unchanged = Unchanged(list(model.modules()))
    assert unchanged.holds()
    CHANGES[change](model)
    assert not unchanged.holds()


@pytest.mark.parametrize("register", [register_module_forward_hook, register_module_forward_pre_hook])
def test_a_hook_on_all_modules_is_noticed(register: Callable[..., torch.utils.hooks.RemovableHandle]) -> None:
    unchanged = Unchanged(list(made().modules()))
    handle = register(nothing)
    try:
        assert not unchanged.holds()
    finally:
        handle.remove()
    assert unchanged.holds()


def test_running_and_asking_for_gradients_are_no_changes() -> None:
    model = made()
    unchanged = Unchanged(list(model.modules()))
    model(torch.zeros(1, 3)).sum().backward()
    model.requires_grad_(False)
    assert unchanged.holds()


def test_hooks_are_foreign_unless_they_only_look() -> None:
    model = made()
    assert not foreign_hooks(model)
    model.register_forward_hook(nothing)
    assert foreign_hooks(model)
    assert not foreign_hooks(model[0])
    model[0].register_forward_pre_hook(nothing)
    assert foreign_hooks(model[0])
    model[1].forward = model[0].forward
    assert foreign_hooks(model[1])
