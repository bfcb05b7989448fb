"""How often claims of the studies about layers are wrong, on made-up layers whose truth is known. Prints Markdown.

    python benchmarks/study_claims.py intervals pages findings information

`intervals`: the interval of one probe, or of one pair, from resamples of the training rows. `pages`: equal layers
before and after tuning. `findings`: pages whose findings share cells. `information`: two classes with normal noise in
384 directions, whose variances fall as 1 / j; the truth depends on the distance of the means in units of the noise
alone. The last takes about half an hour on one core, the others few minutes together; `--draws` says how many pairs of
layers are made for a row of the last.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad
from scipy.stats import norm

from unfreeze.judging.spread import ERROR, margins
from unfreeze.judging.two_way import Measured
from unfreeze.probes.information import interval_of, item_information
from unfreeze.studies.evidence import sign_held, sign_p
from unfreeze.studies.jointly import judged_together
from unfreeze.studies.mutual_information import LEAST
from unfreeze.studies.page import Claim

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
            now = np.mean(off < margins(items**2, spread**2, resamples - 1, ERROR))
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
                denied = [
                    f"{100 * np.mean((gain + margins(items**2, spread**2, 4, error) < 0).any(1)):.1f} %"
                    for error in (ERROR, ERROR / (layers + 1))
                ]
                yield f"| {layers} | {alike:g} | {items:g} | {' | '.join(denied)} |"


ENCODERS, SETS, ITEMS = 3, 7, 1000


def cells(rng: np.random.Generator, seeds: int, sds: tuple[float, float], gap: float) -> Measured:
    """Encoders frozen, then tuned, of which the last is better by `gap` both ways; accuracy .85 of the others.

    Errors over items of two runs correlate .6, of two of a cell .8.
    """
    count = 2 * ENCODERS
    alike = np.kron(np.eye(count), np.ones((seeds, seeds)))
    covariance = 0.85 * 0.15 / ITEMS * (0.6 + 0.2 * alike + 0.2 * np.eye(count * seeds))
    luck = rng.normal(size=count * seeds) * np.repeat(sds, ENCODERS * seeds)
    better = np.tile(np.repeat([0.0] * (ENCODERS - 1) + [gap], seeds), 2)
    scores = 0.85 + better + luck + rng.multivariate_normal(np.zeros(count * seeds), covariance, method="cholesky")
    return Measured(tuple(scores.reshape(count, seeds)), covariance, ITEMS, shares=True)


def page_claims(rng: np.random.Generator, seeds: int, sds: tuple[float, float], gap: float) -> Iterator[Claim]:
    """Tuned against frozen and encoder against encoder, on every set; `about` says what is true."""
    both = [(e, e + ENCODERS) for e in range(ENCODERS)]
    ways = [(way + a, way + b) for way in (0, ENCODERS) for a, b in combinations(range(ENCODERS), 2)]
    for _ in range(SETS):
        measured = cells(rng, seeds, sds, gap)
        for worse, better in both + ways:
            weights = np.zeros(2 * ENCODERS)
            weights[[worse, better]] = -1, 1
            found = measured.difference(weights)
            held = sign_held(found.lo, found.hi, 1)
            real = gap > 0 and (worse, better) in ways and better % ENCODERS == ENCODERS - 1
            # What is open alone is open together, whatever its p.
            yield Claim("", "true" if real else "null", held, "", p=1.0 if held == "open" else sign_p(found, 1))


def findings(count: int = 200) -> Iterator[str]:
    """Pages of a table of sets, encoders and ways, as single intervals and as Holm's method decide."""
    yield ("| seeds | sd frozen, tuned | true difference | a page has a false finding, singly | together | true "
           "differences that hold, singly | together |")  # fmt: skip
    yield "| --- " * 7 + "|"
    rng = np.random.default_rng(0)
    for seeds, sds in ((3, (0.005, 0.01)), (5, (0.005, 0.01)), (3, (0.01, 0.02)), (5, (0.01, 0.02))):
        for gap in (0.0, 0.06):
            made = [tuple(page_claims(rng, seeds, sds, gap)) for _ in range(count)]
            cells_of_row = []
            for judged in (made, [judged_together(page) for page in made]):
                false = np.mean([any(c.held != "open" for c in page if c.about == "null") for page in judged])
                true = [claim.held == "holds" for page in judged for claim in page if claim.about == "true"]
                cells_of_row.append((f"{100 * false:.1f} %", f"{100 * np.mean(true):.0f} %" if true else "-"))
            (false, true), (false_together, true_together) = cells_of_row
            about = f"{seeds} | {100 * sds[0]:g}, {100 * sds[1]:g} | {100 * gap:g}"
            yield f"| {about} | {false} | {false_together} | {true} | {true_together} |"


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="+", choices=("intervals", "pages", "findings", "information"))
    parser.add_argument("--draws", type=int, default=24)
    asked = parser.parse_args()
    tables = {
        "intervals": intervals(), "pages": pages(), "findings": findings(), "information": information(asked.draws),
    }  # fmt: skip
    for name in asked.tables:
        print(f"\n{name}\n")
        for row in tables[name]:
            print(row, flush=True)


if __name__ == "__main__":
    main()
