"""Tensors of a file loaded into a module: what does not fit is reported by name, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from unfreeze.disk.json_files import in_words
from unfreeze.errors import InputError, shown

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
        raise InputError(f"cannot be loaded: {problem}{_then(remedy)}", where=str(path)) from None
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
        raise InputError(f"cannot be loaded: {problem}{_then(remedy)}", where=where)


def _misfit(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    for name, tensor in wanted.items():
        if name not in found:
            return f"it has no tensor {shown(name)}"
        if found[name].shape != tensor.shape:
            return f"{shown(name)} has the shape {list(found[name].shape)}, expected {list(tensor.shape)}"
        if found[name].is_floating_point() != tensor.is_floating_point():
            return f"{shown(name)} contains {found[name].dtype}, expected {tensor.dtype}"
        if found[name].is_floating_point() and not found[name].isfinite().all():
            return f"{shown(name)} contains weights that are infinite or NaN"
    surplus = sorted(found.keys() - wanted.keys())
    return f"it has an unexpected tensor, {shown(surplus[0])}" if surplus else None


def _then(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""
