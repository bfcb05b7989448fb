"""Fine-tuning: the encoder moves, the head is small.

Read beside `frozen.py`: the two files are the question that unfreeze answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor, nn

from unfreeze.data.examples import Example
from unfreeze.encoders.freezing import thawed_copy
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, LayerStates
from unfreeze.encoders.used_rows import learn_used_rows, whole_tables
from unfreeze.features.extract import Features
from unfreeze.features.layout import Form
from unfreeze.layers.dropout import swap_dropout
from unfreeze.methods.moving import step_bytes, stored_below, top_head, train_moving
from unfreeze.methods.probe_first import head_of_probe, probe_form, train_probe
from unfreeze.methods.task_heads import TagHead, TextHead
from unfreeze.methods.trained import Trained
from unfreeze.methods.trainer import Given, Trainer, parts
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.methods.work import tuned_run
from unfreeze.tasks.kinds import Task
from unfreeze.training.loop import GoesOn, Progress
from unfreeze.training.objectives import Objective


class TunedModel(nn.Module):
    """An encoder of its own and a head on its top layer."""

    def __init__(self, encoder: Encoder, recipe: TunedRecipe, objective: Objective) -> None:
        super().__init__()
        self.encoder = thawed_copy(encoder)
        swap_dropout(self.encoder)
        self.encoder.reinitialise_top(recipe.reinit_top)
        self.head = top_head(recipe, objective, encoder.width).to(encoder.device)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """The encoder's groups bottom to top, then the head."""
        return [*self.encoder.layer_groups(), list(self.head.parameters())]


def fine_tune(
    encoder: Encoder,
    recipe: TunedRecipe,
    objective: Objective,
    train: Sequence[Example],
    dev: Sequence[Example],
    *,
    seed: int,
    precision: Precision,
    stored: tuple[Features, Features] | None = None,
    head: Mapping[str, Tensor] | None = None,
    read: tuple[Inputs, Inputs] | None = None,
    progress: Progress = lambda step, total, best: None,
    goes_on: GoesOn = lambda readings, planned: True,
) -> Trained:
    """Train a copy of the encoder together with a head; the encoder given stays as it is.

    Args:
        head: the weights that the head begins with; None: fresh ones.
        stored: see `train_moving`.
        read: see `Given`.
    """
    given = Given(encoder, objective, train, dev, precision, progress=progress, read=read, goes_on=goes_on)

    def make(inputs: Inputs) -> TunedModel:
        model = TunedModel(encoder, recipe, objective)
        if head is not None:
            model.head.load_state_dict(dict(head))
        learn_used_rows(model, model.encoder.piece_table(), inputs.ids, sparse=encoder.device.type == "cpu")
        return model

    untouched = encoder.layers - 1 - recipe.reinit_top
    model, moved = train_moving(make, recipe, given, seed, stored, untouched)
    whole_tables(model)
    weights = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    layers, of_head = encoder.piece_work(), sum(p.numel() for p in model.head.parameters())
    resumes = recipe.freezes_layers and bool(encoder.resumes())

    def counted(epochs: int, readings: int) -> int:
        stages = recipe.gradual_unfreezing, recipe.unfreeze_top
        return tuned_run(layers, of_head, *stages, epochs, readings, moved.train, moved.on_dev, resumes)

    return Trained(weights, moved.fit, 0, moved.dev, None, counted)


class TunedTrainer(Trainer[TunedRecipe]):
    """Trains a copy of the encoder for each run."""

    def reads(self, recipe: TunedRecipe, task: Task, encoder: Encoder) -> tuple[Form, ...]:
        """See `Trainer.reads`: a probe's, and those that stand for the layers that stay frozen for a while."""
        of_probe = (probe_form(recipe, task),) if recipe.head_first else ()
        return (*of_probe, "tokens") if recipe.freezes_layers and encoder.resumes() else of_probe

    def memory(self, recipe: TunedRecipe, encoder: Encoder, pieces: int) -> int:
        """See `Trainer.memory`: weights, best weights, gradients of both halves, two moments, bf16 copies."""
        return 8 * encoder.sizes()[1] + step_bytes(encoder, pieces)

    def train(self, recipe: TunedRecipe, given: Given, seeds: Sequence[int]) -> list[Trained]:
        """See `Trainer.train`."""
        return [self._train(recipe, given, seed) for seed in seeds]

    def _train(self, recipe: TunedRecipe, given: Given, seed: int) -> Trained:
        probe = train_probe(recipe, given, seed) if recipe.head_first else None
        head = None if probe is None else head_of_probe(probe.weights, recipe, given.objective.task)
        tuned = fine_tune(
            given.encoder, recipe, given.objective, given.train, given.dev, seed=seed, precision=given.precision,
            stored=stored_below(given), head=head, read=given.read, progress=given.progress, goes_on=given.goes_on,
        )  # fmt: skip
        if probe is None:
            return tuned
        both = replace(tuned.fit, seconds=probe.fit.seconds + tuned.fit.seconds)

        def counted(epochs: int, readings: int) -> int:
            return probe.work + tuned.counted(epochs, readings)

        return replace(tuned, fit=both, counted=counted, chosen=probe.chosen)

    def head(self, recipe: TunedRecipe, objective: Objective, encoder: Encoder) -> TextHead | TagHead:
        """See `Trainer.head`."""
        return top_head(recipe, objective, encoder.width)

    def moved(
        self, encoder: Encoder, recipe: TunedRecipe, weights: Mapping[str, Tensor]
    ) -> tuple[Encoder, Mapping[str, Tensor]]:
        """See `Trainer.moved`."""
        of_encoder, of_head = parts(weights, "encoder", "head")
        if not of_encoder:
            return encoder, weights
        copy = thawed_copy(encoder)
        copy.load_state_dict(of_encoder)
        return copy.eval().requires_grad_(False), of_head

    def encode(self, encoder: Encoder, recipe: TunedRecipe, task: Task, batch: Batch) -> LayerStates:
        """See `Trainer.encode`."""
        return encoder.encode(batch, all_layers=False)


TUNED = TunedTrainer()
