"""What a kind of answer is to models; its half without torch is in `tasks/targets`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.training.convex_losses import Loss

Output = Literal["probabilities", "scores", "tags"]


@dataclass(frozen=True)
class Decoded:
    """Predictions with the probability of each, where there is one (else empty).

    Attributes:
        probabilities: (examples, C) float32 of every label, in index order; None where there are none.
    """

    labels: tuple[Label, ...]
    confidence: tuple[float, ...] = ()
    probabilities: npt.NDArray[np.float32] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Settled:
    """Predictions on dev after all has been chosen there.

    Attributes:
        kept: how logits are decided, to be kept with the weights; None where nothing is chosen.
        chosen: the same by names, for the record.
    """

    decoded: Decoded
    kept: Tensor | None = None
    chosen: Mapping[str, float] = field(default_factory=dict)


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


class TargetTensors(Protocol):
    """What a head must put out for a kind of answer, and what that means.

    Attributes:
        labels: the label space.
        mean, spread: what `scale` gives for the training labels.
        output: what `ready` gives.
    """

    output: Output = "probabilities"
    labels: LabelSpace
    mean: float
    spread: float

    def __init__(self, labels: LabelSpace, mean: float, spread: float) -> None:
        self.labels, self.mean, self.spread = labels, mean, spread

    @staticmethod
    def scale(train: Sequence[Label]) -> tuple[float, float]:
        """Mean and spread by which labels are standardised; 0 and 1 where they are not."""
        return 0.0, 1.0

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Numbers a head puts out an item (a word, for tagging)."""

    @abstractmethod
    def encode(self, examples: Sequence[Example]) -> Targets:
        """Targets of labelled examples."""

    @abstractmethod
    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """(members,) mean loss of logits (members, B, outputs) in fp32 against targets (B, ...)."""

    @abstractmethod
    def ready(self, logits: Tensor) -> Tensor:
        """(B, C) probabilities or (B,) scores from logits (B, outputs) in fp32; of a tagger, its tags as they are."""

    def first_decision(self) -> Tensor | None:
        """How logits are decided before anything is chosen on dev; None where nothing ever is."""
        return None

    @abstractmethod
    def decode(self, logits: Tensor, decision: Tensor | None) -> Decoded:
        """Labels from logits (B, outputs) in fp32."""

    def settle(self, dev: Decoded, gold: Sequence[Label], metric: str) -> Settled:
        """Choose on dev how logits are decided, for the main metric."""
        return Settled(dev)

    def for_choosing(self, dev: Decoded) -> Decoded:
        """What `settle` needs of predictions on dev: of many models at once probabilities would take much memory."""
        return replace(dev, probabilities=None)

    @abstractmethod
    def convex(self, targets: Sequence[Tensor], device: torch.device) -> Loss:
        """The loss of a linear probe; `targets` has one of `encode` for each example."""

    def from_convex(self, logits: Tensor, rows: Sequence[int], decision: Tensor | None) -> Decoded:
        """Labels from a probe's logits (all rows, K of the convex loss); `rows` are those of each example."""
        return self.decode(logits.float(), decision)
