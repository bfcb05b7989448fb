"""Sums that must not be taken in 16 bits: softmaxes, log-sums, means over many pieces, recurrences."""

from __future__ import annotations

import torch
from torch import Tensor


def full_precision(values: Tensor) -> Tensor:
    """The values as float32, or as they are if they are float64."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def no_autocast(values: Tensor) -> torch.autocast:
    """Context in which operations on the device of `values` keep the type of their inputs."""
    return torch.autocast(values.device.type, enabled=False)


def product_type(values: Tensor) -> torch.dtype:
    """The type in which matrix products with these values are to be computed: autocast's, or their own outside of it.

    To be asked before `no_autocast`.
    """
    kind = values.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else full_precision(values[:0]).dtype
