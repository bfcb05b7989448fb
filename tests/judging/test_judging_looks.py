"""The errors of all looks come to 5 %; a difference is given up where items rule, and not where seeds do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from unfreeze.judging.looks import LOOKS, MOST, error_of_look, hopeless, information, spending, with_most_seeds
from unfreeze.judging.planning import CAUTION
from unfreeze.judging.spread import ERROR, Spread
from unfreeze.judging.two_way import Measured


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 1.0])
def test_what_is_spent_is_the_function_of_lan_and_demets(share: float) -> None:
    assert float(spending(share)) == pytest.approx(2 - 2 * norm.cdf(1.959964 / share**0.5), rel=1e-5)


def test_little_is_spent_early_all_at_the_end_and_nothing_beyond() -> None:
    assert float(spending(0.3)) < 0.001
    assert float(spending(0.95)) > 0.04
    assert float(spending(1.0)) == float(spending(1.4)) == pytest.approx(ERROR)
    assert float(spending(0.0)) == 0.0


@pytest.mark.parametrize("shares", [(0.2, 0.4, 0.7, 0.9, 1.0), (0.9, 0.3, 1.0), (1.0, 1.0), (0.6, 0.5, 0.4)])
def test_errors_never_come_to_more_than_5_per_cent_even_where_the_share_falls(shares: tuple[float, ...]) -> None:
    spent = 0.0
    for share in shares:
        error = float(error_of_look(share, spent))
        assert error > 0
        spent += error
    assert spent <= ERROR + 1e-8
    if shares[-1] == 1.0:
        assert spent == pytest.approx(ERROR)


def test_the_share_of_information_is_taken_at_a_bound_of_the_seeds_part() -> None:
    now = Spread(3e-4, 2e-4, 4.0, luck=1e-4)
    bound = 3e-4 * 4 / chi2.ppf(CAUTION, 4) - 1e-4
    assert float(information(now, 2e-4, 0.25)) == pytest.approx((2e-4 + bound / 4) / (3e-4 + bound))
    few, many = (float(information(Spread(3e-4, 0.0, freedom, luck=1e-5), 3e-4, 0.25)) for freedom in (2.0, 40.0))
    assert few < many
    assert many > 0.98, "items rule, and enough seeds show it"
    assert float(information(Spread(0.0, 0.0, 2.0), 0.0, 0.15)) == 1.0


def made(deviation: float, seeds: tuple[int, int], unit: float = 1e-4) -> Measured:
    """Two arms: runs share half of the items' variance `unit`, and seeds of the second differ."""
    runs = sum(seeds)
    covariance = np.full((runs, runs), unit / 2) + np.diag(np.full(runs, unit / 2))
    second = 0.8 + deviation * np.resize([-1.0, 1.0], seeds[1])
    return Measured((np.full(seeds[0], 0.8), second), covariance, items=100_000, shares=False)


def test_with_the_most_seeds_what_falls_with_seeds_has_fallen_and_the_rest_stays() -> None:
    scored = made(0.05, (MOST, 4))
    now, most = scored.spread([1.0, -1.0]), with_most_seeds(scored, [1.0, -1.0])
    assert most.seeds == pytest.approx(now.seeds * 4 / MOST)
    assert now.items == pytest.approx(0.5e-4 / MOST + 0.5e-4 / 4)
    assert most.items == pytest.approx(2 * 0.5e-4 / MOST)
    assert most.freedom == pytest.approx(now.freedom * (MOST - 1) / 3)
    whole = made(0.05, (MOST, MOST))
    assert with_most_seeds(whole, [1.0, -1.0]).items == pytest.approx(whole.spread([1.0, -1.0]).items)


ITEMS_RULE = Spread(4e-4, 1e-6, 40.0)
SEEDS_RULE = Spread(1e-6, 1e-6, 40.0)


@pytest.mark.parametrize(
    ("gap", "variance", "most", "vain"),
    [
        (0.0, 4.05e-4, ITEMS_RULE, True),
        (0.02, 4.05e-4, ITEMS_RULE, True),
        (0.05, 4.05e-4, ITEMS_RULE, False),  # beyond 1.96 * 0.02
        (-0.05, 4.05e-4, ITEMS_RULE, False),
        (0.0, 4e-4, SEEDS_RULE, False),  # with the most seeds it would be equal
        (0.006, 1e-4, SEEDS_RULE, False),
        (0.004, 2e-6, SEEDS_RULE, True),  # real, but smaller than what matters, and not surely
    ],
)
def test_more_seeds_are_vain_where_items_rule(gap: float, variance: float, most: Spread, vain: bool) -> None:
    assert hopeless(gap, variance, most, 0.005, ERROR) is vain


def test_looks_are_at_growing_numbers() -> None:
    assert list(LOOKS) == sorted(set(LOOKS))
    assert LOOKS[0] >= 3, "a spread of two seeds has one degree of freedom"
