"""Loss and gradients of a batch, its shares side by side where a model has several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from unfreeze.encoders.precision import Precision, autocast
from unfreeze.layers.dropout import dropout_from
from unfreeze.training.half_weights import HalfWeights
from unfreeze.training.update import Tools, in_two

Share = tuple[npt.NDArray[np.int64], float]
"""Examples of a batch, and the weight of their mean loss in the batch's."""
Parts = tuple[nn.Parameter, list[Tensor]]
"""A parameter, and what is to be added to its gradient."""


def set_gradients(
    model: nn.Module,
    loss_of: Callable[[npt.NDArray[np.int64]], Tensor],
    shares: Sequence[Share],
    parameters: Sequence[nn.Parameter],
    tools: Tools,
    draw: tuple[int, int],
    device: torch.device,
    precision: Precision,
) -> Tensor:
    """Set `grad` of the parameters that learn to the gradient of the batch's loss.

    Two shares at a time run in the threads of a pool, or one after the other where there is none. Each draws its
    dropout from a generator of its own and gradients are added in the order of the shares, so the result depends
    neither on the threads nor on their number.

    Args:
        model: what `loss_of` computes with.
        loss_of: (members,) mean loss of examples.
        shares: one with weight 1, or several.
        tools: with a pool only for a model whose dropout all comes from `layers.dropout`.
        draw: seed and step, from which those generators are made.

    Returns:
        (members,) the loss, detached.
    """
    learning = [p for p in parameters if p.requires_grad]
    halves = tools.halves or HalfWeights(model, precision)
    copies = [(p, copy) for p in learning if (copy := halves.of(p)) is not None]
    leaves = [*((p, p) for p in learning), *copies]  # a copy has a gradient of its own

    def compute(number: int) -> tuple[Tensor, tuple[Tensor | None, ...]]:
        indices, weight = shares[number]
        generator = torch.Generator(device).manual_seed(_seed(*draw, number))
        with autocast(device, precision, cache=False), dropout_from(generator):
            loss = loss_of(indices) * weight
        return loss.detach(), torch.autograd.grad(loss.sum(), [leaf for _, leaf in leaves], allow_unused=True)

    losses = []
    for parameter in learning:
        parameter.grad = None
    several = tools.pool.map if tools.pool is not None and len(shares) > 1 else map
    with halves.inside():
        for first in range(0, len(shares), 2):  # so that no more than two gradients are in memory
            done = list(several(compute, range(len(shares))[first : first + 2]))
            losses += [loss for loss, _ in done]
            tools.both(
                partial(_add_all, tools.kept),
                in_two(_by_parameter(leaves, [gradients for _, gradients in done]), _size),
            )
    return torch.stack(losses).sum(0)


def _by_parameter(
    leaves: Sequence[tuple[nn.Parameter, Tensor]], gradients: Sequence[Sequence[Tensor | None]]
) -> list[Parts]:
    """What shares have found for each parameter, by its leaves, in the order of the shares."""
    parts: dict[nn.Parameter, list[Tensor]] = {}
    for of_share in gradients:
        for (parameter, _), part in zip(leaves, of_share, strict=True):
            if part is not None:
                parts.setdefault(parameter, []).append(part)
    return list(parts.items())


def _size(item: Parts) -> int:
    return item[0].numel()


def _add_all(kept: dict[nn.Parameter, Tensor], items: Sequence[Parts]) -> None:
    """Add to gradients, which are dense and of the type of their parameters."""
    for parameter, parts in items:
        for part in parts:
            if part.is_sparse:  # rows of an embedding
                parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                parameter.grad.index_add_(0, part._indices()[0], part._values())
            elif parameter.grad is not None:
                parameter.grad.add_(part)
            elif part.dtype == parameter.dtype:
                parameter.grad = part.contiguous()  # as the parameter lies, which the optimiser takes for granted
            else:
                memory = kept[parameter] if parameter in kept else torch.empty_like(parameter)
                parameter.grad = kept[parameter] = memory.copy_(part)


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))
