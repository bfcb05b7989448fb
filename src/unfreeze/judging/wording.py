"""How a verdict writes numbers: plain signs, since a terminal shows them too; no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping

from unfreeze.judging.stats import Difference


def round_up(number: float) -> int:
    """Two leading digits: an estimate should not look exact."""
    unit = 10.0 ** max(0, math.floor(math.log10(number)) - 1)
    return int(math.ceil(number / unit) * unit)


def amount(value: float, unit: str) -> str:
    """Three digits, whole numbers in full: `0.0123 s`, `4.2 MB`, `12,345 s`."""
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def against(value: float, other: float, unit: str) -> str:
    """`4.2 s against 12 s`."""
    return f"{amount(value, unit)} against {amount(other, unit)}"


def multiply_adds(*counts: float) -> str:
    """`12 against 340 billion multiply-adds`, in one unit, that of the largest; or `12 billion multiply-adds`."""
    unit = next((unit for unit in _UNITS if max(counts) >= unit), 1.0)
    values = " against ".join(amount(count / unit, "").strip() for count in counts)
    return f"{values} {_UNITS.get(unit, '')}".rstrip() + " multiply-adds"


_UNITS: Mapping[float, str] = {1e15: "quadrillion", 1e12: "trillion", 1e9: "billion", 1e6: "million"}


def points(fraction: float) -> str:
    """`+1.3 points`."""
    return f"{signed(fraction)} points"


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
    return f"{points(difference.mean)} {interval(difference)}"
