"""What the decisive ratios must not fall below, and the verdict on those that were measured. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked
from results import Ratio

FILE = Path(__file__).resolve().parent / "thresholds.json"


@checked(frozen=True)
class Thresholds:
    """Ratios by the fast precision of the machine, since a processor without bf16 gains less.

    Attributes:
        tolerance: a ratio may lie below its threshold by this fraction, for noise.
        at_least: precision to names of ratios to thresholds.
    """

    tolerance: float
    at_least: dict[str, dict[str, float]]

    def least(self, name: str, precision: str) -> float:
        """Below which a ratio fails."""
        return self.at_least[precision][name] * (1 - self.tolerance)


def read_thresholds(file: Path = FILE) -> Thresholds:
    """From the committed file."""
    return TypeAdapter(Thresholds).validate_json(file.read_bytes())


def verdicts(ratios: Mapping[str, Ratio], precision: str, thresholds: Thresholds) -> tuple[list[str], bool]:
    """A line a ratio, and whether all hold: every threshold needs its ratio, every ratio its threshold."""
    lines, good = [], True
    wanted = thresholds.at_least.get(precision, {})
    for name in sorted({*wanted, *ratios}):
        if name not in ratios or name not in wanted:
            missing = "was not measured" if name in wanted else f"has no threshold for {precision}"
            lines.append(f"FAILED  {name} {missing}")
            good = False
            continue
        least = thresholds.least(name, precision)
        holds = ratios[name].ratio >= least
        good &= holds
        said = f"{name}: {ratios[name].spread()}, threshold {wanted[name]:g} less {thresholds.tolerance:.0%} is"
        lines.append(f"{'ok    ' if holds else 'FAILED'}  {said} {least:.2f}")
    return lines, good
