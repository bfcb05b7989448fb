"""How often the second measure (log-loss, Brier score) distinguishes two arms, beside accuracy; prints Markdown.

    python benchmarks/second_measure.py --cases 1000      # a minute

Made data: two classes, margins of the gold class normal(1.5, 1.5) shared by both arms; each run adds normal(0, noise)
to an item and normal(0, 0.05) to all; probabilities are those of the margins times an arm's sureness.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np

from unfreeze.judging.spread import Floats
from unfreeze.judging.two_way import measured_means

SEEDS, CLIP = 3, 1e-7


@dataclass(frozen=True)
class Pair:
    """Two arms: the second's sureness, and the noise of its items; the first has 1 and 0.5."""

    name: str
    sureness: float = 1.0
    noise: float = 0.5


PAIRS = (
    Pair("equal"),
    Pair("equal accuracy, logits of one twice as large", sureness=2.0),
    Pair("equal accuracy, logits of one three times as large", sureness=3.0),
    Pair("one noisier, normal(0, 1) an item", noise=1.0),
)


def arm(margins: Floats, sureness: float, noise: float, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """(seeds, items) right answers, log-loss and Brier score of an arm's runs."""
    own = margins + rng.normal(0, noise, (SEEDS, len(margins))) + rng.normal(0, 0.05, (SEEDS, 1))
    likely = np.clip(1 / (1 + np.exp(-sureness * own)), CLIP, 1 - CLIP)
    return (own > 0).astype(float), -np.log(likely), 2 * (1 - likely) ** 2


def decided(first: Floats, second: Floats, shares: bool) -> bool:
    """Whether the interval of the difference excludes 0."""
    gap = replace(measured_means([first, second]), shares=shares).difference([1.0, -1.0])
    return not gap.lo <= 0 <= gap.hi


def row(pair: Pair, cases: int, items: int) -> str:
    """How often accuracy, log-loss and Brier score decide."""
    rng, counts = np.random.default_rng(0), np.zeros(3)
    for _ in range(cases):
        margins = rng.normal(1.5, 1.5, items)
        both = arm(margins, 1.0, 0.5, rng), arm(margins, pair.sureness, pair.noise, rng)
        counts += [decided(a, b, shares=place == 0) for place, (a, b) in enumerate(zip(*both, strict=True))]
    return f"| {pair.name} | " + " | ".join(f"{100 * share:.1f} %" for share in counts / cases) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000, help="in each row")
    parser.add_argument("--items", type=int, default=500)
    given = parser.parse_args()
    print("| arms | accuracy | log-loss | Brier score |\n| --- | --- | --- | --- |")
    for pair in PAIRS:
        print(row(pair, given.cases, given.items), flush=True)


if __name__ == "__main__":
    main()
