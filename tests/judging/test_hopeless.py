"""Encoders that need no training."""

from __future__ import annotations

import math

import pytest

from unfreeze.judging.hopeless import hopeless, margin


def test_margin_is_ten_points_or_three_standard_errors() -> None:
    assert margin(10_000) == 0.10
    assert margin(100) == pytest.approx(3 * math.sqrt(0.25 / 100 + 0.25 / 100))


def test_only_encoders_far_behind_the_best_are_hopeless() -> None:
    dev = {"good": 0.80, "near": 0.705, "far": 0.69}
    assert set(hopeless(dev, 10_000)) == {"far"}
    assert hopeless(dev, 100) == {}  # too few items to tell
    assert hopeless(dev, 10_000)["far"] == "its best frozen probe reaches 69.0 on dev, 11.0 points behind good"


def test_the_best_is_never_dropped_and_what_is_not_measured_is_not_judged() -> None:
    assert hopeless({"only": 0.1}, 1000) == {}
    assert hopeless({"a": math.nan, "b": math.nan}, 1000) == {}
    assert set(hopeless({"a": math.nan, "b": 0.9, "c": 0.1}, 1000)) == {"c"}
