"""Tensors of a file loaded into a module: what does not fit is reported by name, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from unfreeze.disk.json_files import in_words
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say

if TYPE_CHECKING:
    from torch import Tensor, nn


def read_tensors(path: Path, remedy: str = "") -> dict[str, Tensor]:
    """The tensors of a safetensors file.

    Args:
        remedy: what to do where it is torn or missing.

    Raises:
        InputError: it is torn or missing.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
        problem = getattr(error, "strerror", None) or in_words(error)
        raise InputError(
            say("cannot be loaded: {problem}{remedy}", problem=problem, remedy=_then(remedy)), where=str(path)
        ) from None
    return tensors


def load_into(module: nn.Module, tensors: Mapping[str, Tensor], where: str, remedy: str = "") -> None:
    """Load tensors into a module's parameters and buffers of the same names.

    Raises:
        InputError: one is missing, superfluous, of another shape or dtype, or contains numbers that are not finite.
    """
    check_fit(module, tensors, where, remedy)
    module.load_state_dict(dict(tensors))


def check_fit(module: nn.Module, tensors: Mapping[str, Tensor], where: str, remedy: str = "") -> None:
    """Raise `InputError` as `load_into` does; the module may be without memory (on the meta device)."""
    if problem := _misfit(module.state_dict(), tensors):
        raise InputError(say("cannot be loaded: {problem}{remedy}", problem=problem, remedy=_then(remedy)), where=where)


def _misfit(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    for name, tensor in wanted.items():
        if name not in found:
            return say("it has no tensor {name}", name=shown(name))
        if found[name].shape != tensor.shape:
            return say(
                "{name} has the shape {shape}, expected {shape2}",
                name=shown(name),
                shape=list(found[name].shape),
                shape2=list(tensor.shape),
            )
        if found[name].is_floating_point() != tensor.is_floating_point():
            return say(
                "{name} contains {dtype}, expected {dtype2}",
                name=shown(name),
                dtype=found[name].dtype,
                dtype2=tensor.dtype,
            )
        if found[name].is_floating_point() and not found[name].isfinite().all():
            return say("{name} contains weights that are infinite or NaN", name=shown(name))
    surplus = sorted(found.keys() - wanted.keys())
    return say("it has an unexpected tensor, {surplus}", surplus=shown(surplus[0])) if surplus else None


def _then(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""
