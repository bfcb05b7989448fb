"""Lower layers of a transformer left out, their states being known: the model runs on from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

from torch import Tensor, nn


class _Given(nn.Module):
    """Stands where a layer stood: gives the states that this thread has brought along, whatever comes in."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.__dict__["stood"] = layer  # not as a part of this one

    def __getattr__(self, name: str) -> Any:
        """What models ask their layers for, such as their kind of attention."""
        return getattr(self.__dict__["stood"], name)

    def forward(self, *_: Any, **__: Any) -> Tensor:
        """(1, P, width)."""
        states: Tensor = _here.states
        return states


@contextmanager
def lower_layers_given(stack: nn.ModuleList, count: int, states: Tensor) -> Iterator[None]:
    """Inside, the lowest `count` layers of `stack` are not computed; also in several threads at a time.

    Args:
        states: (P, width) behind those layers, for the calls of this thread.
    """
    _here.states = states[None]
    with _switch:
        running, stood = _running.get(stack, (0, [stack[i] for i in range(count)]))
        if len(stood) != count:
            raise ValueError(f"{len(stood)} layers are left out by another thread, not {count}")
        _running[stack] = running + 1, stood
        if not running:
            for i, layer in enumerate(stood):
                stack[i] = _Given(layer)
    try:
        yield
    finally:
        del _here.states
        with _switch:
            running, stood = _running.pop(stack)
            if running > 1:
                _running[stack] = running - 1, stood
            else:
                for i, layer in enumerate(stood):
                    stack[i] = layer


_here = local()
_switch = Lock()
_running: dict[nn.ModuleList, tuple[int, list[nn.Module]]] = {}  # stacks at work: threads inside, layers left out
