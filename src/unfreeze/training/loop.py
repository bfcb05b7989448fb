"""The one training loop: frozen heads and fine-tuned encoders alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from unfreeze.data.batches import shuffled_batches
from unfreeze.training.groups import optimiser_for, unfreeze_top
from unfreeze.training.schedules import stages
from unfreeze.training.settings import FitSettings
from unfreeze.training.step import HasGradients, Steps
from unfreeze.training.update import Tools

Progress = Callable[[int, int, float | None], None]
"""Called with (step, steps planned, best dev score so far) after every step."""
GoesOn = Callable[["Sequence[Epoch]", int], bool]
"""Called with the readings of dev so far and the steps planned after every reading but the last: whether to go on."""


class Trainable(HasGradients, Protocol):
    """A model with one or several independent members trained side by side (a leading dimension of every weight)."""

    def dev_scores(self) -> Sequence[float]:
        """Main metric on dev, one per member, higher is better; called in eval mode."""
        ...

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Trainable parameters bottom to top, the head last."""
        ...

    def train(self, mode: bool = True) -> Any:
        """Switch dropout on or off."""
        ...


@dataclass(frozen=True)
class Epoch:
    """State after an epoch: `loss` and `dev` are (members,); `rate` is the head's learning rate at its last step."""

    epoch: int
    step: int
    loss: tuple[float, ...]
    dev: tuple[float, ...]
    seconds: float
    rate: float


@dataclass(frozen=True)
class Fit:
    """What training did; the model is left with the weights of each member's best epoch.

    Attributes:
        best_epoch: (members,) from 1; 0 is the state before training, for a member that diverged at once.
        diverged: (members,) whether the loss or dev score became infinite or NaN; the best state before is kept.
        planned: steps of the whole schedule.
        stopped: it was ended from outside, by `GoesOn`.
    """

    curve: tuple[Epoch, ...]
    best_epoch: tuple[int, ...]
    diverged: tuple[bool, ...]
    seconds: float
    examples: int
    trained_parameters: int
    planned: int
    stopped: bool = False


def planned_epochs(settings: FitSettings, steps_per_epoch: int) -> int:
    """Epochs with all layer groups: those set, or as many as `min_steps` takes, whichever is more."""
    return max(settings.epochs, math.ceil(settings.min_steps / steps_per_epoch))


LEARNED, OF_THAT = 0.003, 2
"""A member has learned what it can once its loss is below this share of the first one at two readings in a row."""
PERFECT = 1.0
"""No dev score is better than that of all metrics that choose: a member that has it cannot get better."""


def scored_every(settings: FitSettings, epochs: int) -> int:
    """Epochs between two readings of dev: 1, or more where a small training set is passed over very often."""
    return math.ceil(epochs / max(settings.epochs, 10))


def early_readings(every: int) -> frozenset[int]:
    """Epochs before the first regular reading of dev after which it is read as well: 1, 2, 4, 8, ...

    An easy task is learned in a few steps, and a run with the best possible score ends there.

    Args:
        every: epochs between two regular readings.
    """
    return frozenset(2**k for k in range(every.bit_length()) if 2**k < every)


class Best:
    """The best weights so far of every member; one that has stopped keeps what it has, whatever others do."""

    def __init__(self, parameters: list[nn.Parameter], patience: int | None) -> None:
        self.parameters, self.patience = parameters, patience
        self.kept = [p.detach().clone() for p in parameters]
        self.score: list[float] = []
        self.epoch: list[int] = []
        self.worse: list[int] = []  # readings of dev since the best
        self.first_loss: list[float] = []
        self.learned: list[int] = []  # readings in a row with next to no loss
        self.diverged: list[bool] = []

    @property
    def top(self) -> float | None:
        """The best score of any member, None before the first."""
        return max((s for s in self.score if s > -math.inf), default=None)

    def offer(self, epoch: Epoch, counts: bool = True) -> bool:
        """Keep the members whose dev score is better than ever; false once none can get better any more.

        Args:
            counts: for patience, as the readings at even distances do.
        """
        count = len(epoch.dev)
        if not self.score:
            self.score, self.epoch, self.worse = [-math.inf] * count, [0] * count, [0] * count
            self.diverged, self.first_loss, self.learned = [False] * count, list(epoch.loss), [0] * count
        better = []
        for m in self._going():
            self.diverged[m] = not (math.isfinite(epoch.loss[m]) and math.isfinite(epoch.dev[m]))
            if not self.diverged[m] and epoch.dev[m] > self.score[m]:
                self.score[m], self.epoch[m], self.worse[m] = epoch.dev[m], epoch.epoch, 0
                better.append(m)
            elif counts and self.score[m] > 0:  # at 0 a tagger has found no span yet, which may take some hundred steps
                self.worse[m] += 1
            self.learned[m] = self.learned[m] + 1 if epoch.loss[m] <= LEARNED * self.first_loss[m] else 0
        for kept, now in zip(self.kept, self.parameters, strict=True):
            if count == 1 and better:
                kept.copy_(now.detach())
            elif better:
                kept[better] = now.detach()[better]
        return bool(self._going())

    def _going(self) -> list[int]:
        """Members that have not diverged, have not lost patience, and can still get better.

        With a negligible training loss there is hardly a gradient, and predictions on dev stay the same
        (benchmarks/stopping.py).
        """
        patience = math.inf if self.patience is None else self.patience
        return [
            m
            for m, score in enumerate(self.score)
            if not self.diverged[m] and self.worse[m] < patience and self.learned[m] < OF_THAT and score < PERFECT
        ]

    def restore(self) -> None:
        """Put the best weights back."""
        with torch.no_grad():
            for kept, parameter in zip(self.kept, self.parameters, strict=True):
                parameter.copy_(kept)


def fit(
    model: Trainable,
    settings: FitSettings,
    lengths: npt.ArrayLike,
    *,
    seed: int,
    progress: Progress = lambda step, total, best: None,
    goes_on: GoesOn = lambda readings, planned: True,
    tools: Tools | None = None,
) -> Fit:
    """Train with early choice of the best epoch on dev.

    Args:
        lengths: (examples,) size of each training example, for length buckets.
        seed: order of the examples; weights were drawn by the caller.
        tools: see `Steps`.
    """
    count = len(np.asarray(lengths))
    steps_per_epoch = math.ceil(count / settings.batch_size)
    whole = planned_epochs(settings, steps_per_epoch)
    groups = model.layer_groups()
    optimiser = optimiser_for(groups, settings)
    steps = Steps(model, settings, optimiser, tools or Tools())
    parameters = [p for group in groups for p in group]
    plan = stages(settings, len(groups), whole, steps_per_epoch)
    planned = plan[-1].start + plan[-1].steps
    epochs, stopped = planned // steps_per_epoch, False
    best, curve, began = Best(parameters, settings.patience), [], time.perf_counter()
    step, trained, losses = 0, 0, []
    every = scored_every(settings, whole)
    early = early_readings(every)
    for epoch in range(1, epochs + 1):
        stage = max((s for s in plan if s.start <= step), key=lambda s: s.start)
        unfreeze_top(groups, stage.unfrozen)
        trained = max(trained, sum(p.numel() for p in parameters if p.requires_grad))
        model.train()
        for indices in shuffled_batches(lengths, settings.batch_size, seed, epoch):
            losses.append(steps.take(indices, stage, step))
            step += 1
            progress(step, planned, best.top)
        if epoch % every and epoch != epochs and epoch not in early:
            continue
        model.train(False)
        dev = tuple(model.dev_scores())
        loss = tuple(torch.stack(losses).mean(0).tolist())
        rate = optimiser.param_groups[0]["lr"]
        curve.append(Epoch(epoch, step, loss, dev, time.perf_counter() - began, rate))
        losses = []
        if not best.offer(curve[-1], counts=epoch not in early):
            break
        stopped = step < planned and not goes_on(curve, planned)
        if stopped:
            break
    best.restore()
    unfreeze_top(groups, len(groups))
    seconds = time.perf_counter() - began
    ends = tuple(best.epoch), tuple(best.diverged)
    return Fit(tuple(curve), *ends, seconds, epoch * count, trained, planned, stopped)
