"""The variance of an estimate in two parts, between test items and between training runs, and how far it can be off.

The items' part is known from hundreds of items, the seeds' part from a handful of runs. So an interval reaches
q * sqrt(items + seeds) to each side, where q weighs the normal quantile and that of Student's t by the two parts
(Cochran & Cox 1957, Experimental Designs, section 4.14). `docs/statistics.md` has how often it holds the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

Floats = npt.NDArray[np.float64]

ERROR = 0.05  # of a 95 % interval
LEAST_P = 1e-9
_HALVINGS = 60  # of the logarithm of p: more precise than a float can show


@dataclass(frozen=True)
class Spread:
    """The variance of an estimate, as squared fractions.

    Attributes:
        items: the part that falls with the number of test items.
        seeds: the part that falls with the number of seeds; 0 where it was not seen.
        freedom: degrees of freedom of the seeds' part; infinite where it was not seen.
        luck: what of `items` is the luck of single items in single runs, and so falls with the seeds too.
        seeds_seen: whether each arm has several seeds; else the seeds' part is not whole.
    """

    items: float
    seeds: float
    freedom: float
    luck: float = 0.0
    seeds_seen: bool = True

    def margin(self, error: float = ERROR) -> float:
        """How far an interval that misses with chance `error` reaches to each side."""
        return float(margins(self.items, self.seeds, self.freedom, error))

    def p(self, value: float) -> float:
        """Two-sided p that the estimate `value` is of 0: the error of the interval that just reaches 0."""
        if math.isnan(value) or math.isnan(self.items):
            return math.nan
        if abs(value) <= self.margin(1.0):
            return 1.0
        low, high = math.log(LEAST_P), 0.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self.margin(math.exp(middle)) < abs(value) else (middle, high)
        return math.exp(high)


def margins(items: Floats | float, seeds: Floats | float, freedom: Floats | float, error: float) -> Floats:
    """(...) half-widths of intervals from the two parts (...) of variances and the degrees of freedom (...)."""
    normal = -ndtri(error / 2)
    whole = np.asarray(items) + seeds
    student = np.where(np.isinf(freedom), normal, -stdtrit(np.where(np.isinf(freedom), 1.0, freedom), error / 2))
    weighted = normal * np.asarray(items) + student * seeds
    reach: Floats = np.divide(weighted, np.sqrt(whole), out=np.zeros(np.shape(weighted)), where=whole > 0)
    return np.where(np.isnan(whole), np.nan, reach)
