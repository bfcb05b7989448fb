"""Fine-tuning: the encoder moves, the head is small.

Read beside `feature_extraction.py`: the two files are the question that unfreeze answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from unfreeze.adaptation.inputs import example_lengths, inputs_of, pair_reading, read_inputs
from unfreeze.adaptation.prediction import predict
from unfreeze.adaptation.task_heads import Mix, PooledBody, TagHead, TaskHead, TextHead, features_of_pairs
from unfreeze.adaptation.trained import Trained, gold_labels, main_score
from unfreeze.data.examples import Example
from unfreeze.data.schemes import allowed_transitions
from unfreeze.encoders.freezing import thawed_copy
from unfreeze.encoders.precision import Precision, autocast
from unfreeze.encoders.protocol import Batch, Inputs, LayerStates
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.heads.tagger import Tagger
from unfreeze.plan import Recipe
from unfreeze.training.loop import Indices, fit
from unfreeze.training.objectives import Decoded, Objective
from unfreeze.training.seeds import seeded


def tuned_head(recipe: Recipe, objective: Objective, width: int) -> TextHead | TagHead:
    """The small head on the top layer: linear (+ CRF for tagging, if the recipe says so)."""
    if objective.task.target == "tags":
        hidden = recipe.hidden if recipe.head == "bilstm-crf" else None
        rules = allowed_transitions(objective.labels.names, objective.labels.scheme)
        tagger = Tagger(width, objective.outputs, rules, hidden, dropout=recipe.dropout, use_crf="crf" in recipe.head)
        return TagHead(Mix(1, (0,)), tagger, objective)
    pair = features_of_pairs(objective.task) if pair_reading(recipe, objective.task) == "separate" else None
    return TextHead(PooledBody(width, objective.outputs, recipe.pooling, recipe.dropout, pair), objective)


class TunedModel(nn.Module):
    """An encoder of its own and a head on its top layer."""

    def __init__(self, encoder: TransformerEncoder, recipe: Recipe, objective: Objective) -> None:
        super().__init__()
        self.encoder = thawed_copy(encoder)
        self.encoder.reinitialise_top(recipe.reinit_top)
        self.head = tuned_head(recipe, objective, encoder.width).to(encoder.device)

    def states(self, batch: Batch) -> LayerStates:
        """Top layer states (1, P, width)."""
        return self.encoder.encode(batch, all_layers=False)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """The encoder's groups bottom to top, then the head."""
        return [*self.encoder.layer_groups(), list(self.head.parameters())]


@dataclass
class _Run:
    """A tuned model with its data, as the training loop wants it."""

    model: TunedModel
    objective: Objective
    train_inputs: Inputs
    targets: Sequence[Tensor]
    dev_inputs: Inputs
    dev_gold: Sequence[object]
    precision: Precision

    def loss(self, indices: Indices) -> Tensor:
        inputs, counts = inputs_of(self.train_inputs, indices)
        states = self.model.states(self.train_inputs.batch(inputs, self.model.encoder.device))
        return self.model.head.loss(states, counts, [self.targets[i] for i in indices])

    def dev_predictions(self) -> Decoded:
        heads: list[TaskHead] = [self.model.head]
        with autocast(self.model.encoder.device, self.precision):
            return predict(self.model.states, heads, self.dev_inputs, self.model.encoder.device)[0]

    def dev_scores(self) -> list[float]:
        return [main_score(self.objective, self.dev_gold, self.dev_predictions().labels)]  # type: ignore[arg-type]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return self.model.layer_groups()

    def train(self, mode: bool = True) -> nn.Module:
        return self.model.train(mode)


def fine_tune(
    encoder: TransformerEncoder,
    recipe: Recipe,
    objective: Objective,
    train: Sequence[Example],
    dev: Sequence[Example],
    *,
    seed: int,
    precision: Precision,
    progress: Callable[[int, int, float | None], None] = lambda step, total, best: None,
) -> Trained:
    """Train a copy of the encoder together with a fresh head; the encoder given stays as it is."""
    pair = pair_reading(recipe, objective.task)
    inputs = read_inputs(encoder, objective.task, pair, train)
    dev_inputs = read_inputs(encoder, objective.task, pair, dev)
    with seeded(seed):
        model = TunedModel(encoder, recipe, objective)
        run = _Run(model, objective, inputs, objective.encode(train), dev_inputs, gold_labels(dev), precision)
        lengths = np.asarray(example_lengths(inputs))
        done = fit(run, recipe, lengths, seed=seed, device=encoder.device, precision=precision, progress=progress)
        weights = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
        return Trained(weights, done, 0, run.dev_predictions(), None)
