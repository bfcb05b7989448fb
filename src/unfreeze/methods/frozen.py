"""Feature extraction: the encoder stays frozen, a head learns from its stored layer states.

Read beside `fine_tuning.py`: the two files are the question that unfreeze answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.data.batches import sorted_batches
from unfreeze.data.examples import Example
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Encoder, Inputs, LayerStates
from unfreeze.features.extract import Features, extract
from unfreeze.features.layout import Form, Layout
from unfreeze.heads.bcn import BCN
from unfreeze.heads.esim import ESIM
from unfreeze.heads.linear_members import LinearMembers
from unfreeze.heads.tagger import Tagger
from unfreeze.layers.pooling import pool
from unfreeze.methods.inputs import inputs_of, pair_reading
from unfreeze.methods.prediction import in_order
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
from unfreeze.methods.work import Read, frozen_run
from unfreeze.plan import CacheDtype, Recipe
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.schemes import allowed_transitions
from unfreeze.training.gradients import set_gradients
from unfreeze.training.loop import Fit, Indices, Progress, fit
from unfreeze.training.objectives import Decoded, Objective, Targets
from unfreeze.training.seeds import seeded
from unfreeze.training.together import train_together

MEMBER_ORDER = 0  # seed of the order of examples for heads that train side by side


def form_for(recipe: Recipe, task: Task) -> Form:
    """What of the layer states a recipe's head reads."""
    if task.target == "tags":
        return "words"
    return recipe.pooling if recipe.head == "linear" else "tokens"


def in_members(recipe: Recipe, task: Task) -> bool:
    """Whether the head is one of many linear models, seeds and penalties, that train side by side."""
    return recipe.head == "linear" and task.target != "tags"


def as_form(states: LayerStates, form: Form) -> LayerStates:
    """Token states brought to the form that a head reads (a tagger picks the words out of tokens by itself)."""
    if form == "tokens" or form == "words":
        return states
    pooled = pool(states.states, states.lengths, form)
    none = torch.full((pooled.shape[1],), -1, device=pooled.device)
    return LayerStates(pooled, none, none, (1,) * pooled.shape[1])


@dataclass(frozen=True)
class SplitFeatures:
    """One split's frozen layer states with its targets."""

    features: Features
    inputs: Inputs
    targets: Targets
    examples: tuple[Example, ...]

    def read(
        self, indices: Indices, device: torch.device, layers: range | None = None
    ) -> tuple[LayerStates, tuple[int, ...]]:
        """States of these examples, of some layers or all, and how many inputs each has."""
        inputs, counts = inputs_of(self.inputs, indices)
        s = self.features.read(inputs, layers)
        moved = LayerStates(s.states.to(device), s.segment.to(device), s.words.to(device), s.lengths)
        return moved, counts

    def reading(self) -> Read:
        """What a pass over the split takes: rows are those that a head of these states reads."""
        pieces = int(self.inputs.offsets[-1])
        rows = {"tokens": pieces, "words": int((self.inputs.words >= 0).sum())}
        return Read(pieces, rows.get(self.features.form, len(self.examples)))

    def lengths(self) -> Indices:
        """(E,) rows of each example: what a head has to compute."""
        if self.features.form not in ("tokens", "words"):
            return np.ones(len(self.examples), dtype=np.int64)
        return np.diff(self.inputs.offsets[self.inputs.examples]).astype(np.int64)


def split_features(
    encoder: Encoder,
    inputs: Inputs,
    form: Form,
    objective: Objective,
    examples: Sequence[Example],
    *,
    cache: tuple[Path, int],
    precision: Precision,
    dtype: CacheDtype = "float16",
    where: Layout | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SplitFeatures:
    """Layer states of a split, from the store or into it.

    Args:
        encoder: frozen, see `encoders.freezing`.
        inputs: the examples as the encoder reads them.
        cache: folder and cap in bytes of the feature store.
        dtype, where: see `extract`.
    """
    folder, cap = cache
    features = extract(
        encoder, inputs, form, folder=folder, cap_bytes=cap, precision=precision, dtype=dtype, where=where,
        progress=progress,
    )  # fmt: skip
    return SplitFeatures(features, inputs, objective.encode(examples), tuple(examples))


def frozen_head(
    recipe: Recipe,
    objective: Objective,
    layers: int,
    width: int,
    seeds: Sequence[int] = (0,),
    l2: Sequence[float] = (0.0,),
) -> TextHead | TagHead:
    """The head of a recipe; the linear one has a member for every seed and penalty, seeds in the outer order."""
    outputs, task = objective.outputs, objective.task
    if task.target == "tags":
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

    def __post_init__(self) -> None:
        self.parameters = [p for group in self.layer_groups() for p in group]

    def gradients(self, indices: Indices, step: int) -> Tensor:
        whole = [(indices, 1.0)]
        head: nn.Module = self.head  # type: ignore[assignment]
        draw = self.seed, step
        return set_gradients(head, self.loss, whole, self.parameters, None, draw, self.device, "fp32")

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
                    part.append(decoded)
        return [in_order(part, batches) for part in parts]

    def dev_scores(self) -> list[float]:
        gold = gold_labels(self.dev_split.examples)
        return [main_score(self.objective, gold, decoded.labels) for decoded in self.dev_predictions()]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return [list(self.head.parameters())]  # type: ignore[attr-defined]

    def train(self, mode: bool = True) -> object:
        return self.head.train(mode)  # type: ignore[attr-defined]


def train_frozen(
    recipe: Recipe,
    objective: Objective,
    train: SplitFeatures,
    dev: SplitFeatures,
    *,
    seeds: Sequence[int],
    device: torch.device,
    progress: Progress = lambda step, total, best: None,
) -> list[Trained]:
    """Train a head on frozen features, one result a seed; what a seed gives does not hang on the others.

    Linear heads of texts train side by side for all seeds and penalties, and a seed keeps the penalty that is best on
    dev. Other heads train in a thread each, where there are several.
    """
    features = train.features
    if in_members(recipe, objective.task):
        head = frozen_head(recipe, objective, features.layers, features.width, seeds, recipe.l2).to(device)
        _standardise(head, train, device)
        run = _Run(head, objective, train, dev, device, MEMBER_ORDER, len(recipe.l2))
        settings = replace(recipe, weight_decay=0.0)  # l2 is in its loss; mix and bias go free
        done = fit(run, settings, train.lengths(), seed=MEMBER_ORDER, progress=progress)
        return _best_members(run, replace(done, seconds=done.seconds / len(seeds)), recipe.l2)
    runs = []
    for seed in seeds:
        with seeded(seed):
            head = frozen_head(recipe, objective, features.layers, features.width).to(device)
        runs.append(_Run(head, objective, train, dev, device, seed))

    dev_of: dict[int, Decoded] = {}

    def train_one(number: int, told: Progress) -> Fit:
        # On a processor all that is drawn while training comes from generators of its own.
        with seeded(seeds[number]) if device.type != "cpu" else nullcontext():
            done = fit(runs[number], recipe, train.lengths(), seed=seeds[number], progress=told)
            (dev_of[number],) = runs[number].dev_predictions()
        return done

    fits = train_together(train_one, len(seeds), device, progress)
    return [_trained(run, done, 0, dev_of[k], {}) for k, (run, done) in enumerate(zip(runs, fits, strict=True))]


def _best_members(run: _Run, done: Fit, l2: Sequence[float]) -> list[Trained]:
    """Of each seed the member whose penalty is best on dev."""
    predictions, gold = run.dev_predictions(), gold_labels(run.dev_split.examples)
    scores = [main_score(run.objective, gold, decoded.labels) for decoded in predictions]
    results = []
    for first in range(0, len(scores), len(l2)):
        member = max(range(first, first + len(l2)), key=lambda m: scores[m])
        results.append(_trained(run, done, member, predictions[member], {"l2": l2[member - first]}))
    return results


def _trained(run: _Run, done: Fit, member: int, predicted: Decoded, chosen: Mapping[str, float]) -> Trained:
    module: nn.Module = run.head  # type: ignore[assignment]
    work = frozen_run(
        done.trained_parameters // run.head.members,
        run.penalties,
        done.examples // len(run.train_split.examples),
        len(done.curve),
        run.train_split.reading(),
        run.dev_split.reading(),
    )
    weights = _member_weights(module, member) if run.head.members > 1 else module.state_dict()
    kept = {name: tensor.detach().cpu() for name, tensor in weights.items()}
    return Trained(kept, done, member, predicted, run.head.mix_weights()[member], work, chosen)


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
