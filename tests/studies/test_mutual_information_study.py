"""What the study says of a gain in bits."""

from __future__ import annotations

import pytest
from scipy.stats import norm

from unfreeze.judging.stats import Interval
from unfreeze.studies.inside import Information
from unfreeze.studies.mutual_information import _more


def gained(low: float, high: float) -> Information:
    """The last of two layers gains so much; the first one gains a lot."""
    middle = (low + high) / 2
    before, after = Interval(0.2, 0.1, 0.3), Interval(0.2 + middle, 0.1 + middle, 0.3 + middle)
    return Information((before, before), (before, after), (Interval(0.5, 0.4, 0.6), Interval(middle, low, high)), 1.0)


@pytest.mark.parametrize(("low", "high", "held"), [
    (0.02, 0.2, "holds"), (-0.02, 0.2, "open"), (-0.2, -0.02, "does not hold"), (-0.2, 0.0, "open"),
    (1e-9, 1e-8, "open"), (-1e-8, -1e-9, "open"), (0.005, 0.2, "open"), (-0.2, -0.005, "open"),
])  # fmt: skip
def test_a_gain_counts_where_its_own_interval_is_beyond_rounding(low: float, high: float, held: str) -> None:
    claim = _more("e, s", gained(low, high))
    assert (claim.held, claim.about) == (held, "e, s")
    assert claim.p is not None
    assert (claim.p <= 0.05) is (held != "open")


def test_p_is_of_a_gain_beyond_rounding() -> None:
    """Of 0.02 bits beyond it with a standard error of 0.01: two-sided p of 2."""
    margin = 0.01 * norm.ppf(0.975)
    for sign in (1, -1):
        assert _more("e", gained(sign * 0.03 - margin, sign * 0.03 + margin)).p == pytest.approx(2 * norm.sf(2))
    assert _more("e", gained(0.0, 0.0)).p == 1


def test_the_evidence_has_both_layers_and_the_gain() -> None:
    evidence = _more("e", gained(0.1, 0.3)).evidence
    assert evidence == "top layer 0.20 [0.10, 0.30] to 0.40 [0.30, 0.50] bits, gain 0.20 [0.10, 0.30]"
    assert "-0.00" not in _more("e", gained(-0.001, 0.1)).evidence
