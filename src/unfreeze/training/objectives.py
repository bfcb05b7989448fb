"""From labels to numbers, from logits to a loss, and from logits back to labels, for texts and pairs.

Taggers bring their own loss and decoding (`heads/tagger.py`), since those look along the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.tasks import Task


@dataclass(frozen=True)
class Decoded:
    """Predictions with the probability of each, where there is one (else empty)."""

    labels: tuple[Label, ...]
    confidence: tuple[float, ...] = ()


@dataclass(frozen=True)
class Objective:
    """What a head must put out for a task, and what that means.

    Attributes:
        mean, spread: of the training scores; regression heads work on standardised scores.
    """

    task: Task
    labels: LabelSpace
    mean: float = 0.0
    spread: float = 1.0

    @property
    def outputs(self) -> int:
        """Numbers a head puts out an item (a word, for tagging)."""
        return 1 if self.task.target == "score" else len(self.labels.names)

    def encode(self, examples: Sequence[Example]) -> list[Tensor]:
        """Targets: () int64 class, () float32 standardised score, or (words,) int64 tags (-1: never trained)."""
        if self.task.target == "score":
            return [torch.tensor((float(e.label) - self.mean) / self.spread) for e in examples]  # type: ignore[arg-type]
        index = self.labels.index()
        if self.task.target == "class":
            return [torch.tensor(index[str(e.label)]) for e in examples]
        return [torch.tensor([index.get(tag, -1) for tag in e.label]) for e in examples]  # type: ignore[union-attr]

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """(members,) mean cross-entropy or squared error of logits (members, B, outputs) against targets (B,)."""
        members, batch = logits.shape[:2]
        logits = logits.float()
        if self.task.target == "score":
            return (logits[..., 0] - targets).square().mean(1)
        every = F.cross_entropy(logits.flatten(0, 1), targets.repeat(members), reduction="none")
        return every.view(members, batch).mean(1)

    def decode(self, logits: Tensor) -> Decoded:
        """Labels from logits (B, outputs)."""
        logits = logits.float()
        if self.task.target == "score":
            return Decoded(tuple((logits[:, 0] * self.spread + self.mean).tolist()))
        best = logits.softmax(1).max(1)
        names = self.labels.names
        return Decoded(tuple(names[i] for i in best.indices.tolist()), tuple(best.values.tolist()))


def objective_for(task: Task, labels: LabelSpace, train: Sequence[Example]) -> Objective:
    """The objective of a task; regression is standardised by the training scores."""
    if task.target != "score":
        return Objective(task, labels)
    scores = np.asarray([float(e.label) for e in train])  # type: ignore[arg-type]
    return Objective(task, labels, float(scores.mean()), float(scores.std()) or 1.0)
