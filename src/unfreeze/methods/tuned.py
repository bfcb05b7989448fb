"""Fine-tuning: the encoder moves, the head is small.

Read beside `frozen.py`: the two files are the question that unfreeze answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from unfreeze.data.examples import Example
from unfreeze.encoders.freezing import thawed_copy
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, Ints, LayerStates
from unfreeze.encoders.threads import thread_pool
from unfreeze.encoders.used_rows import learn_used_rows, whole_tables
from unfreeze.features.extract import Features
from unfreeze.features.layout import Form
from unfreeze.heads.biattention import BiAttention
from unfreeze.heads.tagger import Tagger
from unfreeze.layers.dropout import dropout_from, swap_dropout
from unfreeze.methods.inputs import example_lengths, inputs_of, pair_reading, read_inputs
from unfreeze.methods.prediction import predict
from unfreeze.methods.probe_first import head_of_probe, probe_form, train_probe
from unfreeze.methods.task_heads import Mix, PairBody, PooledBody, TagHead, TaskHead, TextHead, features_of_pairs
from unfreeze.methods.trained import Trained, gold_labels, main_score
from unfreeze.methods.trainer import Given, Trainer, parts
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.methods.work import Read, tuned_run
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.schemes import allowed_transitions
from unfreeze.training.gradients import Share, set_gradients
from unfreeze.training.loop import Indices, fit
from unfreeze.training.objectives import Decoded, Objective, Targets
from unfreeze.training.seeds import seeded
from unfreeze.training.settings import fit_settings

HALVES = 2  # of a batch, side by side on a processor; a fixed number, so that a run does not depend on that of threads


def tuned_head(recipe: TunedRecipe, objective: Objective, width: int) -> TextHead | TagHead:
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


class TunedModel(nn.Module):
    """An encoder of its own and a head on its top layer."""

    def __init__(self, encoder: Encoder, recipe: TunedRecipe, objective: Objective) -> None:
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
    """A tuned model with its data, as the training loop wants it.

    Attributes:
        stored: states of the pretrained encoder for train and dev, which stand for layers that are frozen; or None.
        untouched: the highest layer whose pretrained weights the run starts from; fresh ones may lie above.
        splits: steps run in halves.
    """

    model: TunedModel
    objective: Objective
    train_inputs: Inputs
    targets: Targets
    dev_inputs: Inputs
    dev_gold: Sequence[object]
    precision: Precision
    seed: int
    pool: ThreadPoolExecutor
    stored: tuple[Features, Features] | None
    untouched: int
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
        batch = self.train_inputs.batch(inputs, self.model.encoder.device)
        states = self._states(self.stored and self.stored[0], inputs, batch)
        return self.model.head.loss(states, counts, [self.targets[i] for i in indices])

    def dev_predictions(self) -> Decoded:
        heads: list[TaskHead] = [self.model.head]
        read = partial(self._states, self.stored and self.stored[1])
        return predict(self.model.encoder, read, heads, self.dev_inputs, self.precision)[0]

    def _states(self, stored: Features | None, inputs: Ints, batch: Batch) -> LayerStates:
        """Top layer states; what lies below the lowest layer that learns comes from the store, if there is one."""
        frozen = None if stored is None else self._frozen_layer()
        if stored is None or frozen is None:
            return self.model.states(batch)
        states = stored.read(inputs, range(frozen, frozen + 1)).states[0].to(batch.ids.device)
        return self.model.encoder.encode_above(frozen, states, batch)

    def _frozen_layer(self) -> int | None:
        """The highest layer that the encoder can go on from with all that is pretrained and frozen below it."""
        groups = self.model.encoder.layer_groups()
        learning = (i for i, group in enumerate(groups) if any(p.requires_grad for p in group))
        highest = min(next(learning, len(groups)) - 1, self.untouched)
        return max((layer for layer in self.model.encoder.resumes() if layer <= highest), default=None)

    def dev_scores(self) -> list[float]:
        return [main_score(self.objective, self.dev_gold, self.dev_predictions().labels)]  # type: ignore[arg-type]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return self.model.layer_groups()

    def train(self, mode: bool = True) -> nn.Module:
        return self.model.train(mode)


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
    progress: Callable[[int, int, float | None], None] = lambda step, total, best: None,
) -> Trained:
    """Train a copy of the encoder together with a head; the encoder given stays as it is.

    Args:
        head: the weights that the head begins with; None: fresh ones.
        stored: states of every piece of train and dev, read as the recipe reads pairs: layers that are frozen are then
            not computed, and their own dropout is off.
    """
    pair = pair_reading(recipe, objective.task)
    inputs = read_inputs(encoder, objective.task, pair, train)
    dev_inputs = read_inputs(encoder, objective.task, pair, dev)
    workers = min(HALVES, torch.get_num_threads())
    with seeded(seed), thread_pool(workers, torch.get_num_threads() // workers) as pool:
        model = TunedModel(encoder, recipe, objective)
        if head is not None:
            model.head.load_state_dict(dict(head))
        learn_used_rows(model, model.encoder.piece_table(), inputs.ids, sparse=encoder.device.type == "cpu")
        targets, gold = objective.encode(train), gold_labels(dev)
        untouched = encoder.layers - 1 - recipe.reinit_top
        run = _Run(model, objective, inputs, targets, dev_inputs, gold, precision, seed, pool, stored, untouched)
        run.splits = encoder.device.type == "cpu" and run.draws_from_generator()
        done = fit(run, fit_settings(recipe), run.lengths, seed=seed, progress=progress)
        decoded = run.dev_predictions()
        whole_tables(model)
        weights = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
        work = tuned_run(
            encoder.piece_work(),
            sum(p.numel() for p in model.head.parameters()),
            recipe.gradual_unfreezing,
            recipe.unfreeze_top,
            done.examples // len(train),
            len(done.curve),
            _reading(inputs, recipe),
            _reading(dev_inputs, recipe),
            recipe.freezes_layers and bool(encoder.resumes()),
        )
        return Trained(weights, done, 0, decoded, None, work)


def _reading(inputs: Inputs, recipe: TunedRecipe) -> Read:
    """What a pass over these inputs takes: a tagger's head reads words, the head of two texts' states all pieces."""
    pieces, words = int(inputs.offsets[-1]), int((inputs.words >= 0).sum())
    return Read(pieces, words or (pieces if recipe.head == "biattention" else len(inputs.examples) - 1))


class TunedTrainer(Trainer[TunedRecipe]):
    """Trains a copy of the encoder for each run."""

    def reads(self, recipe: TunedRecipe, task: Task, encoder: Encoder) -> tuple[Form, ...]:
        """See `Trainer.reads`: a probe's, and those that stand for the layers that stay frozen for a while."""
        of_probe = (probe_form(recipe, task),) if recipe.head_first else ()
        return (*of_probe, "tokens") if recipe.freezes_layers and encoder.resumes() else of_probe

    def train(self, recipe: TunedRecipe, given: Given, seeds: Sequence[int]) -> list[Trained]:
        """See `Trainer.train`."""
        return [self._train(recipe, given, seed) for seed in seeds]

    def _train(self, recipe: TunedRecipe, given: Given, seed: int) -> Trained:
        below = tuple(split.features for split in given.states.get("tokens", ()))
        stored = (below[0], below[1]) if below and all(f.kind == "stored" for f in below) else None
        probe = train_probe(recipe, given, seed) if recipe.head_first else None
        head = None if probe is None else head_of_probe(probe.weights, recipe, given.objective.task)
        tuned = fine_tune(
            given.encoder, recipe, given.objective, given.train, given.dev, seed=seed, precision=given.precision,
            stored=stored, head=head, progress=given.progress,
        )  # fmt: skip
        if probe is None:
            return tuned
        both = replace(tuned.fit, seconds=probe.fit.seconds + tuned.fit.seconds)
        return replace(tuned, fit=both, work=probe.work + tuned.work, chosen=probe.chosen)

    def head(self, recipe: TunedRecipe, objective: Objective, encoder: Encoder) -> TextHead | TagHead:
        """See `Trainer.head`."""
        return tuned_head(recipe, objective, encoder.width)

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
