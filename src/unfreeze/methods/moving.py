"""Runs whose encoder computes in every step: what fine-tuning and adapters share.

A model with an encoder of its own and a head on its top layer, its data, and the training loop over both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, Ints, LayerStates
from unfreeze.features.extract import Features
from unfreeze.heads.biattention import BiAttention
from unfreeze.heads.tagger import Tagger
from unfreeze.layers.dropout import dropout_from
from unfreeze.layers.side_by_side import one_thread_each
from unfreeze.methods.inputs import example_lengths, inputs_of, pair_reading
from unfreeze.methods.prediction import predict
from unfreeze.methods.task_heads import Mix, PairBody, PooledBody, TagHead, TaskHead, TextHead, features_of_pairs
from unfreeze.methods.trained import gold_labels, main_score
from unfreeze.methods.trainer import Given
from unfreeze.methods.work import Read
from unfreeze.recipe import Recipe
from unfreeze.tasks.schemes import allowed_transitions
from unfreeze.training.gradients import Share, set_gradients
from unfreeze.training.half_weights import HalfWeights
from unfreeze.training.loop import Fit, fit
from unfreeze.training.objectives import Decoded, Objective, Targets
from unfreeze.training.seeds import draws, seeded
from unfreeze.training.settings import fit_settings
from unfreeze.training.step import Indices
from unfreeze.training.update import Tools

HALVES = 2  # of a batch, side by side on a processor; a fixed number, so that a run does not depend on that of threads


def top_head(recipe: Recipe, objective: Objective, width: int) -> TextHead | TagHead:
    """The small head on the top layer: linear (+ CRF for tagging, if the recipe says so)."""
    if objective.task.target.per_word:
        hidden = recipe.hidden if recipe.head == "bilstm-crf" else None
        rules = allowed_transitions(objective.labels.names, objective.labels.scheme)
        tagger = Tagger(width, objective.outputs, rules, hidden, dropout=recipe.dropout, use_crf="crf" in recipe.head)
        return TagHead(Mix(1, (0,)), tagger, objective)
    if recipe.head == "biattention":
        attention = BiAttention(width, objective.outputs, recipe.dropout)
        return TextHead(PairBody(Mix(1, (0,)), attention, recipe.pair), objective)
    pair = features_of_pairs(objective.task) if pair_reading(recipe, objective.task) == "separate" else None
    pooled = PooledBody(width, objective.outputs, recipe.pooling, recipe.dropout, pair, recipe.normalise)
    return TextHead(pooled, objective)


class MovingModel(Protocol):
    """An `nn.Module` whose parameters are those of an encoder of its own and of a head."""

    @property
    def encoder(self) -> Encoder:
        """Its own."""
        ...

    @property
    def head(self) -> TextHead | TagHead:
        """On the states of the top layer."""
        ...

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Parameters that learn: the encoder's by layer group, bottom to top, then the head's."""
        ...


M = TypeVar("M", bound=MovingModel)


@dataclass
class _Run:
    """A model with its data, as the training loop wants it.

    Attributes:
        stored: states of the pretrained encoder for train and dev, which stand for layers that are frozen; or None.
        untouched: the highest layer whose pretrained weights the run starts from; fresh ones may lie above.
        splits: steps run in halves.
    """

    model: Any  # a `MovingModel`, which is an `nn.Module`
    objective: Objective
    train_inputs: Inputs
    targets: Targets
    dev_inputs: Inputs
    dev_gold: Sequence[object]
    precision: Precision
    seed: int
    tools: Tools
    stored: tuple[Features, Features] | None
    untouched: int
    splits: bool = False

    def __post_init__(self) -> None:
        self.lengths = example_lengths(self.train_inputs)
        self.parameters = [p for group in self.layer_groups() for p in group]

    def gradients(self, indices: Indices, step: int) -> Tensor:
        shares, device = self.shares(indices), self.model.encoder.device
        tools = self.tools if self.splits else replace(self.tools, pool=None)
        draw = self.seed, step
        return set_gradients(self.model, self.loss, shares, self.parameters, tools, draw, device, self.precision)

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
        self.model.train()
        with dropout_from(torch.Generator(self.model.encoder.device)), torch.no_grad():
            return not draws(lambda: self.loss(np.arange(1)))

    def loss(self, indices: Indices) -> Tensor:
        inputs, counts = inputs_of(self.train_inputs, indices)
        batch = self.train_inputs.batch(inputs, self.model.encoder.device)
        states = self._states(self.stored and self.stored[0], inputs, batch)
        head: TextHead | TagHead = self.model.head
        return head.loss(states, counts, [self.targets[i] for i in indices])

    def dev_predictions(self) -> Decoded:
        heads: list[TaskHead] = [self.model.head]
        read = partial(self._states, self.stored and self.stored[1])
        (decoded,) = predict(self.model.encoder, read, heads, self.dev_inputs, self.precision)
        return self.objective.for_choosing(decoded)

    def _states(self, stored: Features | None, inputs: Ints, batch: Batch) -> LayerStates:
        """Top layer states; what lies below the lowest layer that learns comes from the store, if there is one."""
        encoder: Encoder = self.model.encoder
        frozen = None if stored is None else self._frozen_layer()
        if stored is None or frozen is None:
            return encoder.encode(batch, all_layers=False)
        states = stored.read(inputs, range(frozen, frozen + 1)).states[0].to(batch.ids.device)
        return encoder.encode_above(frozen, states, batch)

    def _frozen_layer(self) -> int | None:
        """The highest layer from which the encoder can continue with everything below it pretrained and frozen."""
        groups = self.model.encoder.layer_groups()
        learning = (i for i, group in enumerate(groups) if any(p.requires_grad for p in group))
        highest = min(next(learning, len(groups)) - 1, self.untouched)
        return max((layer for layer in self.model.encoder.resumes() if layer <= highest), default=None)

    def dev_scores(self) -> list[float]:
        return [main_score(self.objective, self.dev_gold, self.dev_predictions())]  # type: ignore[arg-type]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        groups: list[list[nn.Parameter]] = self.model.layer_groups()
        return groups

    def train(self, mode: bool = True) -> None:
        self.model.train(mode)


@dataclass(frozen=True)
class Moved:
    """What training did to a model.

    Attributes:
        dev: predictions on dev at the kept epoch.
        train, on_dev: what a pass over train and over dev takes.
    """

    fit: Fit
    dev: Decoded
    train: Read
    on_dev: Read


def train_moving(
    make: Callable[[Inputs], M],
    recipe: Recipe,
    given: Given,
    seed: int,
    stored: tuple[Features, Features] | None,
    untouched: int,
) -> tuple[M, Moved]:
    """Make a model and train it.

    Its weights are drawn from the random state that all threads share. What draws from it in its steps, too, keeps
    others from drawing until the end.

    Args:
        make: called with the training inputs, seeded.
        stored: states of every piece of train and dev, read as the recipe reads pairs: layers that are frozen are then
            not computed, and their own dropout is off.
        untouched: the highest layer whose pretrained weights the run starts from.
    """
    encoder, objective = given.encoder, given.objective
    inputs, dev_inputs = given.inputs(recipe)
    with one_thread_each(encoder.device) as threads, ExitStack() as drawing:
        drawing.enter_context(seeded(seed))
        model = make(inputs)
        whole: Any = model  # an `nn.Module`
        data = inputs, objective.encode(given.train), dev_inputs, gold_labels(given.dev)
        tools = Tools(threads, HalfWeights(whole, given.precision))
        run = _Run(model, objective, *data, given.precision, seed, tools, stored, untouched)
        run.splits = encoder.device.type == "cpu" and run.draws_from_generator()
        if run.splits:
            drawing.close()
        done = fit(
            run, fit_settings(recipe), run.lengths, seed=seed, progress=given.progress, goes_on=given.goes_on,
            tools=tools,
        )  # fmt: skip
        readings = _reading(inputs, recipe), _reading(dev_inputs, recipe)
        return model, Moved(done, run.dev_predictions(), *readings)


def step_bytes(encoder: Encoder, pieces: int) -> int:
    """About what a step keeps of its pieces until it goes back, by Korthikanti et al. 2022, equation 2, in fp32."""
    return 64 * pieces * encoder.layers * encoder.width


def stored_below(given: Given) -> tuple[Features, Features] | None:
    """States of every piece of train and dev, where they were asked for and are on disk."""
    below = tuple(split.features for split in given.states.get("tokens", ()))
    return (below[0], below[1]) if below and all(f.kind == "stored" for f in below) else None


def _reading(inputs: Inputs, recipe: Recipe) -> Read:
    """What a pass over these inputs takes: a tagger's head reads words, the head of two texts' states all pieces."""
    pieces, words = int(inputs.offsets[-1]), int((inputs.words >= 0).sum())
    return Read(pieces, words or (pieces if recipe.head == "biattention" else len(inputs.examples) - 1))
