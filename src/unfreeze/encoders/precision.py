"""Which arithmetic the hardware at hand does fast; detected, never assumed."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Literal

import torch

from unfreeze.errors import InputError, nearest
from unfreeze.language.message import say

Precision = Literal["fp32", "bf16"]
DEVICES = ("auto", "cpu", "cuda")
WORTH = 1.25  # times as fast as fp32 that bf16 must be, to make up for what it rounds and converts


def pick_device(wanted: str) -> torch.device:
    """The device for `auto`, `cpu` or `cuda`. Raises `InputError` for other names, and for CUDA where there is none."""
    if wanted not in DEVICES:
        raise InputError(
            say("unknown device '{wanted}'{wanted2}", wanted=wanted, wanted2=nearest(wanted, DEVICES)), where="--device"
        )
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device is available; use --device cpu", where="--device")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def fast_precision(device: torch.device) -> Precision:
    """`bf16` where it is fast, else `fp32`.

    A GPU is asked. A processor must have instructions for it and multiply faster with them: AVX512-BF16 was measured at
    2.2 times fp32 on an AMD processor and at half of fp32 on an Intel one.
    """
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    known = any(getattr(torch.cpu, check, bool)() for check in checks)
    return "bf16" if known and bf16_speed() >= WORTH else "fp32"


def precision_to_use(device: torch.device, begun: str | None) -> Precision:
    """The precision in which the work was begun, if this device can do it; else the fast one here.

    The speed of bf16 is measured, so it depends on what else the machine does: what was begun in one precision must not
    become another question when the stopwatch says otherwise. A processor can do both, if slowly.
    """
    if begun == "fp32":
        return "fp32"
    if begun == "bf16" and (device.type != "cuda" or torch.cuda.is_bf16_supported()):
        return "bf16"
    return fast_precision(device)


@cache
def bf16_speed() -> float:
    """How many times as fast as in fp32 this processor multiplies bf16 matrices: a measurement of a tenth of a second.

    The quickest of several turns counts for each, so that other programs hardly matter.
    """
    made = torch.Generator().manual_seed(0)
    sides = [torch.randn(2, 768, 768, generator=made).to(dtype) for dtype in (torch.float32, torch.bfloat16)]
    quickest = [float("inf")] * len(sides)
    for turn in range(9):
        for side, (a, b) in enumerate(sides):
            began = time.perf_counter()
            torch.mm(a, b)
            if turn:  # the first prepares the kernel
                quickest[side] = min(quickest[side], time.perf_counter() - began)
    return quickest[0] / quickest[1]


def autocast(device: torch.device, precision: Precision, cache: bool = True) -> AbstractContextManager[object]:
    """Mixed precision for training: fp32 master weights, bf16 matrix multiplications.

    Args:
        cache: keep a weight's bf16 copy for its next use; all threads share these copies.
    """
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=cache)
