"""Layers of a transformer left out: lower ones whose states are known, or upper ones that nobody needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.layers.threads import SharedChange, ThreadValue

_states: ThreadValue[Tensor] = ThreadValue()


def _put_back(stack: nn.ModuleList, layers: list[nn.Module]) -> None:
    for i, layer in enumerate(layers):
        stack[i] = layer


_lower_layers: SharedChange[nn.ModuleList, list[nn.Module]] = SharedChange(_put_back)


class _StandIn(nn.Module):
    """Stands where a layer stood, and gives what it gave: states alone, or first of a tuple of `parts`."""

    def __init__(self, layer: nn.Module, parts: int | None) -> None:
        super().__init__()
        self.__dict__["stood"], self.parts = layer, parts  # the layer is not a part of this one

    def __getattr__(self, name: str) -> Any:
        """What models ask their layers for, such as their kind of attention."""
        return getattr(self.__dict__["stood"], name)

    def _as_layer(self, states: Tensor) -> Tensor | tuple[Tensor | None, ...]:
        return states if self.parts is None else (states, *(None for _ in range(self.parts - 1)))


class _Given(_StandIn):
    """Gives the states that this thread has brought along, whatever comes in."""

    def forward(self, *_: Any, **__: Any) -> Any:
        """(1, P, width)."""
        states = _states.get()
        if states is None:
            raise RuntimeError("this thread has brought no states along")
        return self._as_layer(states)


class _LeftOut(_StandIn):
    """Gives the states that it gets."""

    def forward(self, states: Tensor, *_: Any, **__: Any) -> Any:
        """(N, L, width) to the same."""
        return self._as_layer(states)


def parts_given(layer: nn.Module, run: Any) -> int | None:
    """How many values a layer returns when `run` runs, states first; None where it returns states and no tuple."""
    outputs: list[Any] = []
    handle = layer.register_forward_hook(lambda part, inputs, out: outputs.append(out))
    try:
        run()
    finally:
        handle.remove()
    out = outputs[0] if outputs else None
    return None if isinstance(out, torch.Tensor) or out is None else len(out)


@contextmanager
def lower_layers_given(stack: nn.ModuleList, count: int, states: Tensor, parts: int | None = None) -> Iterator[None]:
    """Inside, the lowest `count` layers of `stack` are not computed; also in several threads at a time.

    Args:
        states: (P, width) behind those layers, for the calls of this thread.
        parts: see `parts_given`.
    """

    def change() -> list[nn.Module]:
        layers = [stack[i] for i in range(count)]
        for i, layer in enumerate(layers):
            stack[i] = _Given(layer, parts)
        return layers

    with _states.set_to(states[None]), _lower_layers.made(stack, change) as left_out:
        if len(left_out) != count:
            raise ValueError(f"{len(left_out)} layers are left out by another thread, not {count}")
        yield


@contextmanager
def upper_layers_left_out(stack: nn.ModuleList, kept: int, parts: int | None) -> Iterator[None]:
    """Inside, only the lowest `kept` layers of `stack` are computed, for whoever runs the model; not for threads."""
    stood = list(stack)
    for i in range(kept, len(stood)):
        stack[i] = _LeftOut(stood[i], parts)
    try:
        yield
    finally:
        for i in range(kept, len(stood)):
            stack[i] = stood[i]
