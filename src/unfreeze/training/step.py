"""One optimiser step of a run: rates, gradients, clipping, update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from unfreeze.training.groups import set_rate
from unfreeze.training.schedules import Stage, factor
from unfreeze.training.settings import FitSettings
from unfreeze.training.update import Tools, advance, clip_divisor, clip_each, gradient_norm

Indices = npt.NDArray[np.int64]


class HasGradients(Protocol):
    """What a step asks of a model; see `loop.Trainable`."""

    def gradients(self, indices: Indices, step: int) -> Tensor:
        """Set the gradients of the mean loss over these training examples; gives that loss, (members,), detached.

        `step` counts from 0 over the whole run: randomness may depend on it.
        """
        ...


@dataclass(frozen=True)
class Steps:
    """The steps of a run.

    Attributes:
        tools: also those that gradients are computed with; numbers do not depend on its threads.
    """

    model: HasGradients
    settings: FitSettings
    optimiser: torch.optim.AdamW
    tools: Tools

    def take(self, indices: Indices, stage: Stage, step: int) -> Tensor:
        """The step number `step` of the run, in a stage; gives the loss (members,)."""
        schedule, clip = self.settings.schedule, self.settings.clip
        set_rate(self.optimiser, factor(schedule, step - stage.start, stage.steps, self.settings.warmup))
        loss, divisor = self.model.gradients(indices, step), None
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        if clip is not None and len(loss) == 1:
            divisor = clip_divisor(gradient_norm(parameters, self.tools), clip)
        elif clip is not None:
            clip_each(parameters, clip)
        advance(self.optimiser, self.tools, divisor)
        return loss
