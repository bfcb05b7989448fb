"""Whether a transformer can be read in bf16: its states must be those of fp32 but for rounding, whatever the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.precision import autocast
from unfreeze.encoders.source import shortened
from unfreeze.encoders.which_way import LENGTHS, furthest, random_batch
from unfreeze.language.message import say

if TYPE_CHECKING:
    from unfreeze.encoders.transformer import TransformerEncoder

NOISE = 0.5  # of what distinguishes pieces
TIMES = 3.0  # what the model's own rounding is
STEP = 2.0**-8  # of the mean magnitude: the rounding of a single number


def trouble_in_bf16(encoder: TransformerEncoder) -> str | None:
    """Why not, as the end of "not in bf16: ..."; None where both a bf16 copy and mixed precision will do.

    A few inputs are run one by one in fp32 and in bf16, which shows how the model rounds, and then as batches are run:
    that must not be further from fp32 than three times as far.
    """
    encoder.settle()
    batch, way = random_batch(encoder, LENGTHS), encoder.way()
    try:
        with torch.no_grad(), frozen(encoder) as reader:
            exact = reader.run(batch, "one by one")
            with frozen(encoder, "bf16") as half:
                trouble = _trouble(exact, half.run(batch, "one by one"), half.run(batch, way))
            if trouble is None:
                with autocast(encoder.device, "bf16", cache=False):
                    trouble = _trouble(exact, reader.run(batch, "one by one"), reader.run(batch, way))
    except Exception as error:  # what has no bf16 fails in its own way
        return say("it cannot be run in it ({error})", error=shortened(error, 120))
    return trouble


def _trouble(exact: Tensor, alone: Tensor, together: Tensor) -> str | None:
    """What is wrong with states (layers, P, width) in bf16, alone and in a batch, beside fp32; None if nothing is."""
    if exact.isfinite().all() and not (alone.isfinite().all() and together.isfinite().all()):
        return say("its states in it are infinite or NaN")
    spread = (exact - exact.mean(1, keepdim=True)).abs().mean((1, 2))
    if bool(((alone - exact).abs().mean((1, 2)) > NOISE * spread).any()):
        return say("rounding makes its states in it too unlike those of fp32")
    limit = TIMES * furthest(alone, exact) + STEP * exact.abs().mean((1, 2))
    return None if bool((furthest(together, exact) <= limit).all()) else say("its states in it depend on the batch")
