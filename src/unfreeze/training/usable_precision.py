"""Whether an encoder can be used in bf16: read and taught a step of it, on a few pieces."""

from __future__ import annotations

import numpy as np

from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.encoders.source import shortened
from unfreeze.training.gradients import set_gradients
from unfreeze.training.seeds import seeded
from unfreeze.training.update import Tools


def usable_precision(encoder: Encoder, wanted: Precision) -> tuple[Precision, str | None]:
    """The wanted precision if this encoder can be read and trained in it; else fp32, and a line that says so.

    Args:
        encoder: as it was loaded, in fp32; its weights and modes stay.
    """
    if wanted == "fp32":
        return wanted, None
    why = encoder.trouble_in_bf16() or _trouble_learning(encoder)
    return (wanted, None) if why is None else ("fp32", f"{encoder.name} is computed in fp32 and not in bf16: {why}.")


def _trouble_learning(encoder: Encoder) -> str | None:
    """A step in mixed precision; its gradients are those of the lowest layer, on the way to which are all others."""
    batch = encoder.sample()
    if batch is None or encoder.fixed is not None:
        return None
    modes = [(module, module.training) for module in encoder.modules()]
    learning = [p for p in encoder.layer_groups()[0] if p.requires_grad]
    before = [p.grad for p in learning]
    whole = [(np.zeros(1, dtype=np.int64), 1.0)]
    encoder.train()
    try:
        with seeded(0):
            set_gradients(
                encoder, lambda _: encoder.encode(batch, all_layers=False).states.float().square().mean()[None],
                whole, learning, Tools(), (0, 0), encoder.device, "bf16",
            )  # fmt: skip
        finite = all(p.grad is None or bool(p.grad.isfinite().all()) for p in learning)
    except Exception as error:  # what has no bf16 fails in ways of its own
        return f"it cannot be taught in it ({shortened(error, 120)})"
    finally:
        for parameter, gradient in zip(learning, before, strict=True):
            parameter.grad = gradient
        for module, training in modes:
            module.training = training
    return None if finite else "its gradients in it are infinite or NaN"
