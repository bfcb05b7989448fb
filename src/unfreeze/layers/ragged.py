"""Between packed rows (one input after another, no padding) and padded blocks with a mask."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Lengths = Sequence[int] | Tensor


def sizes_of(packed_rows: int, lengths: Lengths, device: torch.device) -> Tensor:
    """(N,) int64 lengths on `device`. Raises `ValueError` unless they sum to `packed_rows`."""
    sizes = torch.as_tensor(lengths, dtype=torch.long, device=device)
    if int(sizes.sum()) != packed_rows:
        raise ValueError(f"lengths sum to {int(sizes.sum())}, but there are {packed_rows} packed rows")
    return sizes


def pad(packed: Tensor, lengths: Lengths) -> tuple[Tensor, Tensor]:
    """Packed rows to a zero-padded block.

    Args:
        packed: (P, ...), input after input.
        lengths: (N,) rows of each input; sums to P.

    Returns:
        (N, L, ...) with L the longest input, and its (N, L) bool mask, true on real rows.
    """
    sizes = sizes_of(len(packed), lengths, packed.device)
    longest = int(sizes.max())
    mask = torch.arange(longest, device=packed.device) < sizes[:, None]
    block = packed.new_zeros((mask.numel(), *packed.shape[1:])).index_copy(0, places_of(mask), packed)
    return block.view(len(sizes), longest, *packed.shape[1:]), mask


def unpad(padded: Tensor, mask: Tensor) -> Tensor:
    """The real rows of a padded block: (N, L, ...) and (N, L) bool to (P, ...); undoes `pad`."""
    return padded.flatten(0, 1).index_select(0, places_of(mask))


def places_of(mask: Tensor) -> Tensor:
    """(P,) flat indices of the real rows, which are in packed order since a mask is read row by row."""
    return mask.flatten().nonzero().squeeze(1)
