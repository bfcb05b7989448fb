"""What bf16 products cost heads with an LSTM in score: the same heads, states and seeds, trained in fp32 and in bf16.

    python benchmarks/heads_scores.py --data shared/data --sets sick sst2 wnut17:2000:1000 --seeds 10 --work heads-work

Settings are those of the budget's first recipe with the head. Both sides read the same states from a store; dev and
test are read in fp32. Each run is a line in the `runs.jsonl` of `--work` as soon as it is done, and is not done again.
Differences are in points, bf16 less fp32, seed by seed: their mean and its standard error. Speed is processor time of
the whole run, for each of its epochs.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from data_sets import read_set
from measuring import this_machine
from pydantic import TypeAdapter
from results import Cell, Findings, Run, Table, add_json_option

from unfreeze.data.batches import sorted_batches
from unfreeze.data.examples import Dataset, Example
from unfreeze.data.splits import stratified_subset
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import Precision, fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.methods.budgets import recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.frozen import form_for, frozen_head, train_frozen
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.prediction import in_order
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.methods.trained import Trained, gold_labels, metrics, settled
from unfreeze.tasks.metrics import main_metric
from unfreeze.training.objectives import Decoded, Objective, objective_for

CPU = torch.device("cpu")
Part = Literal["dev", "test"]
COLUMNS = ("head", "set", "rows", "seeds", "dev, fp32", "test, fp32", "dev, bf16 less fp32", "error",
           "test, bf16 less fp32", "error", "times as fast")  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What is trained: a set and how much of its splits; None is all."""

    name: str
    train: int | None
    rest: int | None


@dataclass(frozen=True)
class Score:
    """A run of one seed: scores in points, its epochs, and processor seconds of the training."""

    asked: Asked
    head: str
    rows: int
    precision: Precision
    seed: int
    dev: float
    test: float
    epochs: int
    seconds: float


_SCORE = TypeAdapter(Score)


@dataclass(frozen=True)
class Work:
    """A head's recipe with the states of all splits."""

    recipe: FrozenRecipe
    objective: Objective
    train: SplitFeatures
    dev: SplitFeatures
    test: SplitFeatures

    def run(self, asked: Asked, precision: Precision, seed: int) -> Score:
        """Train with a seed, and score."""
        began = time.process_time()
        (trained,) = train_frozen(
            self.recipe, self.objective, self.train, self.dev, seeds=[seed], device=CPU, precision=precision
        )
        seconds = time.process_time() - began
        done = settled(trained, self.objective, gold_labels(self.dev.examples))
        dev, test = self._points(self.dev, done.dev), self._points(self.test, self._on_test(done))
        rows, epochs = len(self.train.examples), len(trained.fit.curve)
        return Score(asked, self.recipe.head, rows, precision, seed, dev, test, epochs, seconds)

    def _points(self, split: SplitFeatures, decoded: Decoded) -> float:
        main = main_metric(self.objective.task, self.objective.labels.scheme)
        return 100 * metrics(self.objective, gold_labels(split.examples), decoded)[main]

    def _on_test(self, trained: Trained) -> Decoded:
        head = frozen_head(self.recipe, self.objective, self.train.features.layers, self.train.features.width)
        head.load_state_dict(dict(trained.weights))
        head.eval()
        batches = list(sorted_batches(self.test.lengths(), 4096))
        with torch.inference_mode():
            parts = [head.decode(*self.test.read(batch, CPU))[0] for batch in batches]
        return in_order(parts, batches)


def work_of(data: Dataset, encoder: Encoder, folder: Path) -> Work:
    """The budget's first recipe whose head has an LSTM, and the states that it reads, from the store in `folder`."""
    table = recipes("thorough", FEATURE_EXTRACTION, data.task, encoder.traits)
    recipe = next(r for r in table if isinstance(r, FrozenRecipe) and r.head in ("bcn", "esim", "bilstm-crf"))
    objective, precision = objective_for(data.task, data.labels, data.train), fast_precision(encoder.device)
    form, pair = form_for(recipe, data.task), pair_reading(recipe, data.task)
    with frozen(encoder, precision) as reader:

        def features(examples: tuple[Example, ...]) -> SplitFeatures:
            inputs, cache = read_inputs(reader, data.task, pair, examples), (folder, 10**12)
            return split_features(reader, inputs, form, objective, examples, cache=cache, precision=precision)

        return Work(recipe, objective, *(features(part) for part in (data.train, data.dev, data.test)))


def data_of(folder: Path, asked: Asked) -> Dataset:
    """The set, with at most `asked.rest` examples of dev and of test."""
    data = read_set(folder, asked.name, asked.train)
    if asked.rest is None:
        return data
    dev, test = (stratified_subset(part, data.task, asked.rest, 0) for part in (data.dev, data.test))
    return replace(data, dev=dev, test=test)


def read_runs(file: Path) -> list[Score]:
    """Those that are done."""
    if not file.exists():
        return []
    return [_SCORE.validate_json(line) for line in file.read_bytes().splitlines()]


def train_missing(works: Iterable[tuple[Asked, Work]], seeds: Sequence[int], file: Path) -> Iterator[Score]:
    """All runs, seed by seed, both precisions in turn; what the file lacks is trained and added to it."""
    done = {(score.asked, score.precision, score.seed): score for score in read_runs(file)}
    listed = list(works)
    for seed in seeds:
        for asked, work in listed:
            for precision in get_args(Precision):
                score = done.get((asked, precision, seed))
                if score is None:
                    score = work.run(asked, precision, seed)
                    with file.open("ab") as out:
                        out.write(_SCORE.dump_json(score) + b"\n")
                yield score


def gap(scores: Sequence[Score], part: Part) -> tuple[float, float]:
    """Mean of the differences of seeds that have both precisions, bf16 less fp32, and its standard error."""
    of = {used: {s.seed: getattr(s, part) for s in scores if s.precision == used} for used in get_args(Precision)}
    gaps = [of["bf16"][seed] - of["fp32"][seed] for seed in of["fp32"] if seed in of["bf16"]]
    error = np.std(gaps, ddof=1) / len(gaps) ** 0.5 if len(gaps) > 1 else np.nan
    return float(np.mean(gaps)), float(error)


def row(scores: Sequence[Score]) -> tuple[Cell, ...]:
    """A set's row."""
    exact = [score for score in scores if score.precision == "fp32"]
    costs = [
        np.median([score.seconds / score.epochs for score in scores if score.precision == precision])
        for precision in get_args(Precision)
    ]
    means = (f"{np.mean([getattr(score, part) for score in exact]):.2f}" for part in get_args(Part))
    gaps = [
        f"{value:{sign}.2f}" for part in get_args(Part) for value, sign in zip(gap(scores, part), "+-", strict=True)
    ]
    first = scores[0]
    speed = float(costs[0] / costs[1])
    return (first.head, first.asked.name, first.rows, len(exact), *means, *gaps, f"{speed:.2f}")


def main() -> None:
    """Print machine, date, versions, and one row for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", default=["sst2", "wnut17", "sick"], metavar="NAME[:TRAIN[:REST]]",
                        help="with at most TRAIN examples of train, REST of dev and of test")  # fmt: skip
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="folder that keeps layer states and finished runs; else none is kept")
    add_json_option(parser)
    arguments = parser.parse_args()
    run = Run(this_machine(), arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        run.add(measure(arguments, arguments.work or Path(folder)))
    run.close()


def measure(arguments: argparse.Namespace, folder: Path) -> Findings:
    """All runs, told one by one, and their table."""
    encoder, asked = load_encoder("minilm"), [asked_by(text) for text in arguments.sets]
    works = [(one, work_of(data_of(arguments.data, one), encoder, folder / "store")) for one in asked]
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    scores = []
    for score in train_missing(works, seeds, folder / "runs.jsonl"):
        scores.append(score)
        print(f"{score.asked.name} {score.precision} {score.seed}: {score.dev:.2f} {score.test:.2f}", flush=True)
    rows = [row([score for score in scores if score.asked == one]) for one in asked]
    note = "Points; error is the standard error of the mean; speed by processor time of an epoch, dev read in it."
    return Findings((Table("Heads with an LSTM in bf16 and in fp32", COLUMNS, tuple(rows), note),))


def asked_by(text: str) -> Asked:
    """`sst2`, `sst2:3000`, `sst2:3000:1000`; an empty number is none."""
    name, *sizes = text.split(":")
    train, rest = (int(size) if size else None for size in (*sizes, "", "")[:2])
    return Asked(name, train, rest)


if __name__ == "__main__":
    main()
