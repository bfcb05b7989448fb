"""Which of several encoders need no training, by what a linear probe of each, frozen, reaches on dev. Pure.

A probe reads single layers of a frozen encoder; fine-tuning may lift an encoder more than another. So the margin is
wide: an encoder is hopeless where its best probe is behind the best of all by ten points, and by three standard errors
of a difference of two shares measured on n items (at most 0.5 / sqrt(n) each). The test set has no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from unfreeze.language.message import say

LEAST_GAP = 0.10
ERRORS = 3.0


def margin(items: int) -> float:
    """How far behind on `items` dev items an encoder is hopeless, a fraction."""
    return max(LEAST_GAP, ERRORS * math.sqrt(2) * 0.5 / math.sqrt(max(items, 1)))


def hopeless(dev: Mapping[str, float], items: int) -> dict[str, str]:
    """Encoders that need no training, with the reason as a sentence.

    Args:
        dev: name of each encoder to the main metric of its best frozen probe on dev, a fraction; NaN is not judged.
        items: items of dev.
    """
    measured = {name: score for name, score in dev.items() if not math.isnan(score)}
    if not measured:
        return {}
    best = max(measured, key=lambda name: measured[name])
    behind = {name: measured[best] - score for name, score in measured.items()}
    return {
        name: say(
            "its best frozen probe reaches {measured:.1f} on dev, {gap:.1f} points behind {best}",
            measured=100 * measured[name],
            gap=100 * gap,
            best=best,
        )
        for name, gap in behind.items()
        if gap > margin(items)
    }
