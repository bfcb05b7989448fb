"""A trained model of either adaptation, put together from its weights, that predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from unfreeze.data.examples import Example
from unfreeze.encoders.finite import finite_states
from unfreeze.encoders.protocol import Batch, Encoder, Ints, LayerStates
from unfreeze.methods.frozen import as_form, form_for, frozen_head
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.prediction import predict
from unfreeze.methods.task_heads import TaskHead
from unfreeze.methods.tuned import TunedModel
from unfreeze.plan import Recipe
from unfreeze.training.objectives import Decoded, Objective


@dataclass(frozen=True)
class AdaptedModel:
    """An encoder with one or several heads trained for it, all of one recipe.

    Attributes:
        encoder: in eval mode; the pretrained one for feature extraction, a tuned one for fine-tuning.
        heads: in eval mode, one member each.
    """

    recipe: Recipe
    objective: Objective
    encoder: Encoder
    heads: tuple[nn.Module, ...]

    def predict(self, examples: Sequence[Example], finite: bool = False) -> list[Decoded]:
        """Predictions of each head, in fp32, so that they hang neither on the batch nor on the processor's bf16.

        Args:
            finite: refuse states that are no finite numbers (`InputError`); a run that diverged is judged all the same.
        """
        task = self.objective.task
        inputs = read_inputs(self.encoder, task, pair_reading(self.recipe, task), examples)
        heads: tuple[TaskHead, ...] = self.heads  # type: ignore[assignment]
        read = _states(self)
        name = self.encoder.name
        checked = (lambda chosen, batch: finite_states(read(chosen, batch), name)) if finite else read
        return predict(self.encoder, checked, heads, inputs)


def _states(model: AdaptedModel) -> Callable[[Ints, Batch], LayerStates]:
    encoder = model.encoder
    if model.recipe.method == "fine-tuning":
        return lambda _, batch: encoder.encode(batch, all_layers=False)
    form = form_for(model.recipe, model.objective.task)
    return lambda _, batch: as_form(encoder.encode(batch), form)


def restore(
    encoder: Encoder, recipe: Recipe, objective: Objective, weights: Sequence[Mapping[str, Tensor]]
) -> AdaptedModel:
    """A model from the weights of runs (`Trained.weights`); several only for feature extraction.

    Args:
        encoder: the pretrained one; fine-tuning takes a copy.
    """
    if recipe.method == "fine-tuning":
        (only,) = weights
        tuned = TunedModel(encoder, recipe, objective)
        tuned.load_state_dict(dict(only))
        tuned.eval().requires_grad_(False)
        return AdaptedModel(recipe, objective, tuned.encoder, (tuned.head,))
    heads = []
    for one in weights:
        head = frozen_head(recipe, objective, encoder.layers, encoder.width).to(encoder.device)
        head.load_state_dict(dict(one))
        heads.append(head.eval().requires_grad_(False))
    return AdaptedModel(recipe, objective, encoder, tuple(heads))
