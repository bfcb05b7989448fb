"""How a verdict writes numbers: plain signs, since a terminal shows them too; no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping

from unfreeze.judging.stats import Difference
from unfreeze.language.message import joined, say, template
from unfreeze.methods.table import method_named
from unfreeze.recipe import MethodName


def round_up(number: float) -> int:
    """Two leading digits: an estimate should not look exact."""
    unit = 10.0 ** max(0, math.floor(math.log10(number)) - 1)
    return int(math.ceil(number / unit) * unit)


def amount(value: float, unit: str) -> str:
    """Three digits, whole numbers in full: `0.0123 s`, `4.2 MB`, `12,345 s`."""
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def against(value: float, other: float, unit: str) -> str:
    """`4.2 s against 12 s`."""
    return say("{value} against {other}", value=amount(value, unit), other=amount(other, unit))


def multiply_adds(*counts: float, about: bool = False) -> str:
    """`12 against 340 billion multiply-adds`, in one unit, that of the largest; or `12 billion multiply-adds`.

    Args:
        about: the counts are estimated.
    """
    work = say("{count} multiply-adds", count=large_numbers(*counts))
    return say("about {work}", work=work) if about else work


def large_numbers(*numbers: float) -> str:
    """`12 against 340 billion`, or `12 billion`, in one unit, that of the largest."""
    unit = next((unit for unit in _UNITS if max(numbers) >= unit), 1.0)
    told = joined([amount(number / unit, "").strip() for number in numbers], " against ")
    return say(_UNITS[unit], numbers=told) if unit in _UNITS else told


_UNITS: Mapping[float, str] = {
    1e15: template("{numbers} quadrillion"),
    1e12: template("{numbers} trillion"),
    1e9: template("{numbers} billion"),
    1e6: template("{numbers} million"),
}


def arm_words(method: MethodName, encoder: str | None) -> str:
    """An arm inside a sentence; `encoder` is None where there is one alone."""
    noun = method_named(method).words.noun
    return noun if encoder is None else say("{noun} of {encoder}", noun=noun, encoder=encoder)


_FLOORS: Mapping[str, str] = {"bag-of-words": template("bag of words")}


def floor_words(name: str) -> str:
    """A floor's name inside a sentence, from the one in its file."""
    return say(_FLOORS.get(name, name.replace("-", " ")))


def points(fraction: float) -> str:
    """`+1.3 points`."""
    return say("{value} points", value=signed(fraction))


def signed(fraction: float) -> str:
    """Points with a sign and one decimal, two below 1 so that a small gain does not become `+0.0`."""
    points = 100 * fraction
    return f"{points:+.{2 if abs(points) < 1 else 1}f}" if round(points, 2) else "0.0"


def ends(low: float, high: float) -> str:
    """`[-0.04, +2.6]`, in points, from fractions."""
    return f"[{signed(low)}, {signed(high)}]"


def interval(difference: Difference) -> str:
    """The `ends` of a difference's interval."""
    return ends(difference.lo, difference.hi)


def gap(difference: Difference) -> str:
    """Mean and interval of a difference: `+1.3 points [-0.04, +2.6]`."""
    return say("{points} {interval}", points=points(difference.mean), interval=interval(difference))
