"""Rank correlation of genres: its exact p, and its interval."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr
from test_evidence import measured

from unfreeze.studies.domains import correlation

FAR = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}


def test_falling_scores_correlate_wholly() -> None:
    cells = [[measured(0.9 - far, number, 2000)] for number, far in enumerate(FAR.values())]
    found = correlation(FAR, cells, [1.0])
    assert found.value == pytest.approx(-1)
    assert found.p == pytest.approx(2 / 120)
    assert found.low == pytest.approx(-1)
    assert found.high < -0.7
    assert found.words.startswith("-1.00 [-1.00, ")
    assert found.words.endswith(", p 0.02")


def test_p_counts_all_orders() -> None:
    shares = (0.5, 0.8, 0.6, 0.7, 0.9)
    found = correlation(FAR, [[measured(share, n, 3000)] for n, share in enumerate(shares)], [1.0])
    far = list(FAR.values())
    wanted = abs(spearmanr(far, shares).statistic)
    assert found.value == pytest.approx(wanted)
    every = [abs(spearmanr(far, order).statistic) for order in permutations(shares)]
    assert found.p == pytest.approx(np.mean(np.array(every) >= wanted - 1e-9))
    assert found.low <= found.value <= found.high


def test_differences_of_two_cells() -> None:
    both = [[measured(0.6, n, 3000), measured(0.6 + far / 2, 10 + n, 3000)] for n, far in enumerate(FAR.values())]
    assert correlation(FAR, both, [-1.0, 1.0]).value == pytest.approx(1)


def test_the_same_everywhere_is_not_a_correlation() -> None:
    found = correlation(FAR, [[measured(0.7)]] * 5, [1.0])
    assert (found.value, found.p) == (0, 1)
