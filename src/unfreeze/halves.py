"""The half of a thing that needs torch, imported once it is asked for; its light half names it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def half_named(place: str) -> Any:
    """What stands at a place such as `unfreeze.methods.tuned:TUNED`, a module and a name in it."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
