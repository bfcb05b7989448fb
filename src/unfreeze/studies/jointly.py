"""Findings of a page judged together: of true nulls, a page has a false one in at most 5 % of cases. No torch here.

Holm's method (1979, Scandinavian Journal of Statistics 6(2)): the smallest of m values of p counts m times, the next
m - 1 times, and so on, none less than the one before. It needs no independence, so findings may share cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unfreeze.judging.planning import MOST, Had, Hopeless, SeedsFirst, plan
from unfreeze.judging.spread import ERROR
from unfreeze.judging.wording import round_up
from unfreeze.studies.page import Claim
from unfreeze.studies.published import LARGE

LEAST_SHOWN = 0.001


def holm(values: Sequence[float]) -> list[float]:
    """Each p adjusted for all of them, in their order; at most 1."""
    adjusted = [0.0] * len(values)
    largest = 0.0
    for left, place in zip(range(len(values), 0, -1), sorted(range(len(values)), key=values.__getitem__), strict=True):
        largest = max(largest, min(1.0, left * values[place]))
        adjusted[place] = largest
    return adjusted


def judged_together(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims of a page: those that have a p say what it is over the page, and are open where that is above 5 %.

    Open ones say what would show a difference of a point, with the error that the first of Holm's steps has.
    """
    values = [claim.p for claim in claims if claim.p is not None]
    adjusted = iter(holm(values))
    made = (claim if claim.p is None else _among(claim, next(adjusted)) for claim in claims)
    return tuple(_planned(claim, ERROR / max(1, len(values))) for claim in made)


def _planned(claim: Claim, error: float) -> Claim:
    if claim.had is None:
        return claim
    needs = f"; {needed(claim.had, error)}" if claim.held == "open" else ""
    return replace(claim, evidence=claim.evidence + needs, had=None)


def needed(had: Had, error: float) -> str:
    """What would show a true difference of a point (what the paper takes for one) in 4 of 5 cases."""
    planned = plan(had, LARGE / 100, error)
    if isinstance(planned, SeedsFirst):
        return f"{planned.seeds} seeds are needed to say what would show a point"
    if isinstance(planned, Hopeless):
        why = "seeds differ too much" if planned.seeds_differ else f"over {MOST} times the test items would be needed"
        return f"no plan would show a point: {why}"
    if planned.items <= had.items and planned.seeds <= had.seeds:
        return "a point would most likely have been seen: expect less"
    return f"{round_up(planned.items):,} test items and {planned.seeds} seeds would show a point"


def _among(claim: Claim, p: float) -> Claim:
    shown = f"below {LEAST_SHOWN}" if p < LEAST_SHOWN else f"{p:.2g}"
    return replace(
        claim, held=claim.held if p <= ERROR else "open", evidence=f"{claim.evidence}; p over the page {shown}"
    )
