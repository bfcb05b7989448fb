"""From labels to numbers, from logits to a loss, and from logits back to labels, for texts and pairs.

Taggers bring their own loss and decoding (`heads/tagger.py`), since those look along the sentence.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.tasks.kinds import Task


@dataclass(frozen=True)
class Decoded:
    """Predictions with the probability of each, where there is one (else empty)."""

    labels: tuple[Label, ...]
    confidence: tuple[float, ...] = ()


@dataclass(frozen=True)
class Targets:
    """A tensor for each example, made when it is asked for: millions of them would take more memory than their texts.

    Attributes:
        values: (examples,), or (words of all examples,).
        offsets: (examples + 1,): example e has `values[offsets[e]:offsets[e + 1]]`; None where it has one value.
    """

    values: Tensor
    offsets: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    def __getitem__(self, example: int) -> Tensor:
        """The target of the example with this index, from 0."""
        if self.offsets is None:
            return self.values[example]
        return self.values[self.offsets[example] : self.offsets[example + 1]]


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

    def encode(self, examples: Sequence[Example]) -> Targets:
        """Targets: () int64 class, () float32 standardised score, or (words,) int64 tags (-1: never trained)."""
        if self.task.target == "score":
            scores = [(float(e.label) - self.mean) / self.spread for e in examples]  # type: ignore[arg-type]
            return Targets(torch.tensor(scores, dtype=torch.float32))
        index = self.labels.index()
        if self.task.target == "class":
            return Targets(torch.tensor([index[str(e.label)] for e in examples], dtype=torch.int64))
        tags, ends = array("q"), array("q", [0])
        for example in examples:
            tags.extend(index.get(tag, -1) for tag in example.label)  # type: ignore[union-attr]
            ends.append(len(tags))
        return Targets(torch.tensor(tags, dtype=torch.int64), np.asarray(ends))

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
