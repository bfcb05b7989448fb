"""Layer states as the bytes of a store's rows, and back.

A row has the states of all layers for one piece, word or input:

    float16, float32   layers x width numbers
    int8               layers x width whole numbers from -127 to 127, then for each layer a float32 scale: the largest
                       magnitude of the layer's states over 127, so that a state is off by half a scale at most
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unfreeze.encoders.finite import all_finite

Dtype = Literal["float16", "float32", "int8"]
Bytes = npt.NDArray[np.uint8]
_LEVELS = 127
_SCALE = np.dtype("<f4")


class NotFiniteError(ArithmeticError):
    """A layer state is too large for the store's dtype, or NaN."""


def row_bytes(layers: int, width: int, dtype: Dtype) -> int:
    """Bytes of one row."""
    scales = layers * _SCALE.itemsize if dtype == "int8" else 0
    return layers * width * np.dtype(dtype).itemsize + scales


def to_rows(states: Tensor, dtype: Dtype) -> Bytes:
    """States (layers, rows, width) of any dtype and device to (rows, row_bytes).

    Raises:
        NotFiniteError: a state is not finite in `dtype`.
    """
    if dtype == "int8":
        return _quantised(_by_row(states, torch.float32))
    rows = _by_row(states, getattr(torch, dtype))
    if not all_finite(rows):
        raise NotFiniteError
    return _bytes(rows.flatten(1))


def from_rows(data: Bytes, layers: int, width: int, dtype: Dtype, wanted: range | None = None) -> Tensor:
    """(rows, row_bytes) to states (layers, rows, width) in float32, on the CPU; of the `wanted` layers, or of all."""
    some = slice(0, layers) if wanted is None else slice(wanted.start, wanted.stop)
    values = data[:, : layers * width * np.dtype(dtype).itemsize].view(dtype).reshape(len(data), layers, width)
    states = torch.empty((some.stop - some.start, len(data), width))
    states.copy_(torch.from_numpy(values[:, some]).permute(1, 0, 2))
    if dtype == "int8":
        scales: npt.NDArray[Any] = data[:, layers * width :].copy().view(_SCALE)[:, some]  # (rows, layers)
        states *= torch.from_numpy(scales.astype(np.float32, copy=False)).T[:, :, None]
    return states


def _by_row(states: Tensor, dtype: torch.dtype) -> Tensor:
    """(layers, rows, width) to (rows, layers, width)."""
    layers, count, width = states.shape
    rows = torch.empty((count, layers, width), dtype=dtype, device=states.device)
    return rows.copy_(states.permute(1, 0, 2))


def _quantised(rows: Tensor) -> Bytes:
    """Float32 (rows, layers, width), which is used up, to int8 and its scales."""
    low, high = rows.aminmax(dim=2)
    peak = torch.maximum(-low, high)  # (rows, layers)
    if not bool(torch.isfinite(peak).all()):
        raise NotFiniteError
    scale = (peak / _LEVELS).clamp(min=torch.finfo(torch.float32).tiny)  # rows of zeros: no division by zero
    values = rows.mul_(scale.reciprocal()[:, :, None]).round_().to(torch.int8)
    scales = np.ascontiguousarray(scale.cpu().numpy(), dtype=_SCALE)
    return np.concatenate([_bytes(values.flatten(1)), scales.view(np.uint8)], axis=1)


def _bytes(rows: Tensor) -> Bytes:
    return rows.cpu().numpy().view(np.uint8)
