"""Which arithmetic the hardware at hand does fast; detected, never assumed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from unfreeze.errors import InputError, nearest

Precision = Literal["fp32", "bf16"]
DEVICES = ("auto", "cpu", "cuda")


def pick_device(wanted: str) -> torch.device:
    """The device for `auto`, `cpu` or `cuda`. Raises `InputError` for other names, and for CUDA where there is none."""
    if wanted not in DEVICES:
        raise InputError(f"unknown device '{wanted}'{nearest(wanted, DEVICES)}", where="--device")
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device is available; use --device cpu", where="--device")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def fast_precision(device: torch.device) -> Precision:
    """`bf16` where matrix multiplication in it has instructions of its own, else `fp32`."""
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return "bf16" if any(getattr(torch.cpu, check, bool)() for check in checks) else "fp32"


def autocast(device: torch.device, precision: Precision, cache: bool = True) -> AbstractContextManager[object]:
    """Mixed precision for training: fp32 master weights, bf16 matrix multiplications.

    Args:
        cache: keep a weight's bf16 copy for its next use; all threads share these copies.
    """
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=cache)
