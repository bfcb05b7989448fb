from __future__ import annotations

import math

import pytest

from unfreeze.judging.stats import Difference
from unfreeze.judging.wording import against, amount, gap, interval, points, round_up, signed


@pytest.mark.parametrize(("number", "up"), [(1, 1), (9.2, 10), (101, 110), (2_340, 2_400), (2_400, 2_400)])
def test_rounded_up_to_two_leading_digits(number: float, up: int) -> None:
    assert round_up(number) == up


@pytest.mark.parametrize(
    ("fraction", "told"), [(0.0131, "+1.3"), (-0.0131, "-1.3"), (0.0004, "+0.04"), (-0.00001, "0.0"), (0.1, "+10.0")]
)
def test_a_small_gain_is_not_told_as_none(fraction: float, told: str) -> None:
    assert signed(fraction) == told
    assert points(fraction) == f"{told} points"


def test_amounts_have_three_digits() -> None:
    assert amount(0.01234, "s") == "0.0123 s"
    assert amount(12_345.6, "s") == "12,346 s"
    assert against(4.2, 12, "MB") == "4.2 MB against 12 MB"


def test_a_difference_is_told_with_its_interval() -> None:
    difference = Difference(0.013, -0.0004, 0.026, math.nan)
    assert interval(difference) == "[-0.04, +2.6]"
    assert gap(difference) == "+1.3 points [-0.04, +2.6]"
