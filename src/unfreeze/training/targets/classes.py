"""Classes: a softmax over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.data.examples import Example
from unfreeze.training.convex_losses import Logistic, Loss, Multinomial
from unfreeze.training.targets.tensors import Decoded, Targets, TargetTensors


class ClassTensors(TargetTensors):
    """See `TargetTensors` for what each method is."""

    @property
    def outputs(self) -> int:
        """A logit for each class."""
        return len(self.labels.names)

    def encode(self, examples: Sequence[Example]) -> Targets:
        """() int64 each: the index of its class."""
        index = self.labels.index()
        return Targets(torch.tensor([index[str(e.label)] for e in examples], dtype=torch.int64))

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy."""
        members, batch = logits.shape[:2]
        every = F.cross_entropy(logits.flatten(0, 1), targets.repeat(members), reduction="none")
        return every.view(members, batch).mean(1)

    def ready(self, logits: Tensor) -> Tensor:
        """Probabilities that sum to 1."""
        return logits.softmax(1)

    def decode(self, logits: Tensor, decision: Tensor | None) -> Decoded:
        """The most probable class."""
        likely = self.ready(logits)
        best, names = likely.max(1), self.labels.names
        labels = tuple(names[i] for i in best.indices.tolist())
        return Decoded(labels, tuple(best.values.tolist()), likely.cpu().numpy())

    def convex(self, targets: Sequence[Tensor], device: torch.device) -> Loss:
        """Logistic regression, of one logit where there are two classes."""
        return of_names(torch.stack(list(targets)).to(device), self.outputs)

    def from_convex(self, logits: Tensor, rows: Sequence[int], decision: Tensor | None) -> Decoded:
        """The most probable class; confidence is not asked for."""
        each = both_logits(logits.float(), self.outputs)
        names = np.array(self.labels.names, object)[each.argmax(1).cpu().numpy()]
        return Decoded(tuple(names), probabilities=each.softmax(1).cpu().numpy())


def of_names(targets: Tensor, names: int) -> Loss:
    """The loss of a linear model for one of several names a row."""
    return Logistic(targets) if names == 2 else Multinomial(targets, names)


def both_logits(logits: Tensor, names: int) -> Tensor:
    """(rows, names) logits of a linear model, which has one for two names."""
    return torch.cat([torch.zeros_like(logits), logits], 1) if names == 2 else logits
