"""Which parts of a transformer come after its layers, such as a final norm: found by watching it run."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from unfreeze.encoders.trial import drawn


def parts_above(model: Any, stack: nn.ModuleList) -> frozenset[str]:
    """Names of the modules with weights of their own that are run when the last layer is done, and not before."""
    inside = {id(module) for module in stack.modules()}
    named = {id(m): name for name, m in model.named_modules() if id(m) not in inside and list(m.parameters(False))}
    before: set[str] = set()
    after: set[str] = set()
    done = False

    def ran(module: nn.Module, *_: object) -> None:
        (after if done else before).add(named[id(module)])

    def last(*_: object) -> None:
        nonlocal done
        done = True

    modules = [module for module in model.modules() if id(module) in named]
    hooks = [module.register_forward_pre_hook(ran) for module in modules]
    hooks.append(stack[len(stack) - 1].register_forward_hook(last))
    try:
        with torch.no_grad():
            model(input_ids=drawn(model, 3).to(next(model.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    return frozenset(after - before)
