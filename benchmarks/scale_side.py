"""One side of `scale.py`, in its own process: a grid of runs here or on a Ray, its times as JSON in the last line.

python benchmarks/scale_side.py DATA SET ENCODER ENGINE KIND TRAIN_SIZE SEEDS
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data_sets import SETS, read_set

from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import Plan
from unfreeze.recipe import Recipe
from unfreeze.records.comparison import RunRecord
from unfreeze.runs.jobs import Work, job
from unfreeze.runs.opening import opened
from unfreeze.runs.runner import Asked, Flow, follow
from unfreeze.runs.watching import Quiet

Kind = Literal["grid", "brief"]
# The longest first, so that none of them is left alone at the end.
RECIPES: dict[Kind, tuple[Recipe, ...]] = {
    "grid": (
        TunedRecipe("linear", "two epochs", learning_rate=2e-4, warmup=0.1, epochs=2, batch_size=32),
        FrozenRecipe("bcn", "bcn", learning_rate=1e-3, epochs=6, min_steps=0, batch_size=64, hidden=128, clip=5.0),
        TunedRecipe("linear", "one epoch", learning_rate=3e-4, warmup=0.1, epochs=1, batch_size=32),
        FrozenRecipe("linear", "top", learning_rate=1e-3, epochs=30, batch_size=64, layers=(-1,), dropout=0.0),
    ),
    "brief": (FrozenRecipe("linear", "brief", learning_rate=1e-2, epochs=2, batch_size=16, layers=(-1,)),),
}


@dataclass(frozen=True)
class Times:
    """Of a side.

    Attributes:
        begun_at: when the first run began, as `time.time` has it in all processes of a machine.
        seconds: from the opening of the question to the last run's record.
        each: from the end of the first run to that of the last one, for each run after the first.
        scores: on dev, of the runs in their order.
    """

    begun_at: float
    seconds: float
    each: float
    scores: tuple[float, ...]


class _First(Quiet):
    """A watcher that keeps when the first run began and when the first one ended."""

    def __init__(self) -> None:
        self.begun_at, self.ended_at = 0.0, 0.0

    def begin(self, what: str, left: int) -> None:
        if not self.begun_at and ", seed" in what:
            self.begun_at = time.time()

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        if not self.ended_at and ", seed" in what:
            self.ended_at = time.time()


def _wanted(works: Sequence[Work]) -> Flow[list[RunRecord]]:
    records = yield Asked(works)
    return [record for of_work in records for record in of_work]


def measure(data: Path, name: str, plan: Plan, kind: Kind, seeds: int) -> Times:
    """Make the runs of a grid."""
    dataset, first = read_set(data, name, plan.train_size), _First()
    with tempfile.TemporaryDirectory() as out:
        began = time.time()
        with opened(plan, dataset, Path(out) / "out", first) as question:
            jobs = [job(question.question, recipe, seed) for recipe in RECIPES[kind] for seed in range(seeds)]
            (records,) = follow(question.bench, [_wanted([Work((one,)) for one in jobs])])
        ended = time.time()
    each = (ended - first.ended_at) / max(1, len(jobs) - 1)
    return Times(first.begun_at, ended - began, each, tuple(record.dev for record in records))


def main() -> None:
    """Print the times as JSON."""
    data, name, encoder, engine, kind, train_size, seeds = sys.argv[1:]
    about = SETS[name]
    plan = Plan(
        data=f"{data}/{name}", label=about.label, text=about.text, train_size=int(train_size), encoder=encoder,
        engine=engine, device="cpu",
    )  # fmt: skip
    chosen: Kind = "grid" if kind == "grid" else "brief"
    print(json.dumps(asdict(measure(Path(data), name, plan, chosen, int(seeds)))))


if __name__ == "__main__":
    main()
