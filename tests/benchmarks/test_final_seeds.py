"""Final runs that nothing chose name both methods equally often at a tie; a chosen one favours unsteady seeds."""

from __future__ import annotations

import numpy as np
import pytest
from final_seeds import MINUS, Setting, covariance, named, on_items, until_decided

from unfreeze.judging.looks import LOOKS
from unfreeze.judging.spread import margins
from unfreeze.judging.two_way import parts

TIE = Setting(items=5000, deviations=(0.0005, 0.02))


def test_scores_have_the_covariance_that_is_said() -> None:
    setting = Setting(items=1000, deviations=(0.0, 0.0))
    frozen, tuned = on_items(setting, [np.zeros((60_000, 2)), np.zeros((60_000, 3))], np.random.default_rng(0))
    seen = np.cov(np.concatenate([frozen, tuned], axis=1), rowvar=False)
    said = covariance(setting, (2, 3))
    assert seen == pytest.approx(said, abs=0.03 * said.max())


def test_at_a_tie_fresh_seeds_name_both_methods_equally_often() -> None:
    frozen, tuned = named(TIE, seeds=3, reused=False, draws=40_000)
    assert frozen + tuned < 0.08
    assert frozen == pytest.approx(tuned, abs=0.006)  # standard error 0.0013


def test_at_a_tie_a_trial_that_counts_favours_the_method_whose_seeds_differ() -> None:
    frozen, tuned = named(TIE, seeds=3, reused=True, draws=40_000)
    assert tuned > 2 * frozen
    steady = Setting(items=872, deviations=(0.0005, 0.0005))
    frozen, tuned = named(steady, seeds=3, reused=True, draws=40_000)
    assert tuned == pytest.approx(frozen, abs=0.006)  # nothing to choose


@pytest.mark.parametrize("deviation", [0.0, 0.005, 0.01, 0.02])
@pytest.mark.parametrize("items", [300, 1000, 5000])
def test_at_a_tie_looking_names_a_winner_in_5_per_cent_at_most(deviation: float, items: int) -> None:
    outcome = until_decided(Setting(items, (0.0, deviation)), LOOKS, draws=2000)
    assert outcome.named < 0.05 + 3 * (0.05 * 0.95 / 2000) ** 0.5
    assert LOOKS[0] <= outcome.seeds <= LOOKS[-1]


def test_looking_at_5_per_cent_each_time_would_err_more_often() -> None:
    """So that the test above can fail: what the spending is for."""
    setting, draws = Setting(5000, (0.0, 0.02)), 4000
    rng = np.random.default_rng(0)
    lucks = [setting.deviations[method] * rng.standard_normal((draws, LOOKS[-1])) for method in (0, 1)]
    frozen, tuned = on_items(setting, lucks, rng)
    ever = np.zeros(draws, bool)
    for number in LOOKS:
        runs = np.broadcast_to(covariance(setting, (LOOKS[-1], number)), (draws, 20 + number, 20 + number))
        reach = margins(*parts((frozen, tuned[:, :number]), runs, MINUS)[:3], 0.05)
        ever |= np.abs(tuned[:, :number].mean(1) - frozen.mean(1)) > reach
    assert ever.mean() > 0.08


def test_where_seeds_rule_a_gain_is_decided_far_more_often_than_with_five_seeds() -> None:
    gain = Setting(5000, (0.0005, 0.02), gap=0.02)
    looked, five = (until_decided(gain, numbers, draws=2000) for numbers in (LOOKS, (5,)))
    assert looked.named > five.named + 0.2
    assert looked.tuned > 0.99 * looked.named
    many = until_decided(Setting(5000, (0.0005, 0.005), gap=0.02), LOOKS, draws=2000)
    assert many.named > 0.9
    assert many.seeds < 6, "no more seeds than it takes"
