"""What a number of a recipe may be. No torch here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from unfreeze.language.message import say
from unfreeze.recipe import Recipe


@dataclass(frozen=True)
class Bounds:
    """Settings by what they may be; None is always allowed and means off.

    Attributes:
        least: to the smallest number allowed.
        between: to the smallest and the largest.
        positive: must be above 0.
    """

    least: Mapping[str, int] = field(default_factory=dict)
    between: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    positive: tuple[str, ...] = ()

    def problem(self, recipe: Recipe) -> str | None:
        """The first setting that is out of its bounds, and what is allowed; None where all are within them."""
        for name in dict.fromkeys((*self.least, *self.between, *self.positive)):
            value = getattr(recipe, name)
            if value is None:
                continue
            if not math.isfinite(value) or value < self.least.get(name, -math.inf):
                return say(
                    "{name} is {value}; it must be a number of at least {name2}",
                    name=name,
                    value=value,
                    name2=self.least.get(name, 0),
                )
            if name in self.positive and value <= 0:
                return say("{name} is {value}; it must be above 0", name=name, value=value)
            low, high = self.between.get(name, (-math.inf, math.inf))
            if not low <= value <= high:
                return say(
                    "{name} is {value}; it must be from {low} to {high}", name=name, value=value, low=low, high=high
                )
        return None
