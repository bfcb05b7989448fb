"""How often claims of the studies about layers are wrong, on made-up layers whose truth is known. Prints Markdown.

    python benchmarks/study_claims.py intervals pages information

`intervals`: the interval of one probe, or of one pair, from resamples of the training rows. `pages`: equal layers
before and after tuning. `information`: two classes with normal noise in 384 directions, whose variances fall as 1 / j;
the truth depends on the distance of the means in units of the noise alone. Seconds, seconds and, on one core, half an
hour; `--draws` says how many pairs of layers are made for a row of the last.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad
from scipy.stats import norm

from unfreeze.probes.information import interval_of, item_information
from unfreeze.probes.noise import half_width
from unfreeze.studies.mutual_information import LEAST

Floats = npt.NDArray[np.float64]
DIRECTIONS, WITH_SIGNAL = 384, 5
FIRST = {"top": 0, "middle": 20, "low": DIRECTIONS - WITH_SIGNAL}


@dataclass(frozen=True)
class Size:
    """Items whose labels are asked about, and others that vectors are measured by as well."""

    items: int
    others: int


@dataclass(frozen=True)
class Tuned:
    """What tuning does to the layer: `shift` of the means afterwards, `longer` signal directions, new noise, mixing."""

    name: str
    shift: float
    longer: float = 1.0
    fresh: bool = False
    mixed: bool = False


BEFORE = 2.0
KINDS = (
    Tuned("signal 3 times as long", BEFORE, 3.0),
    Tuned("signal 8 times as long", BEFORE, 8.0),
    Tuned("all directions mixed by a random matrix", BEFORE, mixed=True),
    Tuned("the same information in fresh noise", BEFORE, fresh=True),
    Tuned("means twice as far apart", 2 * BEFORE),
    Tuned("means twice as far apart, in fresh noise", 2 * BEFORE, fresh=True),
)


def known_bits(shift: float) -> float:
    """Information about two equally frequent classes, normal with spread 1, `shift` apart."""

    def part(x: float) -> float:
        p, q = norm.pdf(x), norm.pdf(x - shift)
        return float(p * np.log2(2 * p / (p + q))) if p > 0 else 0.0

    return float(quad(part, -12, 12 + shift)[0])


def layer(noise: Floats, labels: npt.NDArray[np.int64], where: str, tuned: Tuned, rng: np.random.Generator) -> Floats:
    """(N, `DIRECTIONS`) vectors of a layer."""
    signal = slice(FIRST[where], FIRST[where] + WITH_SIGNAL)
    states = noise.copy()
    states[:, signal] += tuned.shift * labels[:, None] / np.sqrt(WITH_SIGNAL)
    states /= np.sqrt(np.arange(1, DIRECTIONS + 1))
    states[:, signal] *= tuned.longer
    return states @ rng.normal(size=(DIRECTIONS, DIRECTIONS)) if tuned.mixed else states


def pair_of(size: Size, where: str, kinds: tuple[Tuned, ...], seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Items' bits before, and after each kind of tuning."""
    rng = np.random.default_rng(seed)
    count = size.items + size.others
    labels = rng.integers(2, size=count)
    noise, fresh = rng.normal(size=(2, count, DIRECTIONS))

    def bits(tuned: Tuned) -> Floats:
        states = layer(fresh if tuned.fresh else noise, labels, where, tuned, rng)
        others = (states[size.items :], labels[size.items :]) if size.others else None
        return item_information(states[: size.items], labels[: size.items], others)

    before = bits(Tuned("", BEFORE))
    for kind in kinds:
        yield before, bits(kind)


def information_rows(size: Size, where: str, kinds: tuple[Tuned, ...], draws: int) -> Iterator[str]:
    """A row of the table for each kind."""
    made = [list(pair_of(size, where, kinds, seed)) for seed in range(draws)]
    for place, kind in enumerate(kinds):
        pairs = [draw[place] for draw in made]
        gains = [interval_of(after - before) for before, after in pairs]
        reads = " | ".join(f"{np.mean([side[i].mean() for side in pairs]):.3f}" for i in (0, 1))
        held, denied = (
            100 * np.mean(said) for said in zip(*((g.lo > LEAST, g.hi < -LEAST) for g in gains), strict=True)
        )
        truth = f"{known_bits(BEFORE):.3f} | {known_bits(kind.shift):.3f}"
        about = f"{size.items:,} | {size.others:,} | {where} | {kind.name}"
        yield f"| {about} | {truth} | {reads} | {held:.0f} % | {denied:.0f} % |"


def information(draws: int) -> Iterator[str]:
    """What the bound reads, and what the study says, before and after tuning of several kinds."""
    yield "| items | others | signal | tuning | truth before | after | read before | after | holds | does not |"
    yield "| --- " * 10 + "|"
    few = max(1, draws // 3)  # items and time
    for size, most in ((Size(400, 1000), draws), (Size(400, 0), few), (Size(2000, 0), few)):
        yield from information_rows(size, "middle", KINDS, most)
    yield from information_rows(Size(400, 1000), "low", KINDS[1:2], few)


def intervals(comparisons: int = 200_000) -> Iterator[str]:
    """Coverage of one 95 % interval, by the ratio of the spread over items to that over training rows."""
    rng = np.random.default_rng(0)
    yield "| resamples | spread over items / over training rows | 1.96 for both | covered |"
    yield "| --- | --- | --- | --- |"
    for resamples in (2, 5):
        for items in (0.0, 0.3, 1.0, 3.0, 30.0):
            off = np.abs(rng.normal(size=comparisons) * np.hypot(1, items))
            spread = rng.normal(size=(comparisons, resamples)).std(1, ddof=1)
            before = np.mean(off < 1.96 * np.hypot(items, spread))
            now = np.mean(off < half_width(np.full(comparisons, items), spread, resamples))
            yield f"| {resamples} | {items:g} | {100 * before:.1f} % | {100 * now:.1f} % |"


def pages(count: int = 20_000) -> Iterator[str]:
    """Pages of equal layers on which a gain at every layer is denied, with five resamples."""
    rng = np.random.default_rng(0)
    yield "| layers | alike | spread over items / over training rows | each alone | all together |"
    yield "| --- | --- | --- | --- | --- |"
    for layers in (6, 12):
        for alike in (0.0, 0.9):
            for items in (0.3, 1.0, 3.0):
                draws = rng.normal(size=(7, count, layers)) * np.sqrt(1 - alike)
                draws += rng.normal(size=(7, count, 1)) * np.sqrt(alike)
                gain, spread = draws[0] + items * draws[1], draws[2:].std(0, ddof=1)
                over_items = np.full(gain.shape, items)
                denied = [
                    f"{100 * np.mean((gain + half_width(over_items, spread, 5, error) < 0).any(1)):.1f} %"
                    for error in (0.05, 0.05 / (layers + 1))
                ]
                yield f"| {layers} | {alike:g} | {items:g} | {' | '.join(denied)} |"


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="+", choices=("intervals", "pages", "information"))
    parser.add_argument("--draws", type=int, default=24)
    asked = parser.parse_args()
    tables = {"intervals": intervals(), "pages": pages(), "information": information(asked.draws)}
    for name in asked.tables:
        print(f"\n{name}\n")
        for row in tables[name]:
            print(row, flush=True)


if __name__ == "__main__":
    main()
