"""Many linear models on the same features at once: a convex loss with an L2 penalty, to its one optimum.

A member is one model: it has its own penalty and its own weights of the rows, so that the penalties to choose from,
or resamples of the training rows, are members. All members' logits are one matrix product and all their gradients
another; the rest of a step is L-BFGS (Nocedal & Wright 2006, chapter 7) for each member on its own:

* the first guess of the inverse Hessian is the one at the start, taken along the principal axes of the features
  (`design.Design`) and scaled by the last step (their equation 7.20). It makes the steps several times fewer than a
  multiple of the identity does where features go together, as units of a layer do;
* logits are linear, so the step length is searched along logits that are computed once;
* a member that has arrived is taken out, and the products grow smaller.

A member minimises `sum_i share_i loss_i + l2 |W|^2 / 2`, shares summing to 1 and the bias going free. In scikit-learn's
words, with n rows (or weights that sum to n): `LogisticRegression(C=1 / (n * l2))` and `Ridge(alpha=n * l2 / 2)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from unfreeze.probes.design import Design
from unfreeze.training.convex_losses import Loss

_CELLS = 1 << 24  # logits that are held at a time, several times over
_MEMORY = 10  # steps that L-BFGS remembers
_HALVINGS = 20
_ENOUGH = 1e-4  # of the decrease that the slope promises (Armijo)


@dataclass(frozen=True)
class Fitted:
    """M linear models.

    Attributes:
        weights: (K, M, D + 1), the last of each row the bias.
        loss: (M,) float64, what was minimised.
        steps: (M,) int64.
        settled: (M,) bool: within the tolerance of the optimum; False where the steps ran out before.
    """

    weights: Tensor
    loss: Tensor
    steps: Tensor
    settled: Tensor

    def member(self, m: int) -> Fitted:
        """One of them."""
        one = slice(m, m + 1)
        return Fitted(self.weights[:, one], self.loss[one], self.steps[one], self.settled[one])


def fit(
    features: Design,
    loss: Loss,
    l2: Sequence[float],
    shares: Tensor | None = None,
    start: Tensor | None = None,
    *,
    tolerance: float = 1e-6,
    most_steps: int = 100,
) -> Fitted:
    """Fit a member for each penalty; what a member gives does not depend on the others, but for rounding.

    Args:
        l2: (M,) penalties, each above 0.
        shares: (M, N) weights of the rows, those of a member summing to 1; None weighs all rows alike.
        start: (K, M, D + 1) first weights, where something near is known; (K, 1, D + 1) for all members alike.
        tolerance: how far above its optimum a member's loss may be, by the estimate that L-BFGS has of it.
        most_steps: after which a member is left as it is.

    Raises:
        ValueError: a penalty is not above 0.
    """
    if min(l2) <= 0:
        raise ValueError(f"penalties {list(l2)}; each must be above 0")
    rows, count = features.rows, len(l2)
    penalties = torch.tensor(l2, dtype=rows.dtype, device=rows.device)
    weights = rows.new_full((1, 1), 1 / len(rows)).expand(count, len(rows)) if shares is None else shares
    first = None if start is None else start.expand(-1, count, -1)
    at_once = max(1, _CELLS // (len(rows) * loss.outputs))
    parts = []
    for i in range(0, count, at_once):
        part = slice(i, i + at_once)
        members = _begun(features, loss, penalties[part], weights[part], None if first is None else first[:, part])
        parts.append(_fit(features, loss, members, tolerance, most_steps))
    return Fitted(
        torch.cat([p.weights for p in parts], 1), torch.cat([p.loss for p in parts]),
        torch.cat([p.steps for p in parts]), torch.cat([p.settled for p in parts]),
    )  # fmt: skip


@dataclass(frozen=True)
class _Step:
    """A step that was taken, for all members: its change of weights and gradient, and 1 / their product."""

    moved: Tensor
    bent: Tensor
    inverse: Tensor

    def of(self, kept: Tensor) -> _Step:
        return _Step(self.moved[:, kept], self.bent[:, kept], self.inverse[kept])


@dataclass(frozen=True)
class _Members:
    """Where the members stand that are still on their way.

    Attributes:
        place: (M,) of each in the caller's order.
        l2, shares: as `fit` has them.
        bend: (K, M) second derivative of the mean loss by each logit, at the start.
        weights, gradient: (K, M, D + 1).
        logits: (K, M, N).
        value: (M,) float64.
        relative: see `Loss`.
        steps: the last ones, oldest first.
    """

    place: Tensor
    l2: Tensor
    shares: Tensor
    bend: Tensor
    weights: Tensor
    logits: Tensor
    value: Tensor
    gradient: Tensor
    relative: bool
    steps: tuple[_Step, ...] = ()

    def of(self, kept: Tensor) -> _Members:
        """Those of them that `kept` (M,) bool marks."""
        return _Members(
            self.place[kept], self.l2[kept], self.shares[kept], self.bend[:, kept], self.weights[:, kept],
            self.logits[:, kept], self.value[kept], self.gradient[:, kept], self.relative,
            tuple(s.of(kept) for s in self.steps),
        )  # fmt: skip


def _begun(features: Design, loss: Loss, l2: Tensor, shares: Tensor, start: Tensor | None) -> _Members:
    """Members at their first weights."""
    if start is None:
        weights = torch.nn.functional.pad(loss.bias(shares)[..., None], (features.rows.shape[1] - 1, 0))
    else:
        weights = start.clone()
    logits = _times(weights, features.rows.T)
    losses, slopes = loss(logits)
    value, gradient = _value(losses, shares, weights, l2), _gradient(features, slopes, shares, weights, l2)
    place = torch.arange(len(l2), device=l2.device)
    bend = loss.bend(logits, shares)
    return _Members(place, l2, shares, bend, weights, logits, value, gradient, loss.relative)


def _fit(features: Design, loss: Loss, now: _Members, tolerance: float, most_steps: int) -> Fitted:
    done = Fitted(now.weights.clone(), now.value.clone(), torch.zeros_like(now.place), now.place < 0)
    for step in range(most_steps + 1):
        way = _descent(features, now)
        slope = _product(way, now.gradient)  # (M,) below 0
        arrived = -slope / 2 < tolerance
        done.steps[now.place], done.settled[now.place] = step, arrived
        if bool(arrived.all()) or step == most_steps:
            break
        if bool(arrived.any()):
            _keep(done, now.of(arrived))
            now, way, slope = now.of(~arrived), way[:, ~arrived], slope[~arrived]
        now = _stepped(features, loss, now, way, slope)
    _keep(done, now)
    return done


def _keep(done: Fitted, members: _Members) -> None:
    done.weights[:, members.place], done.loss[members.place] = members.weights, members.value


def _stepped(features: Design, loss: Loss, now: _Members, way: Tensor, slope: Tensor) -> _Members:
    """One step along `way`, each member's halved until its value falls."""
    along = _times(way, features.rows.T)
    length = torch.ones_like(slope)
    for _ in range(_HALVINGS):
        weights, logits = now.weights + length[:, None] * way, now.logits + length[:, None] * along
        losses, slopes = loss(logits)
        value = _value(losses, now.shares, weights, now.l2)
        rounding = torch.finfo(slope.dtype).eps * now.value.abs()
        falls = value <= now.value + _ENOUGH * length * slope + rounding
        if bool(falls.all()):
            break
        length = torch.where(falls, length, length / 2)
    gradient = _gradient(features, slopes, now.shares, weights, now.l2)
    moved, bent = weights - now.weights, gradient - now.gradient
    product = _product(moved, bent)
    usable = product > torch.finfo(product.dtype).eps * _product(bent, bent)
    taken = _Step(moved, bent, torch.where(usable, 1 / product, 0.0))
    steps = (*now.steps, taken)[-_MEMORY:]
    return replace(now, weights=weights, logits=logits, value=value, gradient=gradient, steps=steps)


def _descent(features: Design, now: _Members) -> Tensor:
    """(K, M, D + 1) where each member goes: minus its inverse Hessian, as far as it is known, times the gradient."""
    rest, shares = now.gradient, []
    for step in reversed(now.steps):
        share = step.inverse * _product(step.moved, rest)
        rest = rest - share[:, None] * step.bent
        shares.append(share)
    way = _first_guess(features, now, rest)
    if now.steps:
        last = now.steps[-1]
        scale = 1 / (last.inverse * _product(last.bent, _first_guess(features, now, last.bent)))
        way = way * torch.where(last.inverse > 0, scale, 1.0)[:, None]
    for step, share in zip(now.steps, reversed(shares), strict=True):
        way = way + (share - step.inverse * _product(step.bent, way))[:, None] * step.moved
    return -way


def _first_guess(features: Design, now: _Members, vectors: Tensor) -> Tensor:
    """The inverse of `bend * covariance + l2` times vectors (K, M, D + 1), by the axes of the features."""
    bend, l2 = now.bend[..., None], now.l2[:, None]
    free = torch.ones_like(features.variance)
    free[-1] = 0  # the bias has no penalty
    along = 1 / (bend * features.variance + l2 * free)  # (K, M, A)
    parts = _times(vectors, features.axes)
    if features.rest is None:
        guess = _times(parts * along, features.axes.T)
    else:
        elsewhere = 1 / (bend * features.rest + l2)  # (K, M, 1)
        guess = vectors * elsewhere + _times(parts * (along - elsewhere), features.axes.T)
    # What is added to all classes alike changes no loss; gradients have none of it, so steps must not either.
    return guess - guess.mean(0) if now.relative else guess


def _value(losses: Tensor, shares: Tensor, weights: Tensor, l2: Tensor) -> Tensor:
    """(M,) in float64: near the optimum a step gains less than float32 can tell."""
    penalty = l2.double() * weights[..., :-1].square().sum((0, 2), dtype=torch.float64) / 2
    return (losses * shares).sum(1, dtype=torch.float64) + penalty


def _gradient(features: Design, slopes: Tensor, shares: Tensor, weights: Tensor, l2: Tensor) -> Tensor:
    """(K, M, D + 1)."""
    gradient = _times(slopes * shares, features.rows)
    gradient[..., :-1] += l2[:, None] * weights[..., :-1]
    return gradient


def _times(members: Tensor, matrix: Tensor) -> Tensor:
    """(K, M, S) @ (S, R) to (K, M, R), as one product."""
    return (members.flatten(0, 1) @ matrix).view(*members.shape[:2], -1)


def _product(a: Tensor, b: Tensor) -> Tensor:
    """(M,) inner products of (K, M, D + 1)."""
    return (a * b).sum((0, 2))
