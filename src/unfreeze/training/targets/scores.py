"""Scores: squared error on scores standardised by those of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from unfreeze.data.examples import Example, Label
from unfreeze.training.convex_losses import Loss, Squared
from unfreeze.training.targets.tensors import Decoded, Targets, TargetTensors


class ScoreTensors(TargetTensors):
    """See `TargetTensors` for what each method is."""

    outputs = 1
    output = "scores"

    @staticmethod
    def scale(train: Sequence[Label]) -> tuple[float, float]:
        """Mean and standard deviation, 1 where it would be 0."""
        scores = np.asarray([float(label) for label in train])  # type: ignore[arg-type]
        return float(scores.mean()), float(scores.std()) or 1.0

    def encode(self, examples: Sequence[Example]) -> Targets:
        """() float32 each: the standardised score."""
        scores = [(float(e.label) - self.mean) / self.spread for e in examples]  # type: ignore[arg-type]
        return Targets(torch.tensor(scores, dtype=torch.float32))

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Squared error."""
        return (logits[..., 0] - targets).square().mean(1)

    def ready(self, logits: Tensor) -> Tensor:
        """Scores on the scale of the training scores."""
        return logits[:, 0] * self.spread + self.mean

    def decode(self, logits: Tensor, decision: Tensor | None) -> Decoded:
        """The score as it is written; it has no probability."""
        return Decoded(tuple(self.ready(logits).tolist()))

    def convex(self, targets: Sequence[Tensor], device: torch.device) -> Loss:
        """Ridge regression."""
        return Squared(torch.stack(list(targets)).to(device))
