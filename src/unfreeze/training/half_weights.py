"""Weights of linear layers in bf16, kept from step to step: copied when they change, not at every use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from unfreeze.encoders.precision import Precision


class HalfWeights:
    """A bf16 copy of the weight and bias of every plain linear layer of a model, where `precision` is bf16.

    Under autocast that is exactly the same arithmetic, but autocast would make such a copy at each use (its cache,
    which several threads share, lasts for one forward pass). A copy is made again once its parameter has changed, so
    those of frozen layers are made once.

    Args:
        model: whose layers and parameters stay the same objects.
    """

    def __init__(self, model: nn.Module, precision: Precision) -> None:
        layers = [part for part in model.modules() if type(part) is nn.Linear] if precision == "bf16" else []
        self._own = [(layer, name, p) for layer in layers for name, p in layer.named_parameters(recurse=False)]
        self._copies = {id(p): torch.empty_like(p, dtype=torch.bfloat16) for *_, p in self._own}
        self._versions: dict[int, int] = {}  # of the parameters when they were copied

    def of(self, parameter: nn.Parameter) -> Tensor | None:
        """The copy of a parameter, a leaf with a gradient of its own; None where there is none."""
        return self._copies.get(id(parameter))

    @torch.no_grad()
    def refresh(self, parameters: Sequence[nn.Parameter]) -> None:
        """Copy those of the parameters that have changed. Threads may share the work, each with other parameters."""
        for parameter in parameters:
            copy = self.of(parameter)
            if copy is not None and self._versions.get(id(parameter)) != parameter._version:
                copy.copy_(parameter)
                self._versions[id(parameter)] = parameter._version

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Inside, the layers compute with the copies. Threads may share the block."""
        self.refresh([parameter for *_, parameter in self._own])
        try:
            for layer, name, parameter in self._own:
                copy = self._copies[id(parameter)]
                layer._parameters[name] = copy.requires_grad_(parameter.requires_grad)  # type: ignore[assignment]
            yield
        finally:
            for layer, name, parameter in self._own:
                layer._parameters[name] = parameter
