"""How often the judging's intervals, ties and plans are right, by simulation; rewrites docs/statistics.md's tables.

    python benchmarks/coverage.py                  # about 10 minutes on one core
    python benchmarks/coverage.py --long           # ten times the comparisons, for hours
    python benchmarks/coverage.py --only ties      # one part

Model. Run s of method m answers item i rightly if c_i + b_mi + e_msi < the normal quantile of A_ms: c is common to all
runs, b to the runs of a method, e to a run alone; A_ms is the method's expected accuracy and `sd` times a normal. So
the truth over new items and new seeds is known exactly. Shares of variance: c 0.60; c and b together 0.90 for a method
that moves the encoder (two runs at 88 % then disagree on about 7 % of items), 0.995 for a steady one, a linear head.
The covariance between items is computed, not resampled, which is the same but for the noise of 10,000 draws. Span F1
and Pearson go through the resamples of the product.

"Before" is the interval of version 0.1.0, a bootstrap over items and seeds, as the normal interval with its variance.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri

from unfreeze.judging.arms import find
from unfreeze.judging.planning import Had, Needed, plan
from unfreeze.judging.spread import ERROR, margins
from unfreeze.judging.two_way import Measured, measured, parts
from unfreeze.tasks.items import LabelSpace
from unfreeze.tasks.kinds import task
from unfreeze.tasks.measures import Measure
from unfreeze.tasks.metrics import asking, item_statistics, measure_of

Floats = npt.NDArray[np.float64]
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "statistics.md"
COMMON, STEADY, UNSTEADY = 0.6, 0.995, 0.9
STEADY_SD = 0.0005  # of a linear head
CELLS = 30_000_000  # items x runs x comparisons drawn at once
REGION = 0.005
SPAN_F1 = measure_of(task("tagging"), LabelSpace(("O", "B-X", "I-X"), scheme="BIO"))
PEARSON = measure_of(task("regression"))
TWO = LabelSpace(("no", "yes"))
PRECISION = measure_of(asking(task("classification"), TWO, "average_precision"), TWO)
GAIN = 0.01  # the difference that is planned for
Z95 = 1.96


@dataclass(frozen=True)
class Cell:
    """A cell of the grid.

    Attributes:
        sd: standard deviation of the accuracy between seeds, a fraction, of each method.
        accuracy: of each method.
        steady: whether a method's runs hardly differ in single items.
    """

    seeds: int
    items: int
    sd: tuple[float, float]
    accuracy: tuple[float, float] = (0.88, 0.88)
    steady: tuple[bool, bool] = (True, False)

    @property
    def gap(self) -> float:
        """The true difference, second minus first."""
        return self.accuracy[1] - self.accuracy[0]


def one_unsteady(seeds: int, items: int, sd: float, gap: float = 0.0) -> Cell:
    """Feature extraction with a linear head against fine-tuning."""
    return Cell(seeds, items, (STEADY_SD, sd), (0.88, 0.88 + gap))


def both_unsteady(seeds: int, items: int, sd: float) -> Cell:
    """Two methods with trained heads."""
    return Cell(seeds, items, (sd, sd), steady=(False, False))


@dataclass(frozen=True)
class Drawn:
    """Comparisons of a cell.

    Attributes:
        scores: (comparisons, seeds) of each method.
        covariance: (comparisons, runs, runs) between items.
    """

    scores: list[Floats]
    covariance: Floats

    def measured(self, number: int, items: int) -> Measured:
        """One comparison as the judging has it."""
        return Measured(tuple(side[number] for side in self.scores), self.covariance[number], items, shares=True)


def draw(cell: Cell, comparisons: int, rng: np.random.Generator) -> Drawn:
    """Simulated comparisons; see the top of this file."""
    some = max(1, CELLS // (cell.items * cell.seeds * 2))
    chunks = [_chunk(cell, min(some, comparisons - start), rng) for start in range(0, comparisons, some)]
    scores = [np.concatenate([chunk.scores[method] for chunk in chunks]) for method in range(2)]
    return Drawn(scores, np.concatenate([chunk.covariance for chunk in chunks]))


def _chunk(cell: Cell, comparisons: int, rng: np.random.Generator) -> Drawn:
    def normal(*shape: int) -> npt.NDArray[np.float32]:
        return rng.standard_normal(shape, np.float32)

    common, runs = normal(comparisons, 1, cell.items) * COMMON**0.5, []
    for accuracy, sd, steady in zip(cell.accuracy, cell.sd, cell.steady, strict=True):
        within = STEADY if steady else UNSTEADY
        own = common + normal(comparisons, 1, cell.items) * (within - COMMON) ** 0.5
        ability = np.clip(accuracy + sd * normal(comparisons, cell.seeds, 1), 1e-4, 1 - 1e-4)
        luck = normal(comparisons, cell.seeds, cell.items) * (1 - within) ** 0.5
        runs.append((own + luck < ndtri(ability).astype(np.float32)).astype(np.float32))
    together = np.concatenate(runs, axis=1)
    centred = together - together.mean(2, keepdims=True)
    covariance = (centred @ centred.transpose(0, 2, 1)).astype(float) / cell.items**2
    return Drawn([side.mean(2).astype(float) for side in runs], covariance)


def reaches(drawn: Drawn) -> tuple[Floats, Floats, Floats]:
    """(comparisons,) difference, half-width of its interval now, and before."""
    items, seeds, freedom, _ = parts(drawn.scores, drawn.covariance, (-1.0, 1.0))
    gap = drawn.scores[1].mean(1) - drawn.scores[0].mean(1)
    return gap, margins(items, seeds, freedom, ERROR), Z95 * np.sqrt(items + _seeds_before(drawn))


def _seeds_before(drawn: Drawn) -> Floats:
    """The variance that a bootstrap over S seeds sees, with the luck of single items in the runs that it draws."""
    number = drawn.scores[0].shape[1]
    whole = np.zeros(len(drawn.covariance))
    for method, scores in enumerate(drawn.scores):
        block = drawn.covariance[:, method * number : (method + 1) * number, method * number : (method + 1) * number]
        luck = (np.trace(block, axis1=1, axis2=2) - block.sum((1, 2)) / number) / (number - 1)
        whole += (number - 1) / number * (scores.var(1, ddof=1) + luck) / number
    return whole


def coverage_table(kind: Callable[[int, int, float], Cell], seeds: int, comparisons: int) -> list[str]:
    """Coverage and mean width of a difference by items and seeds' deviation, now and before."""
    sizes, rng = (100, 277, 872, 2000, 5000), np.random.default_rng(seeds)
    lines = ["| sd between seeds, points | " + " | ".join(f"n = {n:,}" for n in sizes) + " |", "|---" * 6 + "|"]
    for sd in (0.0, 0.002, 0.005, 0.01, 0.02):
        row = [f"{100 * sd:g}"]
        for items in sizes:
            gap, now, before = reaches(draw(kind(seeds, items, sd), comparisons, rng))
            held, old = 100 * (np.abs(gap) <= now).mean(), 100 * (np.abs(gap) <= before).mean()
            row.append(f"{held:.1f} ({200 * now.mean():.2f}); {old:.1f} ({200 * before.mean():.2f})")
        lines.append("| " + " | ".join(row) + " |")
    return lines


def grid(comparisons: int) -> str:
    """Coverage of differences."""
    out = []
    for kind, name in ((one_unsteady, "One method unsteady"), (both_unsteady, "Both methods unsteady")):
        for seeds in (2, 3, 5, 10):
            out += [f"**{name}, {seeds} seeds**", "", *coverage_table(kind, seeds, comparisons), ""]
    return "\n".join(out).rstrip()


def single(comparisons: int) -> str:
    """Coverage of one method's score."""
    rng = np.random.default_rng(1)
    sizes = (100, 277, 872, 2000, 5000)
    lines = ["| seeds | sd | " + " | ".join(f"n = {n:,}" for n in sizes) + " |", "|---" * 7 + "|"]
    for seeds in (2, 3, 5, 10):
        for sd in (0.0, 0.005, 0.01, 0.02):
            row = [str(seeds), f"{100 * sd:g}"]
            for items in sizes:
                drawn = draw(one_unsteady(seeds, items, sd), comparisons, rng)
                reach = margins(*parts(drawn.scores, drawn.covariance, (0.0, 1.0))[:3], ERROR)
                row.append(f"{100 * (np.abs(drawn.scores[1].mean(1) - 0.88) <= reach).mean():.1f}")
            lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def ceiling(comparisons: int) -> str:
    """Near the ceiling and on few items: pseudo-items."""
    rng = np.random.default_rng(2)
    lines = ["| accuracies | n | difference covered | one method covered | says equal | width |", "|---" * 6 + "|"]
    for accuracy in ((0.95, 0.95), (0.97, 0.97), (0.98, 0.99)):
        for items in (50, 100, 277, 872):
            cell = Cell(3, items, (0.002, 0.002), accuracy)
            drawn = draw(cell, comparisons, rng)
            every = [drawn.measured(number, items) for number in range(comparisons)]
            gaps = [one.difference([-1.0, 1.0]) for one in every]
            alone = [one.score(1) for one in every]
            held = np.mean([gap.lo <= cell.gap <= gap.hi for gap in gaps])
            one = np.mean([score.lo <= accuracy[1] <= score.hi for score in alone])
            equal = np.mean([find(gap, REGION) == "equal" for gap in gaps])
            width = np.mean([gap.hi - gap.lo for gap in gaps])
            names = " / ".join(f"{share:.2f}" for share in accuracy)
            shown = f"{100 * held:.1f} | {100 * one:.1f} | {100 * equal:.1f} % | {100 * width:.1f}"
            lines.append(f"| {names} | {items} | {shown} |")
    return "\n".join(lines)


def ties(comparisons: int) -> str:
    """How often a winner is named at a tie and at true gains, by the rule of the verdict."""
    rng = np.random.default_rng(3)
    lines = ["| seeds | sd | n | tie: first / second named | gain 0.5: right / wrong | 1 | 2 | 3 |", "|---" * 8 + "|"]
    for seeds in (3, 5, 10):
        for sd in (0.005, 0.01, 0.02):
            for items in (277, 872, 2000, 5000):
                named = [_named(draw(one_unsteady(seeds, items, sd, gain), comparisons, rng))
                         for gain in (0.0, 0.005, 0.01, 0.02, 0.03)]  # fmt: skip
                row = [f"{100 * first:.1f} / {100 * second:.1f}" for first, second in named[:1]]
                row += [f"{100 * right:.1f} / {100 * wrong:.1f}" for wrong, right in named[1:]]
                lines.append(f"| {seeds} | {100 * sd:g} | {items:,} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _named(drawn: Drawn) -> tuple[float, float]:
    """How often the first and the second method is named the better one."""
    gap, reach, _ = reaches(drawn)
    named = (np.abs(gap) > reach) & (np.abs(gap) > REGION)
    return float((named & (gap < 0)).mean()), float((named & (gap > 0)).mean())


def other_metrics(comparisons: int) -> str:
    """Span F1, Pearson's correlation and average precision, through the product's own resamples."""
    lines = ["| metric | n | seeds | sd | difference covered (width) | one method covered |", "|---" * 6 + "|"]
    number = max(100, comparisons // 4)
    for items, sd in ((277, 0.02), (872, 0.02), (872, 0.0)):
        lines.append(_row("span F1, recall", spans, items, sd, number))
    for items, sd in ((200, 0.002), (200, 0.02), (500, 0.02), (1500, 0.02)):
        lines.append(_row("Pearson, 0.8", correlated, items, sd, number))
    for share, items, sd in ((0.1, 500, 0.0), (0.1, 2000, 0.05), (0.5, 500, 0.05)):
        make = partial(ranked, share=share)
        lines.append(_row(f"average precision, {100 * share:.0f} % positive", make, items, sd, number))
    return "\n".join(lines)


Arms = tuple[list[Floats], Measure]
"""Statistics of each arm, and how the metric is computed from them."""

Make = Callable[[np.random.Generator, int, float], Arms]


def _row(name: str, make: Make, items: int, sd: float, number: int) -> str:
    rng, seeds = np.random.default_rng(4), 3
    truth = _truth(make, sd)
    held, alone, widths = 0, 0, []
    for _ in range(number):
        arms, measure = make(rng, items, sd)
        one = measured(arms, measure, draws=1000)
        gap, score = one.difference([1.0, -1.0]), one.score(0)
        held += gap.lo <= 0 <= gap.hi
        alone += score.lo <= truth <= score.hi
        widths.append(gap.hi - gap.lo)
    covered = f"{100 * held / number:.1f} ({100 * np.mean(widths):.2f}) | {100 * alone / number:.1f}"
    return f"| {name} | {items} | {seeds} | {100 * sd:g} | {covered} |"


def _truth(make: Make, sd: float) -> float:
    """The expected score of a run, from many."""
    rng = np.random.default_rng(5)
    scores = []
    for _ in range(100):
        arms, measure = make(rng, 5000, sd)
        scores += [float(value) for value in measure.of(arms[0])]
    return float(np.mean(scores))


def spans(rng: np.random.Generator, items: int, sd: float) -> Arms:
    """Sentences with 0 to 4 spans; a run finds each with its own recall, and marks some that are none."""
    gold = rng.poisson(1.2, items)
    ease = rng.normal(size=items) * COMMON**0.5
    arms = []
    for steady in (False, True):
        within, spread = (STEADY, STEADY_SD) if steady else (UNSTEADY, sd)
        own, runs = ease + rng.normal(size=items) * (within - COMMON) ** 0.5, []
        for _ in range(3):
            recall = np.clip(0.85 + spread * rng.normal(), 0.01, 0.99)
            lift = own + rng.normal(size=items) * (1 - within) ** 0.5
            share = np.clip(recall - 0.15 * lift, 0.0, 1.0)
            found = rng.binomial(gold, share)
            runs.append(np.stack([found, gold, found + rng.poisson(0.15, items)], axis=1) * 1.0)
        arms.append(np.stack(runs))
    return arms, SPAN_F1


def correlated(
    rng: np.random.Generator, items: int, sd: float
) -> tuple[list[Floats], Callable[[Floats], Floats], bool]:
    """Scores that correlate with gold by 0.8, and a little more or less by run."""
    gold, common = rng.normal(size=items), rng.normal(size=items)
    arms = []
    for steady in (False, True):
        within, spread = (STEADY, STEADY_SD) if steady else (UNSTEADY, sd)
        own = common * COMMON**0.5 + rng.normal(size=items) * (within - COMMON) ** 0.5
        runs = []
        for _ in range(3):
            strength = np.clip(0.8 + spread * rng.normal(), -0.99, 0.99)
            noise = own + rng.normal(size=items) * (1 - within) ** 0.5
            runs.append(item_statistics(task("regression"), gold, strength * gold + (1 - strength**2) ** 0.5 * noise))
        arms.append(np.stack(runs))
    return arms, PEARSON


def ranked(rng: np.random.Generator, items: int, sd: float, share: float) -> Arms:
    """Probabilities that rise with being positive; by how many deviations (1.5) varies by run with `sd`."""
    gold, common = rng.random(items) < share, rng.normal(size=items)
    names, arms = np.array(TWO.names)[gold.astype(int)], []
    for steady in (False, True):
        within, spread = (STEADY, STEADY_SD) if steady else (UNSTEADY, sd)
        own = common * COMMON**0.5 + rng.normal(size=items) * (within - COMMON) ** 0.5
        runs = []
        for _ in range(3):
            likely = expit((1.5 + spread * rng.normal()) * gold + own + rng.normal(size=items) * (1 - within) ** 0.5)
            runs.append(PRECISION.statistics(names, np.stack([1 - likely, likely], axis=1)))
        arms.append(np.stack(runs))
    return arms, PRECISION


def plans(comparisons: int) -> str:
    """How often a plan comes true: a planned comparison is simulated in which the arms truly differ by a point."""
    lines = [
        "| seeds | n | sd | unsteady | plans made | come true | times the predictions: 10, 50, 90 % |",
        "|---" * 7 + "|",
    ]
    number = max(100, comparisons // 4)
    for cell, kind in (
        *((one_unsteady(seeds, items, sd), "one") for seeds, items, sd in (
            (3, 872, 0.002), (3, 872, 0.005), (5, 872, 0.01), (10, 872, 0.01), (3, 5000, 0.01))),
        *((both_unsteady(seeds, items, sd), "both") for seeds, items, sd in ((5, 872, 0.005), (10, 872, 0.01))),
    ):  # fmt: skip
        made, true, times = _plans(cell, number)
        spread = ", ".join(f"{q:.0f}" for q in np.percentile(times, [10, 50, 90])) if times else "–"
        share = f"{100 * np.mean(true):.0f} %" if true else "–"
        shown = f"{cell.seeds} | {cell.items:,} | {100 * cell.sd[1]:g} | {kind} | {100 * made / number:.0f} %"
        lines.append(f"| {shown} | {share} | {spread} |")
    return "\n".join(lines)


def _plans(cell: Cell, number: int) -> tuple[int, list[float], list[float]]:
    """Plans made, how often each came true, and how many times the predictions it asks for."""
    rng = np.random.default_rng(6)
    drawn, lasting = draw(cell, number, rng), draw(replace(cell, sd=(0.0, 0.0)), 200, rng)
    every = [lasting.measured(place, cell.items).spread([-1.0, 1.0]) for place in range(200)]
    common = np.mean([spread.items - spread.luck for spread in every]) * cell.items
    own = np.mean([spread.luck for spread in every]) * cell.items * cell.seeds
    true, times = [], []
    for place in range(number):
        spread = drawn.measured(place, cell.items).spread([-1.0, 1.0])
        needed = plan(Had(spread, cell.items, cell.seeds), GAIN)
        if isinstance(needed, Needed):
            true.append(_comes_true(needed, float(common), float(own), cell.sd, rng))
            times.append(needed.items * needed.seeds / cell.items / cell.seeds)
    return len(true), true, times


def _comes_true(
    needed: Needed, common: float, own: float, sd: Sequence[float], rng: np.random.Generator, times: int = 400
) -> float:
    """How often the planned comparison shows the gain; `common` and `own` are variances of an item."""
    items, seeds = needed.items, needed.seeds
    by_items = (common + own / seeds) / items
    by_seeds = sum(value**2 for value in sd) / seeds
    luck = own / items / 2  # of a run of each of two methods, on average
    sampled = [(value**2 + luck) * rng.chisquare(seeds - 1, times) / (seeds - 1) / seeds for value in sd]
    net = sum(np.maximum(0.0, part - luck / seeds) for part in sampled)
    freedom = sum(sampled) ** 2 / sum(part**2 / (seeds - 1) for part in sampled)
    gap = GAIN + rng.normal(size=times) * np.sqrt(by_items + by_seeds)
    reach = margins(np.full(times, by_items), np.asarray(net), np.asarray(freedom), ERROR)
    return float(((gap > reach) & (gap > REGION)).mean())


PARTS: dict[str, Callable[[int], str]] = {
    "grid": grid, "single": single, "ceiling": ceiling, "ties": ties, "metrics": other_metrics, "plans": plans,
}  # fmt: skip


def rewrite(document: str, name: str, table: str) -> str:
    """The document with another table between its marks.

    Raises:
        ValueError: it has no such marks.
    """
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"no table named {name}")
    return pattern.sub(lambda found: f"{found[1]}{table}\n{found[2]}", document)


def main() -> None:
    """Print each part as it is done, and put it into the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="ten times the comparisons")
    parser.add_argument("--comparisons", type=int, default=2000, help="in each cell")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    arguments = parser.parse_args()
    comparisons = arguments.comparisons * (10 if arguments.long else 1)
    for name in arguments.only:
        began = time.process_time()
        table = PARTS[name](comparisons)
        print(f"{name}, {comparisons} comparisons, {time.process_time() - began:.0f} s\n\n{table}\n", flush=True)
        document = rewrite(arguments.document.read_text(encoding="utf-8"), name, table)
        arguments.document.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
