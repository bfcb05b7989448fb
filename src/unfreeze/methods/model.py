"""A trained model, put together from its weights, that predicts: the one way for trials, probes and bundles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from unfreeze.data.examples import Example
from unfreeze.encoders.finite import finite_states
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, Ints, LayerStates
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.prediction import predict
from unfreeze.methods.task_heads import TaskHead
from unfreeze.methods.trainer import trainer_of
from unfreeze.recipe import Recipe
from unfreeze.training.objectives import Decoded, Objective


@dataclass(frozen=True)
class AdaptedModel:
    """An encoder with one or several heads trained for it, all of one recipe.

    Attributes:
        encoder: in eval mode; the pretrained one, or the one that training moved.
        heads: in eval mode, one member each.
        pretrained, weights: what it was put together from, see `restore`.
    """

    recipe: Recipe
    objective: Objective
    encoder: Encoder
    heads: tuple[nn.Module, ...]
    pretrained: Encoder
    weights: Sequence[Mapping[str, Tensor]]

    def predict(self, examples: Sequence[Example], finite: bool = False) -> list[Decoded]:
        """Predictions of each head, in fp32, so that they depend neither on the batch nor on the processor's bf16.

        Args:
            finite: refuse states that are not finite (`InputError`); a run that diverged is judged all the same.
        """
        task = self.objective.task
        return self.predict_read(read_inputs(self.encoder, task, pair_reading(self.recipe, task), examples), finite)

    def predict_read(self, inputs: Inputs, finite: bool = False) -> list[Decoded]:
        """`predict` for examples as the encoder reads them, in the recipe's way of reading pairs."""
        task, encoder, trainer = self.objective.task, self.encoder, trainer_of(self.recipe)
        heads: tuple[TaskHead, ...] = self.heads  # type: ignore[assignment]

        def read(chosen: Ints, batch: Batch) -> LayerStates:
            states = trainer.encode(encoder, self.recipe, task, batch)
            return finite_states(states, encoder.name) if finite else states

        return predict(encoder, read, heads, inputs)


def _as_they_are(head: nn.Module, weights: Mapping[str, Tensor]) -> None:
    head.load_state_dict(dict(weights))


def restore(
    encoder: Encoder,
    recipe: Recipe,
    objective: Objective,
    weights: Sequence[Mapping[str, Tensor]],
    put: Callable[[nn.Module, Mapping[str, Tensor]], None] = _as_they_are,
) -> AdaptedModel:
    """A model from the weights of runs.

    Args:
        encoder: the pretrained one, which stays as it is; for weights of a head alone the one that training moved.
        weights: `Trained.weights`, or of a head alone; several where heads share the encoder's pass.
        put: puts weights into a head.

    Raises:
        RuntimeError: weights do not fit.
    """
    trainer, heads = trainer_of(recipe), []
    if len(weights) > 1 and not trainer.shares_pass:
        raise ValueError(f"{len(weights)} models of {recipe.method}, each of which has an encoder of its own")
    own = encoder
    for one in weights:
        own, of_head = trainer.moved(encoder, recipe, one)
        head = trainer.head(recipe, objective, own)
        put(head, of_head)
        heads.append(head.to(own.device).eval().requires_grad_(False))
    return AdaptedModel(recipe, objective, own, tuple(heads), encoder, weights)
