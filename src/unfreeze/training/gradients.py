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

Share = tuple[npt.NDArray[np.int64], float]
"""Examples of a batch, and the weight of their mean loss in the batch's."""


def set_gradients(
    loss_of: Callable[[npt.NDArray[np.int64]], Tensor],
    shares: Sequence[Share],
    parameters: Sequence[nn.Parameter],
    pool: ThreadPoolExecutor | None,
    draw: tuple[int, int],
    device: torch.device,
    precision: Precision,
) -> Tensor:
    """Set `grad` of the parameters that learn to the gradient of the batch's loss.

    Several shares run in the threads of `pool`. Each draws its dropout from a generator of its own and gradients are
    added in the order of the shares, so the result hangs neither on the threads nor on their number.

    Args:
        loss_of: (members,) mean loss of examples.
        shares: one with weight 1, or several, only of a model whose dropout all comes from `layers.dropout`.
        pool: needed for several shares.
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

    if len(shares) == 1:
        done = iter([compute(0)])
    else:
        assert pool is not None
        done = pool.map(compute, range(len(shares)))
    losses, gradients = zip(*done, strict=True)
    for parameter, parts in zip(learning, zip(*gradients, strict=True), strict=True):
        _add(parameter, [part for part in parts if part is not None])
    return torch.stack(losses).sum(0)


def _add(parameter: nn.Parameter, parts: Sequence[Tensor]) -> None:
    """Make the sum of `parts` the gradient, a dense one: of sparse parts (rows of an embedding) too."""
    if not parts or not parts[0].is_sparse:
        parameter.grad = parts[0] if parts else None
        for part in parts[1:]:
            parameter.grad = parameter.grad.add_(part)  # type: ignore[union-attr]
        return
    parameter.grad = torch.zeros_like(parameter)
    for part in parts:
        parameter.grad.index_add_(0, part._indices()[0], part._values())


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))
