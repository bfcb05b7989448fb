"""Findings of a page judged together: Holm's method, and how often a page of true nulls has a false finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.judging.planning import Had, Needed, plan
from unfreeze.judging.spread import ERROR, Spread
from unfreeze.judging.two_way import Measured
from unfreeze.judging.wording import round_up
from unfreeze.studies.evidence import sign_held, sign_p
from unfreeze.studies.jointly import holm, judged_together, needed
from unfreeze.studies.page import Claim, Held


def claim(p: float | None, held: Held = "holds") -> Claim:
    return Claim("t", "a", held, "+1.0 [+0.2, +1.8]", 2, p)


def rejected(values: list[float], error: float) -> set[int]:
    """Step by step as Holm (1979) has it: the smallest p against error / m, and so on until one is too large."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    kept: set[int] = set()
    for step, place in enumerate(order):
        if values[place] > error / (len(values) - step):
            break
        kept.add(place)
    return kept


@given(st.lists(st.floats(0, 1), max_size=12), st.sampled_from([0.05, 0.2, 0.9]))
def test_adjusted_values_reject_what_holm_rejects(values: list[float], error: float) -> None:
    adjusted = holm(values)
    assert {place for place, p in enumerate(adjusted) if p <= error * (1 - 1e-9)} <= rejected(values, error)
    assert rejected(values, error) <= {place for place, p in enumerate(adjusted) if p <= error * (1 + 1e-9)}
    assert all(mine >= alone for mine, alone in zip(adjusted, values, strict=True))
    assert all(p <= 1 for p in adjusted)


def test_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_findings_that_are_not_clear_among_all_of_the_page_stay_open() -> None:
    claims = judged_together([claim(0.03), claim(None), claim(0.001, "does not hold"), claim(0.04), claim(0.5, "open")])
    assert [one.held for one in claims] == ["open", "holds", "does not hold", "open", "open"]
    assert [one.p for one in claims] == [0.03, None, 0.001, 0.04, 0.5]
    assert claims[0].evidence == "+1.0 [+0.2, +1.8]; p over the page 0.09"
    assert claims[1].evidence == "+1.0 [+0.2, +1.8]"
    assert claims[2].evidence.endswith("; p over the page 0.004")
    assert judged_together([claim(1e-7)])[0].evidence.endswith("; p over the page below 0.001")


def test_a_finding_alone_is_judged_as_its_interval_says() -> None:
    assert [judged_together([claim(p)])[0].held for p in (0.05, 0.0501)] == ["holds", "open"]


def equal_cells(rng: np.random.Generator, cells: int, seeds: int, sd: float) -> Measured:
    """Cells of one expected accuracy on the same 1,000 items: .85, errors of two runs correlated .6, of a cell .8."""
    variance = 0.85 * 0.15 / 1000
    same_cell = np.kron(np.eye(cells), np.ones((seeds, seeds)))
    covariance = variance * (0.6 + 0.2 * same_cell + 0.2 * np.eye(cells * seeds))
    luck = rng.multivariate_normal(np.zeros(cells * seeds), covariance, method="cholesky")
    scores = 0.85 + luck + sd * rng.normal(size=cells * seeds)
    return Measured(tuple(scores.reshape(cells, seeds)), covariance, 1000, True)


def test_a_page_of_true_nulls_rarely_has_a_false_finding() -> None:
    """40 pages of 20 findings that share cells, with three seeds: singly many pages have one, together few."""
    rng = np.random.default_rng(0)
    singly = jointly = 0
    for _ in range(40):
        claims = []
        for _ in range(2):
            task = equal_cells(rng, 5, 3, 0.01)
            for first in range(5):
                for second in range(first):
                    gap = task.difference(np.eye(5)[first] - np.eye(5)[second])
                    held = sign_held(gap.lo, gap.hi, 1)
                    p = 1.0 if held == "open" else sign_p(gap, 1)  # what is open alone is open together, whatever its p
                    claims.append(Claim("t", "a", held, "", None, p))
        singly += any(one.held != "open" for one in claims)
        jointly += any(one.held != "open" for one in judged_together(claims))
    assert singly > 6
    assert jointly <= 4


FEW = Had(Spread(items=4e-5, seeds=1e-6, freedom=8, luck=1e-6), items=1000, seeds=5)


def with_variance(held: Held, had: Had | None = FEW, p: float = 0.5) -> Claim:
    return replace(claim(p, held), had=had)


def test_what_is_open_says_what_would_show_a_point_among_as_many_findings() -> None:
    alone, among = judged_together([with_variance("open")])[0], judged_together([with_variance("open")] * 20)[0]
    for one, findings in ((alone, 1), (among, 20)):
        planned = plan(FEW, 0.01, ERROR / findings)
        assert isinstance(planned, Needed)
        assert planned.items > FEW.items
        assert one.evidence.endswith(
            f"; {round_up(planned.items):,} test items and {planned.seeds} seeds would show a point"
        )
        assert one.had is None
    assert alone.evidence != among.evidence


def test_what_is_decided_or_of_unknown_variance_says_nothing_of_it() -> None:
    decided, unknown = judged_together([with_variance("holds", p=1e-6), with_variance("open", None)])
    assert decided.evidence.endswith("p over the page below 0.001")
    assert unknown.evidence.endswith("p over the page 0.5")
    assert decided.had is None


@pytest.mark.parametrize(("change", "said"), [
    ({"seeds_seen": False}, "5 seeds are needed to say what would show a point"),
    ({"seeds": 1e-3, "freedom": 30.0}, "seeds differ too much"), ({"items": 1e-2}, "over 20 times the test items"),
    ({"items": 1e-6}, "a point would most likely have been seen: expect less"),
])  # fmt: skip
def test_what_more_runs_or_items_would_not_show_is_said(change: dict[str, Any], said: str) -> None:
    had = Had(replace(FEW.spread, **change), 1000, 5 if "freedom" not in change else 50)
    assert said in needed(had, ERROR)
