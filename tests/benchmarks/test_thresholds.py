"""The check of ratios fails when one has fallen, and when one is missing."""

from __future__ import annotations

import pytest
from results import Ratio
from thresholds import Thresholds, read_thresholds, verdicts

LIMITS = Thresholds(0.1, {"bf16": {"speed": 2.0}})


def _verdict(*ratios: Ratio, precision: str = "bf16") -> tuple[list[str], bool]:
    return verdicts({r.name: r for r in ratios}, precision, LIMITS)


def _ratio(value: float, name: str = "speed") -> Ratio:
    return Ratio(name, value, 1.0, "x", value)


@pytest.mark.parametrize(("value", "holds"), [(2.5, True), (1.81, True), (1.79, False), (float("nan"), False)])
def test_a_ratio_may_fall_by_the_tolerance_and_no_further(value: float, holds: bool) -> None:
    (line,), good = _verdict(_ratio(value))
    assert good is holds
    assert line.startswith("ok" if holds else "FAILED")
    assert "speed" in line
    assert "1.80" in line


def test_a_ratio_that_was_not_measured_fails() -> None:
    lines, good = _verdict()
    assert not good
    assert "was not measured" in lines[0]


def test_a_ratio_without_a_threshold_fails() -> None:
    lines, good = _verdict(_ratio(3.0), _ratio(3.0, "new"))
    assert not good
    assert any("new has no threshold" in line for line in lines)
    assert not _verdict(_ratio(3.0), precision="fp32")[1]


def test_thresholds_speak_of_the_same_ratios_in_both_precisions() -> None:
    limits = read_thresholds()
    assert 0 < limits.tolerance < 0.5
    assert set(limits.at_least) == {"bf16", "fp32"}
    assert limits.at_least["bf16"].keys() == limits.at_least["fp32"].keys()
    assert all(least > 1 for each in limits.at_least.values() for least in each.values())
