"""Final runs that are made until the methods' difference is decided, or more of them would not decide it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from unfreeze.commands.steps import run_methods
from unfreeze.judging.arms import Finding, find
from unfreeze.judging.looks import LOOKS, MOST, error_of_look, hopeless, information, spread_of, with_most_seeds
from unfreeze.judging.read import Compared, read_compared
from unfreeze.judging.simultaneous import Differences, differences
from unfreeze.judging.spread import ERROR
from unfreeze.judging.two_way import Measured, measured
from unfreeze.plan import Plan
from unfreeze.recipe import MethodName
from unfreeze.records.comparison import Choice, write_choices
from unfreeze.records.looks import Look, Outcome, write_looks
from unfreeze.runs.bench import Workbench
from unfreeze.runs.jobs import Job

DECIDED: tuple[Finding, ...] = ("clear", "likely", "equal")
_SAID: dict[Outcome, str] = {
    "decided": "it is decided",
    "hopeless": "not decided, and more seeds would not decide it: test items rule",
    "open": "not decided",
}


def run_until_decided(
    bench: Workbench, plan: Plan, question: str
) -> tuple[dict[MethodName, Choice], dict[MethodName, Job]]:
    """`run_methods` with more and more seeds, see `judging.looks`; what is finished is not done again.

    Each final run reads the test set once. Looking at the difference in between is what the looks' errors pay for.
    """
    looks: tuple[Look, ...] = ()
    for number in LOOKS:
        choices, best = run_methods(bench, plan, question, number)
        if len(choices) == 1:
            break
        write_choices(bench.folder, choices)
        looks = (*looks, look_at(read_compared(bench.folder), number, looks[-1].spent if looks else 0.0))
        write_looks(bench.folder, looks)
        bench.watcher.say(f"{number} seeds: {_SAID[looks[-1].outcome]}.")
        if looks[-1].outcome != "open":
            break
    return choices, best


def look_at(compared: Compared, number: int, spent: float) -> Look:
    """What a look at the final runs that are there shows.

    Args:
        number: see `Look.seeds`.
        spent: the errors of the looks before.
    """
    scored = measured([arm.statistics for arm in compared.arms], compared.first.measure)
    error = float(error_of_look(_information(scored), spent))
    outcome = _outcome(scored, differences(scored, error), compared.plan.equivalence, max(ERROR - spent, error))
    runs = {arm.id: arm.choice.judged for arm in compared.arms}
    return Look(number, runs, error, spent + error, outcome)


def _information(scored: Measured) -> float:
    """The share of all information that is there: the least of any pair of arms."""
    shares = []
    for weights in _pairs(len(scored.scores)):
        now = replace(spread_of(scored, weights), luck=scored.spread(weights).luck)
        fewest = min(len(scores) for scores, weight in zip(scored.scores, weights, strict=True) if weight)
        shares.append(float(information(now, with_most_seeds(scored, weights).items, fewest / MOST)))
    return min(shares)


def _pairs(arms: int) -> list[list[float]]:
    """Weights of every pair of arms."""
    return [[float(i == a) - float(i == b) for i in range(arms)] for a, b in combinations(range(arms), 2)]


def _outcome(scored: Measured, pairs: Differences, region: float, left: float) -> Outcome:
    """Of the arm with the highest score beside every other.

    Args:
        left: error that is left to be spent, this look's included.
    """
    arms = range(len(scored.scores))
    leader = int(np.argmax(scored.means))
    undecided = [
        arm for arm in arms if arm != leader and find(pairs.of(leader, arm).jointly, region) not in DECIDED
    ]  # fmt: skip
    if not undecided:
        return "decided"
    vain = []
    for arm in undecided:
        weights = [float(i == leader) - float(i == arm) for i in arms]
        now = spread_of(scored, weights)
        gap = float(scored.means @ weights)
        vain.append(hopeless(gap, now.items + now.seeds, with_most_seeds(scored, weights), region, left))
    return "hopeless" if all(vain) else "open"
