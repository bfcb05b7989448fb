"""What a head learns for a task: labels as numbers, the loss of its logits, and the labels that logits mean.

What each kind of answer makes of that is in `targets`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.halves import half_named
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import main_metric, ranks
from unfreeze.tasks.targets.target import Target
from unfreeze.training.convex_losses import Loss
from unfreeze.training.targets.tensors import Decoded, Output, Settled, Targets, TargetTensors

__all__ = ["Decoded", "Objective", "Targets", "objective_for"]


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

    @cached_property
    def _tensors(self) -> TargetTensors:
        return tensors_of(self.task.target)(self.labels, self.mean, self.spread)

    @property
    def outputs(self) -> int:
        """Numbers a head puts out an item (a word, for tagging)."""
        return self._tensors.outputs

    @property
    def output(self) -> Output:
        """What `ready` gives."""
        return self._tensors.output

    def ready(self, logits: Tensor) -> Tensor:
        """(B, C) probabilities or (B,) scores from logits (B, outputs) of a head; tags as they are."""
        return self._tensors.ready(logits)

    def encode(self, examples: Sequence[Example]) -> Targets:
        """Targets: () int64 class, () float32 standardised score, (C,) float32 labels, or (words,) int64 tags."""
        return self._tensors.encode(examples)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """(members,) mean loss of logits (members, B, outputs) against targets (B,)."""
        return self._tensors.loss(logits.float(), targets)

    def first_decision(self) -> Tensor | None:
        """How logits are decided before anything is chosen on dev (thresholds); None where nothing ever is."""
        return self._tensors.first_decision()

    def decode(self, logits: Tensor, decision: Tensor | None = None) -> Decoded:
        """Labels from logits (B, outputs)."""
        return self._tensors.decode(logits.float(), decision)

    def for_choosing(self, dev: Decoded) -> Decoded:
        """What `settle` and the main metric need of predictions on dev."""
        return dev if ranks(self.task) else self._tensors.for_choosing(dev)

    def settle(self, dev: Decoded, gold: Sequence[Label]) -> Settled:
        """Predictions on dev once it has been chosen there how logits are decided."""
        return self._tensors.settle(dev, gold, main_metric(self.task, self.labels.scheme))

    def convex_loss(self, targets: Sequence[Tensor], device: torch.device) -> Loss:
        """The loss of a linear probe: logistic regression, of one logit where there are two classes, or ridge."""
        return self._tensors.convex(targets, device)

    def decode_convex(self, logits: Tensor, rows: Sequence[int], decision: Tensor | None = None) -> Decoded:
        """Labels from a probe's logits.

        Args:
            logits: (all rows, K), one where there are two classes.
            rows: of each example: its words for tagging, else one.
        """
        return self._tensors.from_convex(logits, rows, decision)


def objective_for(task: Task, labels: LabelSpace, train: Sequence[Example]) -> Objective:
    """The objective of a task; regression is standardised by the training scores."""
    gold = [e.label for e in train if e.label is not None]
    return Objective(task, labels, *tensors_of(task.target).scale(gold))


def tensors_of(target: Target) -> type[TargetTensors]:
    """The half of a target that needs torch."""
    tensors: type[TargetTensors] = half_named(target.tensors)
    return tensors
