"""Mean and spread of features that come in batches, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

_CONSTANT = 1e-6  # a spread this small beside the mean (or beside 1) is rounding


def moments(batches: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over all rows (Chan et al. 1979, merged in float64).

    Args:
        batches: (..., B, D) each; B may differ.

    Returns:
        Two (..., D) float32 tensors. A constant feature gets the deviation 1, so that dividing by it is safe.

    Raises:
        ValueError: there are no rows.
    """
    count, mean, squares = 0, torch.zeros(()), torch.zeros(())
    for batch in batches:
        rows, values = batch.shape[-2], batch.double()
        middle = values.mean(-2)
        gap = middle - mean
        share = rows / (count + rows)
        squares = squares + (values - middle.unsqueeze(-2)).square().sum(-2) + gap.square() * count * share
        mean = mean + gap * share
        count += rows
    if count == 0:
        raise ValueError("no rows to take the mean of")
    spread = (squares / count).sqrt()
    constant = spread <= _CONSTANT * mean.abs().clamp(min=1)
    return mean.float(), spread.masked_fill(constant, 1.0).float()
