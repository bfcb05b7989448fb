"""Whether packed batches of a transformer are computed fused: found out by trial, once for each type of numbers."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

import torch

from unfreeze.encoders.fused.product import can_multiply
from unfreeze.encoders.fused.stack import FusedStack
from unfreeze.encoders.which_way import TELLING, Trial

if TYPE_CHECKING:
    from unfreeze.encoders.transformer import TransformerEncoder

AS_NEAR = 1.1  # times as far from fp32 as the model's own bf16: a handful of pieces says no more than that


class FusedChoice:
    """An encoder's fused stack, where it has one that was found to be right. Copies have what was found alone."""

    def __init__(self) -> None:
        self._right: dict[torch.dtype, bool] = {}
        self._stack: FusedStack | None = None
        self._lock = RLock()

    def __deepcopy__(self, memo: dict[int, object]) -> FusedChoice:
        copy = FusedChoice()
        copy._right = self._right
        return copy

    def stack(self, encoder: TransformerEncoder) -> FusedStack | None:
        """The stack to compute with now, in this thread; None where it has to be done in the plain way."""
        if torch.is_grad_enabled() or torch.is_autocast_enabled("cpu") or not self._right.get(encoder.dtype):
            return None
        stack = self._current(encoder)
        return stack if stack.usable else None

    def settle(self, encoder: TransformerEncoder, exact: TransformerEncoder | None = None) -> None:
        """Find out, once, whether it is right in the encoder's type of numbers.

        Args:
            encoder: frozen; its inputs can be run packed.
            exact: the same in fp32, where `encoder` is not.
        """
        with self._lock, torch.no_grad():
            if encoder.dtype in self._right or not can_multiply():
                return
            try:
                stack = self._current(encoder)
                self._right[encoder.dtype] = stack.usable and _right(encoder, exact or encoder, stack)
            except Exception:  # operators that are there need not work everywhere
                self._right[encoder.dtype] = False

    def _current(self, encoder: TransformerEncoder) -> FusedStack:
        stack = self._stack
        if stack is not None and stack.fits():
            return stack
        with self._lock:  # threads that come meanwhile wait for it
            if self._stack is None or not self._stack.fits():
                self._stack = FusedStack(encoder.model, encoder.stack())
            return self._stack


def _right(encoder: TransformerEncoder, exact: TransformerEncoder, stack: FusedStack) -> bool:
    """Whether fused states are those of inputs run alone, in fp32; in bf16 whether they are as near to those."""
    trial = Trial(exact)
    if trial.contrast <= TELLING:
        return False
    fused = encoder.run(trial.batch, "packed", True, None, stack)
    if encoder is exact:
        return trial.same(fused)
    own = encoder.run(trial.batch, "one by one")
    errors = [(states.float() - trial.alone).abs().mean((1, 2)) for states in (fused, own)]
    return bool((errors[0] <= AS_NEAR * errors[1]).all())
