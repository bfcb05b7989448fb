"""What it costs in score to end a run of fine-tuning once it has learned what it can. Prints Markdown.

    python benchmarks/stopping.py --data ../shared/data --out stopping-out --sizes 300 1000

Runs are trained to the end of their schedule, and dev and test are read often on the way. Then the training loop's own
rule (`unfreeze.training.loop.Best`) is asked where it would have ended each run, and the test score of what dev chooses
up to there is compared with that of what dev chooses of all readings. Runs that are in the output folder are not
trained again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from methods_compared import QUESTIONS

from unfreeze.data.examples import Dataset, Example
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.methods import moving
from unfreeze.methods.budgets import recipes
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.prediction import predict
from unfreeze.methods.trained import gold_labels, main_score
from unfreeze.methods.trainer import Given, trainer_of
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.runs.question import read_data
from unfreeze.training import loop
from unfreeze.training.loop import Best, Epoch
from unfreeze.training.objectives import objective_for

READINGS, TESTED = 12, 400


@dataclass(frozen=True)
class Logged:
    """A run that was trained to its end: after each reading of dev its step, training loss, dev and test score."""

    key: str
    steps: Sequence[int]
    loss: Sequence[float]
    dev: Sequence[float]
    test: Sequence[float]

    def ends(self) -> int:
        """Readings after which the loop would have ended it."""
        best = Best([], None)
        for number, (step, loss, dev) in enumerate(zip(self.steps, self.loss, self.dev, strict=True), 1):
            if not best.offer(Epoch(number, step, (loss,), (dev,), 0.0, 0.0)):
                return number
        return len(self.steps)

    def chosen(self, readings: int) -> float:
        """Test score of what dev chooses among the first readings: the best, of equals the first."""
        return self.test[max(range(readings), key=lambda k: self.dev[k])]


def logged(encoder: Encoder, recipe: TunedRecipe, data: Dataset, seed: int, key: str) -> Logged:
    """Train a run to its end, whatever it has learned, and read test beside dev."""
    objective, tests = objective_for(data.task, data.labels, data.train), []
    inputs = read_inputs(encoder, data.task, pair_reading(recipe, data.task), data.test)
    on_dev = moving._Run.dev_scores

    def both(run: Any) -> list[float]:
        read = partial(run._states, None)
        (decoded,) = predict(run.model.encoder, read, [run.model.head], inputs, run.precision)
        tests.append(main_score(objective, gold_labels(data.test), objective.for_choosing(decoded)))
        return on_dev(run)

    given = Given(encoder, objective, data.train, data.dev, fast_precision(encoder.device))
    often = lambda settings, epochs: max(1, epochs // READINGS)  # noqa: E731
    with (
        mock.patch.object(moving._Run, "dev_scores", both),
        mock.patch.multiple(loop, scored_every=often, LEARNED=-1.0, PERFECT=np.inf),
    ):
        (trained,) = trainer_of(recipe).train(recipe, given, [seed])
    curve = trained.fit.curve
    return Logged(key, [e.step for e in curve], [e.loss[0] for e in curve], [e.dev[0] for e in curve], tests)


def wanted(names: Sequence[str], sizes: Sequence[int], data: Path) -> Iterator[tuple[str, Dataset]]:
    """Sets cut to sizes of train, with a fifth of that for dev."""
    for size in sizes:
        for name in names:
            whole = read_data(replace(QUESTIONS[name].plan(data), train_size=size))
            yield f"{name}/{size}", replace(whole, dev=some(whole.dev, size // 5), test=some(whole.test, TESTED))


def some(examples: Sequence[Example], number: int) -> tuple[Example, ...]:
    """So many, drawn once."""
    drawn = np.random.default_rng(0).permutation(len(examples))[:number]
    return tuple(examples[place] for place in sorted(drawn))


def run_all(encoder: Encoder, sets: Iterator[tuple[str, Dataset]], number: int, file: Path) -> list[Logged]:
    """Runs of the first recipes, those of the file as they are there."""
    before = [Logged(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
    known, wanted_keys = {run.key: run for run in before}, []
    for name, data in sets:
        for recipe in recipes("quick", FINE_TUNING, data.task, encoder.traits)[:number]:
            key = f"{encoder.name}/{name}/{recipe.name}"
            wanted_keys.append(key)
            if key not in known:
                known[key] = logged(encoder, recipe, data, 0, key)
                with file.open("a") as log:
                    log.write(f"{json.dumps(asdict(known[key]))}\n")
    return [known[key] for key in wanted_keys]


def table(runs: Sequence[Logged]) -> Iterator[str]:
    """A row for each set, and one for all."""
    yield "| encoder, set, rows | runs | steps, % | test at the end | where it would end | difference [error] |"
    yield "| --- " * 6 + "|"
    groups: dict[str, list[Logged]] = {}
    for run in runs:
        groups.setdefault(run.key.rpartition("/")[0], []).append(run)
    for name, some_runs in [*groups.items(), ("all", list(runs))]:
        ends = [run.ends() for run in some_runs]
        steps = np.mean([run.steps[end - 1] / run.steps[-1] for run, end in zip(some_runs, ends, strict=True)])
        whole = np.array([run.chosen(len(run.steps)) for run in some_runs])
        cut = np.array([run.chosen(end) for run, end in zip(some_runs, ends, strict=True)])
        error = (cut - whole).std(ddof=1) / len(cut) ** 0.5 if len(cut) > 1 else np.nan
        scores = f"{100 * whole.mean():.1f} | {100 * cut.mean():.1f}"
        off = f"{100 * (cut - whole).mean():+.2f} [{100 * error:.2f}]"
        yield f"| {name} | {len(some_runs)} | {100 * steps:.0f} | {scores} | {off} |"


def main() -> None:
    """Train what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of sets")
    parser.add_argument("--out", type=Path, required=True, help="for the curves of the runs")
    parser.add_argument("--sets", nargs="+", default=list(QUESTIONS), choices=list(QUESTIONS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[300])
    parser.add_argument("--encoders", nargs="+", default=["bert-mini"])
    parser.add_argument("--recipes", type=int, default=3)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    runs: list[Logged] = []
    for name in given.encoders:
        sets = wanted(given.sets, given.sizes, given.data)
        runs += run_all(load_encoder(name), sets, given.recipes, given.out / "runs.jsonl")
    print("\n".join(table(runs)))


if __name__ == "__main__":
    main()
