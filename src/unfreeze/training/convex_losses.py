"""Convex losses of a linear model, for many members at once: value and slope by the logits."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

_LEAST_BEND = 1e-6
_UNSEEN = 0.5  # examples that a class without any counts for in the first bias: the logarithm of none is infinite


class Loss(Protocol):
    """What `convex.fit` asks of a loss: convex in each row's logits.

    Logits are (K, M, N), outputs first: a softmax over so few numbers is many times quicker along a far dimension.

    Attributes:
        outputs: logits a row, K.
        relative: whether what is added to all logits of a row alike changes nothing.
    """

    outputs: int
    relative: bool

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (M, N) of logits (K, M, N), and their slopes (K, M, N)."""
        ...

    def bias(self, shares: Tensor) -> Tensor:
        """The best biases (K, M) without features, for row shares (M, N)."""
        ...

    def bend(self, logits: Tensor, shares: Tensor) -> Tensor:
        """(K, M) second derivative of the mean loss by each logit."""
        ...


class Squared:
    """Squared error of one output: ridge regression. Targets (N,)."""

    outputs = 1
    relative = False

    def __init__(self, targets: Tensor) -> None:
        self._targets = targets

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Loss`."""
        error = logits[0] - self._targets
        return error.square(), 2 * error[None]

    def bias(self, shares: Tensor) -> Tensor:
        """See `Loss`."""
        return (shares @ self._targets)[None]

    def bend(self, logits: Tensor, shares: Tensor) -> Tensor:
        """See `Loss`."""
        return logits.new_full(logits.shape[:2], 2)


class Logistic:
    """Cross-entropy of two classes by one logit, that of class 1. Targets (N,) in 0 and 1."""

    outputs = 1
    relative = False

    def __init__(self, targets: Tensor, dtype: torch.dtype = torch.float32) -> None:
        self._targets = targets.to(dtype)

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Loss`."""
        one = logits[0]
        return F.softplus(one) - one * self._targets, (one.sigmoid() - self._targets)[None]

    def bias(self, shares: Tensor) -> Tensor:
        """See `Loss`."""
        least = _UNSEEN / len(self._targets)
        return torch.logit((shares @ self._targets)[None].clamp(least, 1 - least))

    def bend(self, logits: Tensor, shares: Tensor) -> Tensor:
        """See `Loss`."""
        return _spread(logits.sigmoid(), shares)


class Binary:
    """Cross-entropy of K labels, each a yes or no by its own logit. Targets (N, K) in 0 and 1."""

    relative = False

    def __init__(self, targets: Tensor) -> None:
        self.outputs, self._targets = targets.shape[1], targets.T[:, None]  # (K, 1, N)

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Loss`."""
        return (F.softplus(logits) - logits * self._targets).sum(0), logits.sigmoid() - self._targets

    def bias(self, shares: Tensor) -> Tensor:
        """See `Loss`."""
        least = _UNSEEN / self._targets.shape[2]
        return torch.logit((self._targets[:, 0] @ shares.T).clamp(least, 1 - least))

    def bend(self, logits: Tensor, shares: Tensor) -> Tensor:
        """See `Loss`."""
        return _spread(logits.sigmoid(), shares)


class Multinomial:
    """Cross-entropy of K classes. Targets (N,) int64."""

    relative = True

    def __init__(self, targets: Tensor, classes: int) -> None:
        self.outputs, self._targets = classes, targets

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """See `Loss`."""
        log_shares = logits.log_softmax(0)
        gold = self._targets.expand(1, *logits.shape[1:])
        losses = -log_shares.gather(0, gold)[0]
        return losses, log_shares.exp_().scatter_add_(0, gold, -torch.ones_like(losses)[None])

    def bias(self, shares: Tensor) -> Tensor:
        """See `Loss`. A member's biases sum to 0, and stay so."""
        found = shares.new_zeros(self.outputs, len(shares)).index_add_(0, self._targets, shares.T)
        bias = found.clamp(min=_UNSEEN / len(self._targets)).log()
        return bias - bias.mean(0)

    def bend(self, logits: Tensor, shares: Tensor) -> Tensor:
        """See `Loss`."""
        return _spread(logits.softmax(0), shares)


def _spread(likely: Tensor, shares: Tensor) -> Tensor:
    """(K, M) mean of p (1 - p) over the rows; never 0, which would make steps infinite."""
    return (likely * (1 - likely) * shares).sum(2).clamp(min=_LEAST_BEND)
