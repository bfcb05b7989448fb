"""What the training loop needs to know of a recipe, whatever its method."""

from __future__ import annotations

from dataclasses import dataclass, fields

from unfreeze.recipe import Recipe, Schedule


@dataclass(frozen=True)
class FitSettings:
    """How to train; see `unfreeze.recipe.Recipe` for what the recipes of all methods have.

    Attributes:
        layer_decay: learning rate factor from one layer group to the one below; 1 is off.
        head_rate: the head's learning rate as a multiple of `learning_rate`.
        gradual_unfreezing: before the epochs, one for the head alone and one more for each layer group from the top.
        unfreeze_top: at most this many layer groups below the head learn, from the top; None: all of them.
    """

    learning_rate: float = 1e-3
    schedule: Schedule = "linear"
    warmup: float = 0.1
    epochs: int = 3
    min_steps: int = 0
    patience: int | None = None
    batch_size: int = 32
    weight_decay: float = 0.01
    clip: float | None = 1.0
    layer_decay: float = 1.0
    head_rate: float = 1.0
    gradual_unfreezing: bool = False
    unfreeze_top: int | None = None


def fit_settings(recipe: Recipe) -> FitSettings:
    """Those of a recipe: its fields of the same names, the defaults for what its method does not have."""
    return FitSettings(**{f.name: getattr(recipe, f.name) for f in fields(FitSettings) if hasattr(recipe, f.name)})
