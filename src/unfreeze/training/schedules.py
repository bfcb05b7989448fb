"""Learning-rate factors as pure functions of the step, and which layer groups train when."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from unfreeze.recipe import Schedule
from unfreeze.training.settings import FitSettings


def linear(step: int, total: int, warmup: float) -> float:
    """Rise over the first `warmup` share of `total` steps, then fall towards 0 (Devlin et al. 2019). In (0, 1]."""
    rise = floor(warmup * total)
    return (step + 1) / (rise + 1) if step < rise else (total - step) / (total - rise)


def slanted_triangular(step: int, total: int, cut_frac: float = 0.1, ratio: float = 32) -> float:
    """Slanted triangular rate (Howard & Ruder 2018, eq. 3) as a factor of the peak: from 1/ratio to 1 and back."""
    cut = floor(total * cut_frac)
    if step < cut:
        p = step / cut
    elif cut == 0:
        p = 1 - step / total
    else:
        p = 1 - (step - cut) / (cut * (1 / cut_frac - 1))
    return (1 + max(p, 0.0) * (ratio - 1)) / ratio


def factor(schedule: Schedule, step: int, total: int, warmup: float) -> float:
    """Share of the peak rate at `step` (from 0) of `total`."""
    if schedule == "linear":
        return linear(step, total, warmup)
    return slanted_triangular(step, total, warmup) if schedule == "slanted-triangular" else 1.0


@dataclass(frozen=True)
class Stage:
    """A stretch of steps with one schedule over it, while the top `unfrozen` layer groups train."""

    start: int
    steps: int
    unfrozen: int


def stages(settings: FitSettings, groups: int, epochs: int, steps_per_epoch: int) -> list[Stage]:
    """The stages of a run.

    Without gradual unfreezing there is one. With it, epoch e trains the top e groups with a whole triangle of its own,
    until every group that may train does, and one triangle spans the last stage (Howard & Ruder 2018;
    Peters et al. 2019).

    Args:
        groups: layer groups, the head among them.
        epochs: of the last stage.
    """
    learning = groups if settings.unfreeze_top is None else min(groups, settings.unfreeze_top + 1)
    early = learning - 1 if settings.gradual_unfreezing else 0
    partial = [Stage(e * steps_per_epoch, steps_per_epoch, e + 1) for e in range(early)]
    return [*partial, Stage(early * steps_per_epoch, epochs * steps_per_epoch, learning)]
