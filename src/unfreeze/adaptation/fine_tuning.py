"""Fine-tuning: the encoder moves, the head is small.

Read beside `feature_extraction.py`: the two files are the question that unfreeze answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.adaptation.inputs import example_lengths, inputs_of, pair_reading, read_inputs
from unfreeze.adaptation.prediction import predict
from unfreeze.adaptation.task_heads import Mix, PairBody, PooledBody, TagHead, TaskHead, TextHead, features_of_pairs
from unfreeze.adaptation.trained import Trained, gold_labels, main_score
from unfreeze.data.examples import Example
from unfreeze.data.schemes import allowed_transitions
from unfreeze.encoders.freezing import thawed_copy
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, LayerStates
from unfreeze.encoders.threads import thread_pool
from unfreeze.encoders.used_rows import learn_used_rows, whole_tables
from unfreeze.heads.biattention import BiAttention
from unfreeze.heads.tagger import Tagger
from unfreeze.layers.dropout import dropout_from, swap_dropout
from unfreeze.plan import Recipe
from unfreeze.training.gradients import Share, set_gradients
from unfreeze.training.loop import Indices, fit
from unfreeze.training.objectives import Decoded, Objective
from unfreeze.training.seeds import seeded

HALVES = 2  # of a batch, side by side on a processor; a fixed number, so that a run does not hang on that of threads


def tuned_head(recipe: Recipe, objective: Objective, width: int) -> TextHead | TagHead:
    """The small head on the top layer: linear (+ CRF for tagging, if the recipe says so)."""
    if objective.task.target == "tags":
        hidden = recipe.hidden if recipe.head == "bilstm-crf" else None
        rules = allowed_transitions(objective.labels.names, objective.labels.scheme)
        tagger = Tagger(width, objective.outputs, rules, hidden, dropout=recipe.dropout, use_crf="crf" in recipe.head)
        return TagHead(Mix(1, (0,)), tagger, objective)
    if recipe.head == "biattention":
        attention = BiAttention(width, objective.outputs, recipe.dropout)
        return TextHead(PairBody(Mix(1, (0,)), attention, recipe.pair), objective)
    pair = features_of_pairs(objective.task) if pair_reading(recipe, objective.task) == "separate" else None
    return TextHead(PooledBody(width, objective.outputs, recipe.pooling, recipe.dropout, pair), objective)


class TunedModel(nn.Module):
    """An encoder of its own and a head on its top layer."""

    def __init__(self, encoder: Encoder, recipe: Recipe, objective: Objective) -> None:
        super().__init__()
        self.encoder = thawed_copy(encoder)
        swap_dropout(self.encoder)
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
    seed: int
    pool: ThreadPoolExecutor
    splits: bool = False

    def __post_init__(self) -> None:
        self.lengths = example_lengths(self.train_inputs)
        self.parameters = [p for group in self.layer_groups() for p in group]

    def gradients(self, indices: Indices, step: int) -> Tensor:
        shares, device = self.shares(indices), self.model.encoder.device
        pool, draw = self.pool if self.splits else None, (self.seed, step)
        return set_gradients(self.model, self.loss, shares, self.parameters, pool, draw, device, self.precision)

    def shares(self, indices: Indices) -> list[Share]:
        """The batch in parts of about as many pieces: halves on a processor, and as many more as bound the memory."""
        ends = np.cumsum(self.lengths[indices])
        sides = HALVES if self.splits else 1
        count = sides * max(1, math.ceil(ends[-1] / sides / self.model.encoder.step_pieces))
        cuts = np.searchsorted(ends, ends[-1] / count * np.arange(1, count)) + 1
        units = np.array([len(self.targets[i]) if self.targets[i].ndim else 1 for i in indices])  # words, or examples
        parts = [part for part in np.split(np.arange(len(indices)), np.minimum(cuts, len(indices))) if len(part)]
        return [(indices[part], float(units[part].sum() / units.sum())) for part in parts]

    def draws_from_generator(self) -> bool:
        """Whether all randomness of a step comes from the generator that it is given; tried on one example."""
        before = torch.get_rng_state()
        with dropout_from(torch.Generator(self.model.encoder.device)), torch.no_grad():
            self.model.train()
            self.loss(np.arange(1))
        after = torch.get_rng_state()
        torch.set_rng_state(before)
        return torch.equal(before, after)

    def loss(self, indices: Indices) -> Tensor:
        inputs, counts = inputs_of(self.train_inputs, indices)
        states = self.model.states(self.train_inputs.batch(inputs, self.model.encoder.device))
        return self.model.head.loss(states, counts, [self.targets[i] for i in indices])

    def dev_predictions(self) -> Decoded:
        heads: list[TaskHead] = [self.model.head]
        return predict(self.model.encoder, self.model.states, heads, self.dev_inputs, self.precision)[0]

    def dev_scores(self) -> list[float]:
        return [main_score(self.objective, self.dev_gold, self.dev_predictions().labels)]  # type: ignore[arg-type]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return self.model.layer_groups()

    def train(self, mode: bool = True) -> nn.Module:
        return self.model.train(mode)


def fine_tune(
    encoder: Encoder,
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
    workers = min(HALVES, torch.get_num_threads())
    with seeded(seed), thread_pool(workers, torch.get_num_threads() // workers) as pool:
        model = TunedModel(encoder, recipe, objective)
        learn_used_rows(model, model.encoder.piece_table(), inputs.ids, sparse=encoder.device.type == "cpu")
        targets, gold = objective.encode(train), gold_labels(dev)
        run = _Run(model, objective, inputs, targets, dev_inputs, gold, precision, seed, pool)
        run.splits = encoder.device.type == "cpu" and run.draws_from_generator()
        done = fit(run, recipe, run.lengths, seed=seed, progress=progress)
        decoded = run.dev_predictions()
        whole_tables(model)
        weights = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
        return Trained(weights, done, 0, decoded, None)
