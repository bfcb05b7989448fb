"""What a method does: the half that computes. How it is named, chosen and counted is `unfreeze.methods.method`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn

from unfreeze.data.examples import Example
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, LayerStates
from unfreeze.features.layout import Form
from unfreeze.halves import half_named
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.split_features import SplitFeatures
from unfreeze.methods.table import method_of
from unfreeze.methods.trained import Trained
from unfreeze.recipe import Recipe
from unfreeze.tasks.kinds import Task
from unfreeze.training.loop import GoesOn, Progress
from unfreeze.training.objectives import Objective

R = TypeVar("R", bound=Recipe, contravariant=True)


@dataclass(frozen=True)
class Given:
    """What a method trains on.

    Attributes:
        encoder: the pretrained one, in fp32; it must stay as it is.
        states: by form the layer states of train and of dev, of all forms that `Trainer.reads` names.
        precision: to train in.
        read: train and dev as the encoder reads them, in the recipe's way of reading pairs; None where they were not
            read yet.
        goes_on: asked at the readings of dev; not at those of a probe from which training begins.
    """

    encoder: Encoder
    objective: Objective
    train: Sequence[Example]
    dev: Sequence[Example]
    precision: Precision
    states: Mapping[Form, tuple[SplitFeatures, SplitFeatures]] = field(default_factory=dict)
    progress: Progress = lambda step, total, best: None
    read: tuple[Inputs, Inputs] | None = None
    goes_on: GoesOn = lambda readings, planned: True

    def inputs(self, recipe: Recipe) -> tuple[Inputs, Inputs]:
        """Train and dev as the encoder reads them: `read`, or read now."""
        if self.read is not None:
            return self.read
        task = self.objective.task
        pair = pair_reading(recipe, task)
        return read_inputs(self.encoder, task, pair, self.train), read_inputs(self.encoder, task, pair, self.dev)


class Trainer(Protocol[R]):
    """Trains by the recipes of one method, and puts what was trained together again.

    Attributes:
        shares_pass: the heads of several runs read the same states, so that one pass of the encoder serves them all.
    """

    shares_pass: bool = False

    def reads(self, recipe: R, task: Task, encoder: Encoder) -> tuple[Form, ...]:
        """The forms in which it wants the pretrained encoder's states of train and dev; often none."""
        return ()

    def seeds_together(self, recipe: R, task: Task) -> bool:
        """Whether all seeds are best trained in one call."""
        return False

    def memory(self, recipe: R, encoder: Encoder, pieces: int) -> int:
        """About how many bytes a run takes beside the encoder that it is given and the states that it reads.

        Args:
            pieces: of its largest batch.
        """
        return 32 * pieces * encoder.layers * encoder.width  # its states, mixed, with what goes back through the head

    @abstractmethod
    def train(self, recipe: R, given: Given, seeds: Sequence[int]) -> list[Trained]:
        """Train with each of these seeds; what a seed gives depends neither on the others nor on their number."""

    @abstractmethod
    def head(self, recipe: R, objective: Objective, encoder: Encoder) -> nn.Module:
        """The head of a recipe, a `TaskHead` with one member, its weights fresh."""

    def moved(self, encoder: Encoder, recipe: R, weights: Mapping[str, Tensor]) -> tuple[Encoder, Mapping[str, Tensor]]:
        """The encoder as a run left it, and of the run's weights those of the head.

        Args:
            encoder: the pretrained one, which stays as it is; with weights of a head alone, the one to be given back.
            weights: `Trained.weights`, or of the head alone.

        Raises:
            RuntimeError: the weights do not fit.
        """
        return encoder, weights

    def save(
        self, folder: Path, pretrained: Encoder, moved: Encoder, recipe: R, weights: Mapping[str, Tensor]
    ) -> Encoder:
        """Write what a bundle holds beside the head: an encoder (given back) as `encoder/`, and what else it needs.

        Args:
            pretrained, moved, weights: see `moved`.
        """
        moved.save(folder / "encoder")
        return moved

    def opened(self, folder: Path, encoder: Encoder, recipe: R, remedy: str) -> Encoder:
        """The encoder that the head reads, from the one that `save` gave back.

        Args:
            remedy: for messages.

        Raises:
            InputError: what else was written is missing, torn, or does not fit.
        """
        return encoder

    @abstractmethod
    def encode(self, encoder: Encoder, recipe: R, task: Task, batch: Batch) -> LayerStates:
        """What the head reads of a batch."""


def trainer_of(recipe: Recipe) -> Trainer[Any]:
    """The trainer of a recipe's method, which is imported now."""
    trainer: Trainer[Any] = half_named(method_of(recipe).trainer)
    return trainer


def parts(weights: Mapping[str, Tensor], *names: str) -> list[dict[str, Tensor]]:
    """Tensors called `NAME.…` for each of these names, without it. Empty ones where none of the first is there.

    Raises:
        RuntimeError: a tensor is of none of them.
    """
    found: list[dict[str, Tensor]] = [{} for _ in names]
    if not any(key.startswith(f"{names[0]}.") for key in weights):
        return found
    for key, tensor in weights.items():
        name, _, rest = key.partition(".")
        if name not in names:
            raise RuntimeError(f"Unexpected key: {key}")
        found[names.index(name)][rest] = tensor
    return found
