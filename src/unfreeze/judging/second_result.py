"""What is measured beside the main metric, as a result has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unfreeze.judging.gaps import PairGap, between


@dataclass(frozen=True)
class Estimate:
    """Mean and standard deviation over seeds, with the mean's 95 % interval over items and seeds."""

    mean: float
    std: float
    ci95: tuple[float, float]


@dataclass(frozen=True)
class SecondMeasure:
    """A measure beside the main metric of which lower is better.

    Attributes:
        name: `log_loss`, `brier` or `rmse`.
        arms: arm to what it reached.
        differences: all pairs of arms, as of the main metric; below 0 where the first arm is better.
    """

    name: str
    arms: Mapping[str, Estimate]
    differences: tuple[PairGap, ...]

    def between(self, first: str, second: str) -> PairGap:
        """Arm `first` minus arm `second`. Raises `KeyError` where there is no such pair."""
        return between(self.differences, first, second)


@dataclass(frozen=True)
class Bin:
    """Answers that were given with about the same probability.

    Attributes:
        likely: their mean probability.
        true: the share of them that came true.
        answers: how many, of all final runs together.
    """

    likely: float
    true: float
    answers: int


@dataclass(frozen=True)
class Calibration:
    """How far probabilities are from the shares that came true, means over final runs; see `judging.calibration`.

    Attributes:
        error: the expected calibration error.
        debiased: root mean square without what luck adds.
        bins: by rising probability.
    """

    error: float
    debiased: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class SecondResult:
    """What is measured beside the main metric.

    Attributes:
        measures: the second measure first.
        calibration: arm to how well its probabilities are calibrated; empty where they were not kept one by one.
    """

    measures: tuple[SecondMeasure, ...]
    calibration: Mapping[str, Calibration]
