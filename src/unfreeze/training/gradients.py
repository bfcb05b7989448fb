"""Loss and gradients of a batch, its shares side by side where a model has several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from unfreeze.encoders.precision import Precision, autocast
from unfreeze.layers.dropout import dropout_from
from unfreeze.training.half_weights import half_weights

Share = tuple[npt.NDArray[np.int64], float]
"""Examples of a batch, and the weight of their mean loss in the batch's."""


def set_gradients(
    model: nn.Module,
    loss_of: Callable[[npt.NDArray[np.int64]], Tensor],
    shares: Sequence[Share],
    parameters: Sequence[nn.Parameter],
    pool: ThreadPoolExecutor | None,
    draw: tuple[int, int],
    device: torch.device,
    precision: Precision,
) -> Tensor:
    """Set `grad` of the parameters that learn to the gradient of the batch's loss.

    Several shares run in the threads of `pool`, or one after the other where there is none. Each draws its dropout from
    a generator of its own and gradients are added in the order of the shares, so the result depends neither on the
    threads nor on their number.

    Args:
        model: what `loss_of` computes with.
        loss_of: (members,) mean loss of examples.
        shares: one with weight 1, or several.
        pool: only for a model whose dropout all comes from `layers.dropout`.
        draw: seed and step, from which those generators are made.

    Returns:
        (members,) the loss, detached.
    """
    learning = [p for p in parameters if p.requires_grad]

    def compute(number: int) -> tuple[Tensor, tuple[Tensor | None, ...]]:
        indices, weight = shares[number]
        generator = torch.Generator(device).manual_seed(_seed(*draw, number))
        with autocast(device, precision, cache=False), dropout_from(generator):
            loss = loss_of(indices) * weight
        return loss.detach(), torch.autograd.grad(loss.sum(), learning, allow_unused=True)

    losses = []
    for parameter in learning:
        parameter.grad = None
    with half_weights(model, precision):
        several = pool.map if pool is not None and len(shares) > 1 else map
        for loss, gradients in several(compute, range(len(shares))):
            losses.append(loss)
            for parameter, part in zip(learning, gradients, strict=True):
                if part is not None:
                    _add(parameter, part)
    return torch.stack(losses).sum(0)


def _add(parameter: nn.Parameter, part: Tensor) -> None:
    """Add to the gradient, which is dense: of sparse parts (rows of an embedding) too."""
    if part.is_sparse:
        parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        parameter.grad.index_add_(0, part._indices()[0], part._values())
    else:
        parameter.grad = part if parameter.grad is None else parameter.grad.add_(part)


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))
