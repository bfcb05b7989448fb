"""When enough final runs were made: looks at a growing number of seeds, whose errors come to 5 % in all. Pure.

Whoever looks after every few seeds and stops once an interval excludes 0 errs more often than its 5 %, for each look is
another chance to err. So the error is spent over the looks (Lan & DeMets 1983, Biometrika 70(3)): up to a look at which
the share t of all information is there, alpha(t) = 2 - 2 Phi(z / sqrt(t)) with z = 1.96, which is much like the bounds
of O'Brien and Fleming: little early, nearly all at the end. The share is t = variance with the most seeds / variance
now, both of the difference (`two_way`): its items' part, and its seeds' part as it would be with the most seeds. Where
items rule, t is about 1 at the first look, nearly the whole 5 % is spent there, and little is lost by looking. The
seeds' part of a few runs may be far too small by luck, just when the interval is too narrow; so t is taken at a bound
of it, which it exceeds in `CAUTION` of cases only. Without the bound a tie is decided in up to 5.5 % of cases.

The interval at a look has the error that is spent up to it less what was spent before. That is more cautious than the
method asks: it ignores that looks share their runs. Whatever the looks, their errors never come to more than 5 %.

A difference is decided if its interval excludes 0 with the mean beyond the region of practical equivalence, or lies
inside that region. It is hopeless if items rule: with the most seeds it would not be decided either, even if the mean
moved as far as more seeds may move it in 9 of 10 cases.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri, ndtr, ndtri

from unfreeze.judging.planning import CAUTION
from unfreeze.judging.spread import ERROR, Floats, Spread, margins
from unfreeze.judging.two_way import Measured, Weights

LOOKS = (3, 5, 8, 12, 20)
"""Seeds of methods that cannot train all at once; the others have the most from the start."""

MOST = LOOKS[-1]
_NEXT_TO_NONE = 1e-9  # an interval needs some error
_MOVES = float(ndtri(0.9))


def spending(information: Floats | float) -> Floats:
    """The error (...) that may be spent once this share (...) of all information is there."""
    share: Floats = np.clip(np.asarray(information, float), 0.0, 1.0)
    reach = np.divide(-ndtri(ERROR / 2), np.sqrt(share), out=np.full(share.shape, math.inf), where=share > 0)
    spent: Floats = 2 * ndtr(-reach)
    return spent


def information(now: Spread, most_items: Floats | float, grown: float) -> Floats:
    """The share (...) of all information that is there, cautiously; the parts of `now` may be arrays (...).

    Args:
        most_items: the items' part with the most seeds.
        grown: fewest seeds of any arm / the most.
    """
    seen = np.asarray(now.seeds) + now.luck
    bound = np.maximum(0.0, seen * now.freedom / chdtri(now.freedom, 1 - CAUTION) - now.luck)
    whole = np.asarray(now.items + bound)
    share: Floats = np.divide(most_items + bound * grown, whole, out=np.ones(whole.shape), where=whole > 0)
    return share


def error_of_look(information: Floats | float, spent: Floats | float) -> Floats:
    """The error (...) of intervals at a look; `spent` (...) is that of the looks before."""
    left: Floats = np.maximum(_NEXT_TO_NONE, spending(information) - spent)
    return left


def spread_of(arms: Measured, weights: Weights) -> Spread:
    """The variance of a weighted sum of arms' means as its interval has it, pseudo-items included."""
    return arms.difference(weights).spread or arms.spread(weights)


def with_most_seeds(arms: Measured, weights: Weights) -> Spread:
    """The variance of a weighted sum of arms' means if each had `MOST` seeds."""
    now = spread_of(arms, weights)
    items, seeds, growing = now.items, now.seeds, [MOST]
    for place, (scores, weight) in enumerate(zip(arms.scores, weights, strict=True)):
        if weight and 1 < len(scores) < MOST:
            own = weight * np.eye(len(arms.scores))[place]
            items -= arms.spread(own).luck * (1 - len(scores) / MOST)
            seeds -= arms.seed_variance(own) * (1 - len(scores) / MOST)
            growing.append(len(scores))
    falls = arms.seed_variance(weights) / now.seeds if now.seeds > 0 else 1.0  # the rest is the luck of training sets
    freedom = now.freedom * (1 + falls * ((MOST - 1) / (min(growing) - 1) - 1))
    return Spread(max(items, 0.0), max(seeds, 0.0), freedom)


def hopeless(gap: Floats | float, variance: Floats | float, most: Spread, region: float, error: Floats | float) -> bool:
    """Whether more seeds would not decide a difference.

    Args:
        variance: of the difference as it is.
        most: with the most seeds.
        region: half-width of the region of practical equivalence.
        error: what is left to be spent.
    """
    return bool(beyond_hope(gap, variance, (most.items, most.seeds, most.freedom), region, error))


def beyond_hope(
    gap: Floats | float,
    variance: Floats | float,
    most: tuple[Floats | float, Floats | float, Floats | float],
    region: float,
    error: Floats | float,
) -> Floats:
    """`hopeless` of many differences (...); `most` are the parts of their variances with the most seeds."""
    size, reach = np.abs(gap), margins(*most, np.asarray(error))  # type: ignore[arg-type]
    moves = _MOVES * np.sqrt(np.maximum(0.0, variance - np.asarray(most[0]) - most[1]))
    wins = size + moves > np.maximum(reach, region)
    equal = np.maximum(0.0, size - moves) + reach <= region
    open_: Floats = ~(wins | equal)
    return open_
