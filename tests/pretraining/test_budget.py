from __future__ import annotations

import pytest

from unfreeze.pretraining.budget import Budget, rate


def test_what_is_spent() -> None:
    assert Budget(200, None).done(50, 1e9) == 0.25
    assert Budget(200, None).done(250, 0) >= 1
    assert Budget(None, 200).done(10**9, 50) == 0.25


def test_the_rate_rises_and_falls() -> None:
    places = [i / 1000 for i in range(1001)]
    rates = [rate(place) for place in places]
    top = rates.index(max(rates))
    assert places[top] == pytest.approx(0.06)
    assert rates[top] == pytest.approx(1)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[0] < 0.05
    assert rates[-1] == rate(1.1) == 0  # the last step may go over
