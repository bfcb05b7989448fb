"""Whether what is said with a probability of 80 % comes true in 80 % of cases. No torch here.

Probabilities are cut into bins of about equally many; equal ones stay together. The expected calibration error is the
mean distance, weighted by answers, between the mean probability of a bin and the share that came true (Naeini, Cooper
& Hauskrecht 2015, AAAI; equal-mass bins as Nguyen & O'Connor 2015, EMNLP). It is above 0 by luck alone, the more so the
fewer answers there are. The debiased error is the root of the mean squared distance less what luck adds to it (Kumar,
Liang & Ma 2019, NeurIPS, section 4); 0 where luck explains all. A bootstrap would add that luck a second time, so
neither has an interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from unfreeze.judging.read import Arm
from unfreeze.judging.second_result import Bin, Calibration
from unfreeze.judging.spread import Floats

BINS = 15
Bools = npt.NDArray[np.bool_]


def calibration(said: Sequence[Floats], true: Sequence[Bools]) -> Calibration:
    """Errors as means over runs, and the bins of all runs together.

    Args:
        said: (answers,) of each run, the probabilities that were given.
        true: (answers,) of each run, whether what was given that probability is so.
    """
    errors = np.mean([_errors(_bins(*run)) for run in zip(said, true, strict=True)], axis=0)
    bins = _bins(np.concatenate(list(said)), np.concatenate(list(true)))
    return Calibration(float(errors[0]), float(errors[1]), tuple(bins))


def _bins(said: Floats, true: Bools) -> list[Bin]:
    """At most `BINS`, by rising probability."""
    ordered = np.sort(said)
    places = np.arange(1, BINS) * len(said) // BINS
    which = np.searchsorted(np.unique(ordered[places]), said, side="right")
    sizes = np.bincount(which)
    likely, share = np.bincount(which, said), np.bincount(which, true)
    return [Bin(float(likely[i] / n), float(share[i] / n), int(n)) for i, n in enumerate(sizes) if n]


def _errors(bins: Sequence[Bin]) -> tuple[float, float]:
    """The expected calibration error, and the debiased root mean square."""
    likely, true, sizes = (
        np.array([getattr(one, name) for one in bins], float) for name in ("likely", "true", "answers")
    )
    shares, distance = sizes / sizes.sum(), np.abs(likely - true)
    luck = true * (1 - true) / np.maximum(sizes - 1, 1)
    return float(shares @ distance), float(np.sqrt(max(0.0, shares @ (distance**2 - luck))))


def calibration_of(arm: Arm) -> Calibration | None:
    """That of an arm's final runs; None where the probabilities were not kept one by one."""
    setting, gold = arm.comparison.setting, [item.label for item in arm.comparison.items]
    said, true = [], []
    for run in arm.finals:
        test = arm.comparison.tests[run.id]
        right = setting.task.target.came_true(gold, test.predictions, setting.labels.names)
        likely = None if test.forecasts is None else test.forecasts.likely
        given = np.array(test.confidence) if right is not None and right.ndim == 1 else likely
        if right is None or given is None or given.shape != right.shape:
            return None
        said.append(given.astype(float).ravel())
        true.append(right.ravel())
    return calibration(said, true)
