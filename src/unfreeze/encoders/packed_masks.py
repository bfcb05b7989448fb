"""What a piece may look at in a packed batch, taken from the model itself.

transformers' models ask for their masks by a predicate over two positions (`transformers.masking_utils`), which says
all there is to say: causal or not, how far a local layer reaches, chunks. It is kept here as it is and read for one
input at a time, so nothing is as large as the whole batch squared, and no kind of window is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import AttentionMaskInterface

PACKED = "unfreeze_packed"
Allowed = Tensor | Literal["all", "causal"]
"""What the pieces of an input see of each other: everything, what lies before them and themselves, or a (L, L) mask."""
_RULE = "_unfreeze_rule"


class MaskRule:
    """A predicate over positions of the whole batch, read for one input at a time.

    Args:
        function: as in `transformers.masking_utils`: batch, head, query and key indices to booleans.
    """

    def __init__(self, function: Callable[..., Tensor], device: torch.device) -> None:
        self._function, self._device = function, device
        self._known: dict[int, Allowed] = {}

    def of(self, first: int, length: int) -> Allowed:
        """The mask of an input of `length` pieces that begins at piece `first` of the batch; one per length."""
        if length not in self._known:
            place = torch.arange(first, first + length, device=self._device)
            none = place.new_zeros(())
            seen = self._function(none, none, place[:, None], place[None, :])
            self._known[length] = named(seen.expand(length, length))
        return self._known[length]


def named(seen: Tensor) -> Allowed:
    """A (L, L) mask, true where a piece (row) sees another (column), by its name where it has one."""
    if bool(seen.all()):
        return "all"
    return "causal" if torch.equal(seen, torch.ones_like(seen).tril()) else seen


def band(length: int, reach: int, causal: bool, device: torch.device) -> Allowed:
    """A piece sees those that are less than `reach` away; of these only the ones before it, where it is `causal`."""
    place = torch.arange(length, device=device)
    away = place[:, None] - place[None, :]
    return named((away < reach) & (away >= 0) if causal else away.abs() < reach)


def rule_of(mask: Tensor | None) -> MaskRule | None:
    """The rule that a model was given in place of a mask; None where it was given none."""
    rule: MaskRule | None = getattr(mask, _RULE, None)
    return rule


def _rule_for_mask(
    *, q_length: int, kv_length: int, mask_function: Callable[..., Tensor], device: torch.device, **kwargs: Any
) -> Tensor:
    """Stands in transformers' interface where masks are made: a tensor of one element that carries the rule."""
    if q_length != kv_length:
        raise ValueError(f"{q_length} queries and {kv_length} keys: not the pieces of one batch")
    stand_in = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)
    setattr(stand_in, _RULE, MaskRule(mask_function, device))
    return stand_in


AttentionMaskInterface.register(PACKED, _rule_for_mask)
