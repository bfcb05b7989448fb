"""Feature extraction: the encoder stays frozen, a head learns from its stored layer states.

Read beside `tuned.py`: the two files are the question that unfreeze answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.data.batches import sorted_batches
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Batch, Encoder, LayerStates
from unfreeze.features.layout import Form
from unfreeze.heads.bcn import BCN
from unfreeze.heads.esim import ESIM
from unfreeze.heads.linear_members import LinearMembers
from unfreeze.heads.tagger import Tagger
from unfreeze.layers.lstm import BiLSTM
from unfreeze.layers.pooling import pool
from unfreeze.layers.side_by_side import one_thread_each
from unfreeze.methods.feature_extraction import in_members
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.inputs import pair_reading
from unfreeze.methods.prediction import in_order
from unfreeze.methods.split_features import SplitFeatures
from unfreeze.methods.task_heads import (
    BcnBody,
    MembersBody,
    Mix,
    PairBody,
    TagHead,
    TaskHead,
    TextHead,
    features_of_pairs,
)
from unfreeze.methods.trained import Trained, gold_labels, main_score
from unfreeze.methods.trainer import Given, Trainer
from unfreeze.methods.work import frozen_run
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.schemes import allowed_transitions
from unfreeze.training.gradients import set_gradients
from unfreeze.training.half_weights import HalfWeights
from unfreeze.training.loop import Fit, GoesOn, Progress, fit
from unfreeze.training.objectives import Decoded, Objective
from unfreeze.training.seeds import seeded
from unfreeze.training.settings import FitSettings, fit_settings
from unfreeze.training.step import Indices
from unfreeze.training.update import Tools

MEMBER_ORDER = 0  # seed of the order of examples for heads that train side by side


def form_for(recipe: FrozenRecipe, task: Task) -> Form:
    """What of the layer states a recipe's head reads."""
    if task.target.per_word:
        return "words"
    return recipe.pooling if recipe.head == "linear" else "tokens"


def as_form(states: LayerStates, form: Form) -> LayerStates:
    """Token states brought to the form that a head reads (a tagger picks the words out of tokens on its own)."""
    if form == "tokens" or form == "words":
        return states
    pooled = pool(states.states, states.lengths, form)
    none = torch.full((pooled.shape[1],), -1, device=pooled.device)
    return LayerStates(pooled, none, none, (1,) * pooled.shape[1])


def frozen_head(
    recipe: FrozenRecipe,
    objective: Objective,
    layers: int,
    width: int,
    seeds: Sequence[int] = (0,),
    l2: Sequence[float] = (0.0,),
) -> TextHead | TagHead:
    """The head of a recipe; the linear one has a member for every seed and penalty, seeds in the outer order."""
    outputs, task = objective.outputs, objective.task
    if task.target.per_word:
        hidden = recipe.hidden if recipe.head == "bilstm-crf" else None
        rules = allowed_transitions(objective.labels.names, objective.labels.scheme)
        tagger = Tagger(width, outputs, rules, hidden, dropout=recipe.dropout, use_crf="crf" in recipe.head)
        return TagHead(Mix(layers, recipe.layers), tagger, objective)
    if recipe.head == "linear":
        pair = features_of_pairs(task) if pair_reading(recipe, task) == "separate" else None
        penalties, member_seeds = list(l2) * len(seeds), [s for s in seeds for _ in l2]
        members = LinearMembers(layers, width, outputs, penalties, member_seeds, recipe.layers, pair)
        body = MembersBody(members, recipe.normalise)
        return TextHead(body, objective, members=len(penalties))
    mix = Mix(layers, recipe.layers)
    if recipe.head == "esim":
        return TextHead(PairBody(mix, ESIM(width, outputs, recipe.hidden, recipe.dropout), recipe.pair), objective)
    return TextHead(BcnBody(mix, BCN(width, outputs, recipe.hidden, recipe.dropout)), objective)


@dataclass
class _Run:
    """A head with its features, as the training loop wants it."""

    head: TaskHead
    objective: Objective
    train_split: SplitFeatures
    dev_split: SplitFeatures
    device: torch.device
    seed: int
    penalties: int = 1
    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        self.parameters = [p for group in self.layer_groups() for p in group]
        self.module: nn.Module = self.head  # type: ignore[assignment]
        self.tools = Tools(halves=HalfWeights(self.module, self.precision))

    def gradients(self, indices: Indices, step: int) -> Tensor:
        whole, draw = [(indices, 1.0)], (self.seed, step)
        return set_gradients(
            self.module, self.loss, whole, self.parameters, self.tools, draw, self.device, self.precision
        )

    def loss(self, indices: Indices) -> Tensor:
        states, counts = self.train_split.read(indices, self.device)
        return self.head.loss(states, counts, [self.train_split.targets[i] for i in indices])

    def dev_predictions(self) -> list[Decoded]:
        batches = list(sorted_batches(self.dev_split.lengths(), 4096))
        parts: list[list[Decoded]] = [[] for _ in range(self.head.members)]
        with torch.no_grad():
            for indices in batches:
                for part, decoded in zip(
                    parts, self.head.decode(*self.dev_split.read(indices, self.device)), strict=True
                ):
                    part.append(self.objective.for_choosing(decoded))
        return [in_order(part, batches) for part in parts]

    def dev_scores(self) -> list[float]:
        gold = gold_labels(self.dev_split.examples)
        return [main_score(self.objective, gold, decoded) for decoded in self.dev_predictions()]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return [list(self.head.parameters())]  # type: ignore[attr-defined]

    def train(self, mode: bool = True) -> object:
        return self.head.train(mode)  # type: ignore[attr-defined]


def train_frozen(
    recipe: FrozenRecipe,
    objective: Objective,
    train: SplitFeatures,
    dev: SplitFeatures,
    *,
    seeds: Sequence[int],
    device: torch.device,
    precision: Precision = "fp32",
    progress: Progress = lambda step, total, best: None,
    goes_on: GoesOn = lambda readings, planned: True,
) -> list[Trained]:
    """Train a head on frozen features, one result a seed; what a seed gives does not depend on the others.

    Linear heads of texts train side by side for all seeds and penalties, and a seed keeps the penalty that is best on
    dev. On a processor all computes in one thread of torch's, so that no result depends on their number.

    Args:
        precision: of the products while heads with an LSTM train on a processor; all else is in fp32, reading dev too.
    """
    start = _Start(recipe, objective, train, dev, device, precision, progress, goes_on)
    with one_thread_each(device):
        if in_members(recipe, objective.task):
            return _train_members(start, seeds)
        return [_train_one(start, seed) for seed in seeds]


@dataclass(frozen=True)
class _Start:
    """What `train_frozen` was given, but for the seeds."""

    recipe: FrozenRecipe
    objective: Objective
    train: SplitFeatures
    dev: SplitFeatures
    device: torch.device
    precision: Precision
    progress: Progress
    goes_on: GoesOn

    def head(self, seeds: Sequence[int] = (0,), l2: Sequence[float] = (0.0,)) -> TextHead | TagHead:
        """A fresh one, see `frozen_head`."""
        features = self.train.features
        made = frozen_head(self.recipe, self.objective, features.layers, features.width, seeds, l2)
        return made.to(self.device)

    def precision_of(self, head: nn.Module) -> Precision:
        """Of the products while it trains: without an LSTM there are too few for another one to matter."""
        has_lstm = any(isinstance(part, BiLSTM) for part in head.modules())
        return self.precision if has_lstm and self.device.type == "cpu" else "fp32"

    def run(self, head: TextHead | TagHead, seed: int, penalties: int = 1, precision: Precision = "fp32") -> _Run:
        """A head with its data."""
        return _Run(head, self.objective, self.train, self.dev, self.device, seed, penalties, precision)

    def fit(self, run: _Run, settings: FitSettings, seed: int) -> Fit:
        """Train a head with its data, see `training.loop.fit`."""
        lengths, tell = self.train.lengths(), self.progress
        return fit(run, settings, lengths, seed=seed, progress=tell, tools=run.tools, goes_on=self.goes_on)


def _train_members(start: _Start, seeds: Sequence[int]) -> list[Trained]:
    """Heads that train side by side as members of one, for all seeds and penalties."""
    recipe, train = start.recipe, start.train
    head = start.head(seeds, recipe.l2)
    _standardise(head, train, start.device)
    run = start.run(head, MEMBER_ORDER, len(recipe.l2))
    settings = replace(fit_settings(recipe), weight_decay=0.0)  # l2 is in its loss; mix and bias go free
    done = start.fit(run, settings, MEMBER_ORDER)
    return _best_members(run, replace(done, seconds=done.seconds / len(seeds)), recipe.l2)


def _train_one(start: _Start, seed: int) -> Trained:
    """A head alone."""
    with ExitStack() as drawing:
        drawing.enter_context(seeded(seed))
        head = start.head()
        if start.device.type == "cpu":  # what is drawn while it trains comes from generators of its own there
            drawing.close()
        run = start.run(head, seed, precision=start.precision_of(head))
        done = start.fit(run, fit_settings(start.recipe), seed)
        (predicted,) = run.dev_predictions()
    return _trained(run, done, 0, predicted, {})


def _best_members(run: _Run, done: Fit, l2: Sequence[float]) -> list[Trained]:
    """Of each seed the member whose penalty is best on dev."""
    predictions, gold = run.dev_predictions(), gold_labels(run.dev_split.examples)
    scores = [main_score(run.objective, gold, decoded) for decoded in predictions]
    results = []
    for first in range(0, len(scores), len(l2)):
        member = max(range(first, first + len(l2)), key=lambda m: scores[m])
        results.append(_trained(run, done, member, predictions[member], {"l2": l2[member - first]}))
    return results


def _trained(run: _Run, done: Fit, member: int, predicted: Decoded, chosen: Mapping[str, float]) -> Trained:
    module: nn.Module = run.head  # type: ignore[assignment]
    one, penalties = done.trained_parameters // run.head.members, run.penalties
    read = run.train_split.reading(), run.dev_split.reading()
    weights = _member_weights(module, member) if run.head.members > 1 else module.state_dict()
    kept = {name: tensor.detach().cpu() for name, tensor in weights.items()}

    def counted(epochs: int, readings: int) -> int:
        return frozen_run(one, penalties, epochs, readings, *read)

    return Trained(kept, done, member, predicted, run.head.mix_weights()[member], counted, chosen)


def _member_weights(head: nn.Module, member: int) -> dict[str, Tensor]:
    """State of a head with this member alone: parameters have the members in front, buffers are shared."""
    parameters = dict(head.named_parameters())
    return {
        name: tensor[member : member + 1] if name in parameters else tensor
        for name, tensor in head.state_dict().items()
    }


def _standardise(head: nn.Module, train: SplitFeatures, device: torch.device) -> None:
    """Give the linear head mean and spread of the training features, in one pass of bounded memory."""
    body = head.body
    assert isinstance(body, MembersBody)
    size = len(train.examples)
    body.standardise(train.read(np.arange(i, min(i + 1024, size)), device)[0] for i in range(0, size, 1024))


class FrozenTrainer(Trainer[FrozenRecipe]):
    """Trains heads over the states that a store has of the encoder."""

    shares_pass = True

    def reads(self, recipe: FrozenRecipe, task: Task, encoder: Encoder) -> tuple[Form, ...]:
        """See `Trainer.reads`."""
        return (form_for(recipe, task),)

    def seeds_together(self, recipe: FrozenRecipe, task: Task) -> bool:
        """See `Trainer.seeds_together`: linear heads of texts, as members of one."""
        return in_members(recipe, task)

    def train(self, recipe: FrozenRecipe, given: Given, seeds: Sequence[int]) -> list[Trained]:
        """See `Trainer.train`."""
        (splits,) = given.states.values()
        return train_frozen(
            recipe, given.objective, *splits, seeds=seeds, device=given.encoder.device, precision=given.precision,
            progress=given.progress, goes_on=given.goes_on,
        )  # fmt: skip

    def head(self, recipe: FrozenRecipe, objective: Objective, encoder: Encoder) -> TextHead | TagHead:
        """See `Trainer.head`."""
        return frozen_head(recipe, objective, encoder.layers, encoder.width)

    def encode(self, encoder: Encoder, recipe: FrozenRecipe, task: Task, batch: Batch) -> LayerStates:
        """See `Trainer.encode`."""
        return as_form(encoder.encode(batch), form_for(recipe, task))


FROZEN = FrozenTrainer()
