"""Convex losses of a linear model, for many members at once: value and slope by the logits."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

_UNSEEN = 0.5  # examples that a class without any counts for in the first bias: the logarithm of none is infinite


class Loss(Protocol):
    """What `convex.fit` asks of a loss: convex in each row's logits.

    Attributes:
        outputs: logits a row, K.
    """

    outputs: int

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (N, M) of logits (N, M, K), and their slopes (N, M, K)."""
        ...

    def start(self, shares: Tensor) -> tuple[Tensor, float]:
        """The best biases (M, K) without features for row shares (N, M), and about how much the loss bends there."""
        ...


class Squared:
    """Squared error of one output: ridge regression. Targets (N,)."""

    outputs = 1

    def __init__(self, targets: Tensor) -> None:
        self._targets = targets[:, None]

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Loss`."""
        error = logits[..., 0] - self._targets
        return error.square(), 2 * error[..., None]

    def start(self, shares: Tensor) -> tuple[Tensor, float]:
        """See `Loss`."""
        return (shares * self._targets).sum(0)[:, None], 2.0


class Logistic:
    """Cross-entropy of two classes by one logit, that of class 1. Targets (N,) in 0 and 1."""

    outputs = 1

    def __init__(self, targets: Tensor, dtype: torch.dtype = torch.float32) -> None:
        self._targets = targets[:, None].to(dtype)

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Loss`."""
        one = logits[..., 0]
        return F.softplus(one) - one * self._targets, (one.sigmoid() - self._targets)[..., None]

    def start(self, shares: Tensor) -> tuple[Tensor, float]:
        """See `Loss`."""
        least = _UNSEEN / len(shares)
        share = (shares * self._targets).sum(0).clamp(least, 1 - least)
        return torch.logit(share)[:, None], float((share * (1 - share)).mean())


class Multinomial:
    """Cross-entropy of K classes. Targets (N,) int64."""

    def __init__(self, targets: Tensor, classes: int) -> None:
        self.outputs, self._targets = classes, targets

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Loss`."""
        log_shares = logits.log_softmax(2)
        gold = self._targets[:, None, None].expand(-1, logits.shape[1], 1)
        losses = -log_shares.gather(2, gold)[..., 0]
        return losses, log_shares.exp_().scatter_add_(2, gold, -torch.ones_like(gold, dtype=logits.dtype))

    def start(self, shares: Tensor) -> tuple[Tensor, float]:
        """See `Loss`. The biases sum to 0, and stay so."""
        found = shares.new_zeros(self.outputs, shares.shape[1]).index_add_(0, self._targets, shares).T
        found = found.clamp(min=_UNSEEN / len(shares))
        bias = (found / found.sum(1, keepdim=True)).log()
        return bias - bias.mean(1, keepdim=True), float((found * (1 - found)).mean())
