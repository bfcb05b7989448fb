"""How often one of equal arms is named better where seeds are added until it is decided: several encoders, and folds.

    python benchmarks/joint_looks.py arms folds

`arms`: two or three encoders, each as frozen linear heads, which have the most seeds from the start, and tuned, which
get more seeds look by look. `folds`: frozen and tuned over five folds, whose training sets have their luck.

Scores are normal. The items' covariance is exact, seeds and training sets are drawn, and the look is the product's own
(`unfreeze.judging.looking.look`). A winner is an arm that is better than each other by more than the region. Prints
Markdown; three minutes for a row with a thousand comparisons.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from unfreeze.judging.arms import BETTER, find
from unfreeze.judging.folds import MeasuredInFolds
from unfreeze.judging.looking import look
from unfreeze.judging.looks import LOOKS, MOST
from unfreeze.judging.simultaneous import differences
from unfreeze.judging.spread import Floats
from unfreeze.judging.two_way import Measured

VARIANCE = 0.88 * 0.12  # of an item's being right
COMMON = 0.32  # the share of it that all runs have in common
FROZEN, TUNED = 0.97, 0.58  # that the runs of frozen heads have in common, and those of tuned encoders
STEADY = 0.0005  # deviation between seeds of frozen heads
FOLDS = 5
REGION = 0.005
ENDS = ("decided", "hopeless", "open")


@dataclass(frozen=True)
class Setting:
    """Arms that differ by nothing but `gaps`.

    Attributes:
        deviations: between seeds, of each arm; frozen heads have `STEADY`.
        sets: deviation between training sets, of each arm alone; 0 where there are no folds.
    """

    items: int
    deviations: tuple[float, ...]
    gaps: tuple[float, ...]
    sets: float = 0.0


Draw = Callable[[Sequence[int]], Measured]
"""From the number of seeds of each arm to what is measured with them."""


def _covariance(setting: Setting, seeds: Sequence[int], items: int) -> Floats:
    """(runs, runs) between that many items."""
    arms = np.repeat(np.arange(len(seeds)), seeds)
    within = np.array([FROZEN if deviation == STEADY else TUNED for deviation in setting.deviations])
    shared = np.where(arms[:, None] == arms, within[arms], COMMON)
    np.fill_diagonal(shared, 1.0)
    return shared * VARIANCE / items


def drawn(setting: Setting, rng: np.random.Generator, items: int) -> Draw:
    """One comparison on that many items."""
    arms = len(setting.deviations)
    most = _covariance(setting, [MOST] * arms, items)
    noise = np.linalg.cholesky(most + 1e-12 * np.eye(len(most))) @ rng.standard_normal(len(most))
    lucks = np.array(setting.deviations)[:, None] * rng.standard_normal((arms, MOST))
    sets = setting.sets * rng.standard_normal((arms, 1))
    scores = 0.88 + np.array(setting.gaps)[:, None] + lucks + sets + noise.reshape(arms, MOST)

    def measured(seeds: Sequence[int]) -> Measured:
        first = tuple(row[:number] for row, number in zip(scores, seeds, strict=True))
        return Measured(first, _covariance(setting, seeds, items), items, shares=True)

    return measured


def drawn_in_folds(setting: Setting, rng: np.random.Generator) -> Draw:
    """One comparison over folds; the luck of two training sets correlates by 1 / K, as Nadeau and Bengio take it."""
    each = setting.items // FOLDS
    shared = setting.sets * (1 / FOLDS) ** 0.5 * rng.standard_normal(len(setting.deviations))
    gaps = tuple((np.array(setting.gaps) + shared).tolist())
    own = Setting(setting.items, setting.deviations, gaps, setting.sets * (1 - 1 / FOLDS) ** 0.5)
    folds = [drawn(own, rng, each) for _ in range(FOLDS)]

    def measured(seeds: Sequence[int]) -> Measured:
        parts = tuple(fold(seeds) for fold in folds)
        scores = tuple(np.mean(arm, axis=0) for arm in zip(*(part.scores for part in parts), strict=True))
        covariance = np.mean([part.covariance for part in parts], axis=0) / FOLDS
        return MeasuredInFolds(scores, covariance, setting.items, True, folds=parts)

    return measured


@dataclass(frozen=True)
class Told:
    """How a comparison ended.

    Attributes:
        winner: the arm that is better than each other; None where there is none.
        better: whether the arm with the highest score is better than any other.
        seeds: of each arm.
    """

    winner: int | None
    better: bool
    outcome: str
    seeds: tuple[int, ...]


def until_decided(setting: Setting, draw: Draw) -> Told:
    """Look by look, as `commands.until_decided` does."""
    seeds = [MOST if deviation == STEADY else LOOKS[0] for deviation in setting.deviations]
    spent = 0.0
    for following in (*LOOKS[1:], None):
        scored = draw(seeds)
        seen = look(scored, REGION, spent)
        spent += seen.error
        if seen.outcome != "open" or following is None:
            break
        seeds = [following if arm in seen.growing else had for arm, had in enumerate(seeds)]
    leader, pairs = int(np.argmax(scored.means)), differences(scored, seen.error)
    others = [arm for arm in range(len(seeds)) if arm != leader]
    better = [find(pairs.of(leader, arm).jointly, REGION) in BETTER for arm in others]
    return Told(leader if all(better) else None, any(better), seen.outcome, tuple(seeds))


def row(setting: Setting, comparisons: int, folds: bool = False, seed: int = 0) -> str:
    """The cells of `CELLS`; seeds are those of tuned arms."""
    rng = np.random.default_rng(seed)
    told = []
    for _ in range(comparisons):
        draw = drawn_in_folds(setting, rng) if folds else drawn(setting, rng, setting.items)
        told.append(until_decided(setting, draw))
    best = int(np.argmax(setting.gaps))
    named = [[one.winner is not None for one in told], [one.winner == best for one in told]]
    tuned = [arm for arm, deviation in enumerate(setting.deviations) if deviation != STEADY]
    seeds = np.mean([[one.seeds[arm] for arm in tuned] for one in told])
    ends = " / ".join(f"{100 * np.mean([one.outcome == end for one in told]):.0f}" for end in ENDS)
    winner = f"{100 * np.mean(named[0]):.1f}" + (f" ({100 * np.mean(named[1]):.1f})" if max(setting.gaps) else "")
    return f"{winner} | {100 * np.mean([one.better for one in told]):.1f} | {seeds:.1f} | {ends} |"


CELLS = "a winner named (the right one), % | any named better, % | mean seeds | decided / hopeless / open, % |"


def arms(comparisons: int) -> Iterator[str]:
    """Rows for two and three encoders."""
    yield f"| encoders | sd of tuned seeds, points | test items | gain of one tuned arm, points | {CELLS}"
    yield "| --- " * 8 + "|"
    for encoders, sd, items, gap in ((2, 2, 1000, 0), (2, 2, 5000, 0), (3, 1, 5000, 0), (2, 1, 5000, 3)):
        gaps = (0.0, gap / 100) + (0.0,) * (2 * encoders - 2)
        setting = Setting(items, (STEADY, sd / 100) * encoders, gaps)
        yield f"| {encoders} | {sd} | {items:,} | {gap} | {row(setting, comparisons)}"


def folds(comparisons: int) -> Iterator[str]:
    """Rows for frozen and tuned in five folds."""
    yield f"| sd of tuned seeds, points | sd of training sets | examples | gain, points | {CELLS}"
    yield "| --- " * 8 + "|"
    for sd, sets, items, gap in ((2, 0, 1000, 0), (2, 1, 1000, 0), (4, 1, 3000, 0), (2, 1, 1000, 4)):
        setting = Setting(items, (STEADY, sd / 100), (0.0, gap / 100), sets / 100)
        yield f"| {sd} | {sets} | {items:,} | {gap} | {row(setting, comparisons, folds=True)}"


PARTS = {"arms": arms, "folds": folds}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--comparisons", type=int, default=1000, help="for a row")
    given = parser.parse_args()
    for name in given.parts or PARTS:
        print(f"\n### {name}\n")
        for line in PARTS[name](given.comparisons):
            print(line, flush=True)


if __name__ == "__main__":
    main()
