"""Whether a model still is what it was, so that what was made of its weights is still right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.nn.modules import module as of_all_modules

_HOOKS = ("_forward_hooks", "_forward_pre_hooks")


class Unchanged:
    """Remembers parts of a model: classes, modes, hooks, parts of parts, and parameters down to each write to them.

    What is looked at costs less than a microsecond a part, so it can be asked before each batch.
    """

    def __init__(self, parts: Sequence[nn.Module]) -> None:
        self._parts = tuple(parts)
        self._inside = [part.__dict__ for part in self._parts]
        own = [p for part in self._parts for p in part._parameters.values() if p is not None]
        self._parameters, self._counted = own, [p for p in own if not p.is_inference()]
        self._before = self._now()

    def holds(self) -> bool:
        """Whether nothing has changed since."""
        return self._now() == self._before

    def _now(self) -> list[Any]:
        look: list[Any] = [len(of_all_modules._global_forward_hooks), len(of_all_modules._global_forward_pre_hooks)]
        look += [type(part) for part in self._parts]
        for own in self._inside:
            look += own["training"], "forward" in own
            for name in _HOOKS:
                look += own[name]
            look += map(id, own["_modules"].values())
            look += map(id, own["_parameters"].values())
        look += [p.data_ptr() for p in self._parameters]
        return look + [p._version for p in self._counted]


def foreign_hooks(part: nn.Module) -> bool:
    """Whether a module's call does more than its class says; transformers' own hooks only look."""
    hooks = [hook for name in _HOOKS for hook in part.__dict__[name].values()]
    return "forward" in part.__dict__ or any(
        getattr(hook, "__module__", "") != "transformers.utils.output_capturing" for hook in hooks
    )
