"""A step of AdamW with clipping, in two parts of the parameters side by side.

What lies outside forward and backward is bound by the memory, so each part goes over its parameters as seldom as it
can: clipping is a factor in the update, and a weight is copied to bf16 right after it was updated, while it is in the
cache. Each number is computed from one parameter alone, so neither parts nor threads change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from unfreeze.layers.side_by_side import both
from unfreeze.training.half_weights import HalfWeights

BUCKET = 1 << 18  # weights updated in a call: they, gradients and moments are then still in the cache when it ends
Item = TypeVar("Item")
Result = TypeVar("Result")
Member = tuple[dict[str, Any], nn.Parameter]
"""A parameter with its group in the optimiser."""


class Pool(Protocol):
    """Threads that do several things at a time."""

    def map(self, work: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        """Results in order."""
        ...


@dataclass(frozen=True)
class Tools:
    """What the steps of a run share.

    Attributes:
        pool: where parts of a step run; None leaves it to `layers.side_by_side`.
        halves: copies in bf16 of the weights; None: made for a single step.
        kept: memory of gradients, by parameter, used again: fresh memory takes four times as long to fill.
    """

    pool: Pool | None = None
    halves: HalfWeights | None = None
    kept: dict[nn.Parameter, Tensor] = field(default_factory=dict)

    def both(self, work: Callable[[Item], Result], items: tuple[Item, Item]) -> tuple[Result, Result]:
        """`work` of two items, at the same time where there are threads."""
        if self.pool is None:
            return both(lambda way: work(items[way]))
        first, second = self.pool.map(work, items)
        return first, second


def gradient_norm(parameters: Sequence[nn.Parameter], tools: Tools) -> Tensor:
    """() the norm of all gradients together."""
    parts = in_two([p for p in parameters if p.grad is not None], nn.Parameter.numel)
    norms = tools.both(_norms, parts)
    whole: Tensor = torch.linalg.vector_norm(torch.stack([norm for part in norms for norm in part]))
    return whole


@torch.no_grad()
def _norms(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    """Of each gradient; first of its rows, so that no sum is shared by several threads."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    rows = [torch.linalg.vector_norm(g.flatten(1), dim=1) if g.ndim > 1 else g for g in gradients]
    return [torch.linalg.vector_norm(row) for row in rows]


def clip_divisor(norm: Tensor, limit: float) -> Tensor:
    """() what gradients are divided by so that their norm is `limit` at most, as `clip_grad_norm_` reckons."""
    return ((norm + 1e-6) / limit).clamp(min=1.0)


def clip_each(parameters: Sequence[nn.Parameter], limit: float) -> None:
    """Clip the gradient norm of every member on its own: none may slow down another."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norms = torch.stack([g.reshape(len(g), -1).square().sum(1) for g in gradients]).sum(0).sqrt()  # (members,)
    shares = (limit / (norms + 1e-6)).clamp(max=1.0)  # as clip_grad_norm_ reckons
    for gradient in gradients:
        gradient.mul_(shares.view(-1, *[1] * (gradient.dim() - 1)))


def advance(optimiser: torch.optim.AdamW, tools: Tools, divisor: Tensor | None = None) -> None:
    """What `optimiser.step()` does to gradients divided by `divisor`, and `zero_grad()` after it."""
    members = [(group, p) for group in optimiser.param_groups for p in group["params"] if p.grad is not None]
    parts = in_two(members, lambda member: member[1].numel())
    tools.both(partial(_advance, optimiser, tools.halves, divisor), parts)


@torch.no_grad()
def _advance(
    optimiser: torch.optim.AdamW, halves: HalfWeights | None, divisor: Tensor | None, members: Sequence[Member]
) -> None:
    for group, parameters in _buckets(members):
        _update(optimiser, group, parameters, divisor)
        if halves is not None:
            halves.refresh(parameters)


def _update(
    optimiser: torch.optim.AdamW, group: dict[str, Any], parameters: Sequence[nn.Parameter], divisor: Tensor | None
) -> None:
    """The update of some parameters of a group by torch's fused kernel."""
    states = [optimiser.state[p] or _begin(optimiser, p) for p in parameters]
    gradients = [p.grad for p in parameters if p.grad is not None]
    means, squares, steps = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step"))
    adamw(
        list(parameters), gradients, means, squares, [], steps, fused=True, grad_scale=divisor, amsgrad=False,
        beta1=group["betas"][0], beta2=group["betas"][1], lr=group["lr"], weight_decay=group["weight_decay"],
        eps=group["eps"], maximize=False,
    )  # fmt: skip
    torch.autograd.graph.increment_version(parameters)  # which the kernel leaves as it is
    for parameter in parameters:
        parameter.grad = None


def _begin(optimiser: torch.optim.AdamW, parameter: nn.Parameter) -> dict[str, Tensor]:
    """The state of a parameter before its first update, as `AdamW` has it."""
    step = torch.zeros((), dtype=torch.float32, device=parameter.device)
    state = {"step": step, "exp_avg": torch.zeros_like(parameter), "exp_avg_sq": torch.zeros_like(parameter)}
    optimiser.state[parameter] = state
    return state


def _buckets(members: Sequence[Member]) -> Iterator[tuple[dict[str, Any], list[nn.Parameter]]]:
    """Neighbours of one group, `BUCKET` weights together unless a single parameter has more."""
    bucket: list[nn.Parameter] = []
    for k, (group, parameter) in enumerate(members):
        bucket.append(parameter)
        last = k + 1 == len(members) or members[k + 1][0] is not group
        if last or sum(map(nn.Parameter.numel, bucket)) + members[k + 1][1].numel() > BUCKET:
            yield group, bucket
            bucket = []


def in_two(items: Sequence[Item], size: Callable[[Item], int]) -> tuple[list[Item], list[Item]]:
    """Items in two parts of about one size, each in the order given."""
    sizes = [0, 0]
    where = {}
    for k in sorted(range(len(items)), key=lambda k: -size(items[k])):
        where[k] = sizes.index(min(sizes))
        sizes[where[k]] += size(items[k])
    first, second = ([item for k, item in enumerate(items) if where[k] == part] for part in (0, 1))
    return first, second
