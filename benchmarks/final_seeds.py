"""How often a tie gets a winner, by how the seeds of final runs come about. Made-up scores; prints Markdown.

    python benchmarks/final_seeds.py reuse looks

`reuse`: each method tries three recipes that are alike, and its test score is the mean over seeds of the one that is
best on dev. Either the trial counts as a final run, or final runs have seeds of their own. Seconds.

`looks`: tuned encoders get more seeds until the difference is decided or hopeless (`unfreeze.judging.looks`), beside
frozen heads that have the most from the start; and three or five seeds whatever they show. Seconds.

Scores are normal. A run's score on new items is the method's plus its own luck, whose standard deviation is that of the
seeds; on the items at hand it is off by what is common to all runs, what is common to a method's and what is its own,
in shares as they are where runs of one method differ on a few per cent of the items.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from unfreeze.judging.looks import LOOKS, MOST, beyond_hope, error_of_look, information
from unfreeze.judging.spread import ERROR, Floats, Spread, margins
from unfreeze.judging.two_way import parts

VARIANCE = 0.88 * 0.12  # of an item's being right
COMMON = 0.32  # the share of it that all runs have in common
OF_METHOD = (0.97, 0.58)  # that the runs of frozen heads have in common, and those of tuned encoders
RECIPES = 3
MINUS = (-1.0, 1.0)  # tuned minus frozen


@dataclass(frozen=True)
class Setting:
    """A comparison of two methods whose expected scores differ by `gap`; scores in fractions.

    Attributes:
        deviations: standard deviations between seeds, of frozen heads and of tuned encoders.
    """

    items: int
    deviations: tuple[float, float]
    gap: float = 0.0
    dev_items: int = 800


def covariance(setting: Setting, seeds: Sequence[int]) -> Floats:
    """(runs, runs) of the scores between items."""
    method = np.repeat([0, 1], seeds)
    shared = np.where(method[:, None] == method, np.array(OF_METHOD)[method], COMMON)
    np.fill_diagonal(shared, 1.0)
    return shared * VARIANCE / setting.items


def on_items(setting: Setting, lucks: Sequence[Floats], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(draws, seeds) test scores of frozen heads and tuned encoders from the lucks of their runs."""
    draws, unit = len(lucks[0]), np.sqrt(VARIANCE / setting.items)
    common = np.sqrt(COMMON) * rng.standard_normal((draws, 1))
    frozen, tuned = (
        luck
        + unit * common
        + unit * np.sqrt(shared - COMMON) * rng.standard_normal((draws, 1))
        + unit * np.sqrt(1 - shared) * rng.standard_normal(luck.shape)
        for luck, shared in zip(lucks, OF_METHOD, strict=True)
    )
    return frozen, tuned + setting.gap


def lucks_of(setting: Setting, method: int, seeds: int, reused: bool, draws: int, rng: np.random.Generator) -> Floats:
    """(draws, seeds) lucks of a method's final runs, the first of them that of the chosen trial if it is `reused`."""
    finals = setting.deviations[method] * rng.standard_normal((draws, seeds))
    if reused:
        trials = setting.deviations[method] * rng.standard_normal((draws, RECIPES))
        off = np.sqrt((1 - OF_METHOD[method]) * VARIANCE / setting.dev_items)
        best = (trials + off * rng.standard_normal(trials.shape)).argmax(1)
        finals[:, 0] = trials[np.arange(draws), best]
    return finals


def named(setting: Setting, seeds: int, reused: bool, draws: int, seed: int = 0) -> tuple[float, float]:
    """How often frozen heads and tuned encoders are named the winner."""
    rng = np.random.default_rng(seed)
    scores = on_items(setting, [lucks_of(setting, method, seeds, reused, draws, rng) for method in (0, 1)], rng)
    runs = covariance(setting, (seeds, seeds))
    reach = margins(*parts(scores, np.broadcast_to(runs, (draws, *runs.shape)), MINUS)[:3], ERROR)
    gaps = scores[1].mean(1) - scores[0].mean(1)
    return float((gaps < -reach).mean()), float((gaps > reach).mean())


def reuse(draws: int) -> Iterator[str]:
    """Rows for seeds that differ by 0.5, 1 and 2 points."""
    yield "| sd of tuned seeds, points | seeds | test items | trial counts: tuned / frozen named, % | apart, % |"
    yield "| --- " * 5 + "|"
    for deviation in (0.005, 0.01, 0.02):
        for seeds in (3, 5):
            for items in (872, 5000):
                setting = Setting(items, (0.0005, deviation))
                both = (named(setting, seeds, reused, draws) for reused in (True, False))
                cells = " | ".join(f"{100 * tuned:.1f} / {100 * frozen:.1f}" for frozen, tuned in both)
                yield f"| {100 * deviation:g} | {seeds} | {items:,} | {cells} |"


@dataclass(frozen=True)
class Outcome:
    """Shares of comparisons: a winner named, of those tuned encoders, and equality; and the seeds of tuned encoders."""

    named: float
    tuned: float
    equal: float
    seeds: float


def until_decided(setting: Setting, looks: Sequence[int], draws: int, region: float = 0.005, seed: int = 0) -> Outcome:
    """Looks at growing numbers of seeds; a single look is a fixed number, judged at 5 %."""
    rng = np.random.default_rng(seed)
    lucks = [setting.deviations[method] * rng.standard_normal((draws, MOST)) for method in (0, 1)]
    frozen, tuned = on_items(setting, lucks, rng)
    going, spent = np.ones(draws, bool), np.zeros(draws)
    winner, equal, used = np.zeros(draws), np.zeros(draws, bool), np.zeros(draws)
    for number in looks:
        runs = covariance(setting, (MOST, number))
        now = parts((frozen, tuned[:, :number]), np.broadcast_to(runs, (draws, *runs.shape)), MINUS)[:3]
        most, variance = _with_most(setting, (frozen, tuned[:, :number]), now), now[0] + now[1]
        luck = (1 - OF_METHOD[1]) * VARIANCE / setting.items / number
        share = information(Spread(*now, luck=luck), most[0], number / MOST)  # type: ignore[arg-type]
        error = np.full(draws, ERROR) if len(looks) == 1 else error_of_look(share, spent)
        gap, reach = tuned[:, :number].mean(1) - frozen.mean(1), margins(*now, error)  # type: ignore[arg-type]
        won, same = (np.abs(gap) > np.maximum(reach, region)), np.abs(gap) + reach <= region
        winner, equal = np.where(going & won, np.sign(gap), winner), equal | (going & same)
        used, spent = np.where(going, number, used), spent + error
        going = going & ~won & ~same & ~beyond_hope(gap, variance, most, region, np.maximum(ERROR - spent, 1e-9))
    return Outcome(*(float(np.mean(value)) for value in (winner != 0, winner > 0, equal, used)))


def _with_most(
    setting: Setting, scores: tuple[Floats, Floats], now: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats, Floats]:
    """The parts of the variances where tuned encoders have the most seeds, too: see `looks.with_most_seeds`."""
    number = scores[1].shape[1]
    runs = covariance(setting, (MOST, number))
    own = parts(scores, np.broadcast_to(runs, (len(scores[0]), *runs.shape)), (0.0, 1.0))[1]
    luck = (1 - OF_METHOD[1]) * VARIANCE / setting.items / number
    saved = 1 - number / MOST
    return now[0] - luck * saved, now[1] - own * saved, now[2] * (MOST - 1) / (number - 1)


def looks(draws: int) -> Iterator[str]:
    """Rows for a tie and a gain of 2 points."""
    yield (
        "| sd of tuned seeds, points | test items | tie: named, % | mean seeds | with 3 / 5 seeds, % "
        "| gain of 2 points: named, % | mean seeds | with 3 / 5 seeds, % |"
    )
    yield "| --- " * 8 + "|"
    for deviation in (0.0, 0.005, 0.01, 0.02):
        for items in (300, 1000, 5000):
            cells = []
            for gap in (0.0, 0.02):
                setting = Setting(items, (0.0005 if deviation else 0.0, deviation), gap)
                found = until_decided(setting, LOOKS, draws)
                fixed = [until_decided(setting, (number,), draws).named for number in (3, 5)]
                cells += [f"{100 * found.named:.1f}", f"{found.seeds:.1f}", " / ".join(f"{100 * f:.1f}" for f in fixed)]
            yield f"| {100 * deviation:g} | {items:,} | {' | '.join(cells)} |"


PARTS = {"reuse": reuse, "looks": looks}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--draws", type=int, default=40_000, help="comparisons for a row")
    given = parser.parse_args()
    for name in given.parts or PARTS:
        print(f"\n### {name}\n")
        for line in PARTS[name](given.draws):
            print(line)


if __name__ == "__main__":
    main()
