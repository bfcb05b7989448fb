"""What an 8-bit feature store costs in score: the same heads trained on float16 and on int8 states.

    python benchmarks/store_dtypes.py --data shared/data

For each set and head, dev scores of the same recipe, seeds and examples. Dev is read from a store of the same dtype;
and from float16 where only training is int8, since test items never come from a store. Differences are in points, int8
less float16, mean and seed by seed. Beside them the size of both stores and how far int8 states are from float16 ones:
the root of the mean squared difference over that of the squared states, in the worst layer.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import machine_line

from unfreeze.adaptation.feature_extraction import SplitFeatures, form_for, split_features, train_frozen
from unfreeze.adaptation.inputs import pair_reading, read_inputs
from unfreeze.adaptation.trained import gold_labels, main_score
from unfreeze.data.examples import Dataset
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.experiment.budgets import recipes
from unfreeze.experiment.question import read_data
from unfreeze.plan import CacheDtype, Plan, Recipe
from unfreeze.training.objectives import Objective, objective_for

HEADS = (("linear", "sst2"), ("bcn", "sst2"), ("crf", "wnut17"), ("bilstm-crf", "wnut17"))
DTYPES: tuple[CacheDtype, ...] = ("float16", "int8")


def error(exact: SplitFeatures, near: SplitFeatures) -> float:
    """Relative error of the worst layer over the first examples."""
    some = np.arange(min(200, len(exact.examples)))
    a, b = (side.read(some, torch.device("cpu"))[0].states for side in (exact, near))
    return float(((a - b).square().mean((1, 2)) / a.square().mean((1, 2))).sqrt().max())


def scores(
    recipe: Recipe, objective: Objective, train: SplitFeatures, dev: SplitFeatures, seeds: Sequence[int]
) -> list[float]:
    """Dev score of each seed, in points."""
    gold = gold_labels(dev.examples)
    groups = [seeds] if recipe.head == "linear" else [[seed] for seed in seeds]
    runs = [
        run
        for group in groups
        for run in train_frozen(recipe, objective, train, dev, seeds=group, device=torch.device("cpu"))
    ]
    return [100 * main_score(objective, gold, run.dev.labels) for run in runs]


def measure(head: str, data: Dataset, seeds: Sequence[int], epochs: int, reader: Encoder, folder: Path) -> str:
    """One line of the table."""
    table = recipes("thorough", "feature-extraction", data.task, reader.width)
    recipe = next(r for r in table if r.head == head)
    if head != "linear":
        recipe = replace(recipe, epochs=epochs, min_steps=0, patience=None)
    objective = objective_for(data.task, data.labels, data.train)
    form, pair = form_for(recipe, data.task), pair_reading(recipe, data.task)

    def features(dtype: CacheDtype) -> list[Any]:
        return [
            split_features(
                reader, read_inputs(reader, data.task, pair, examples), form, objective, examples,
                cache=(folder, 10**12), precision=fast_precision(reader.device), dtype=dtype,
            )
            for examples in (data.train, data.dev)
        ]  # fmt: skip

    stores = {dtype: features(dtype) for dtype in DTYPES}
    found = {dtype: scores(recipe, objective, *splits, seeds) for dtype, splits in stores.items()}
    mixed = scores(recipe, objective, stores["int8"][0], stores["float16"][1], seeds)
    size = {dtype: splits[0].features.bytes / 1e6 for dtype, splits in stores.items()}
    means = [float(np.mean(found[dtype])) for dtype in DTYPES]
    gaps, mixed_gaps = (np.subtract(one, found["float16"]) for one in (found["int8"], mixed))
    return (
        f"{head:10} {data.name:7} {len(data.train):6,} {len(data.dev):5,} {size['float16']:8.1f} {size['int8']:8.1f} "
        f"{error(stores['float16'][0], stores['int8'][0]):7.2%} {means[0]:8.2f} {means[1]:8.2f} "
        f"{gaps.mean():+6.2f} ({' '.join(f'{gap:+.2f}' for gap in gaps)}) {mixed_gaps.mean():+10.2f}"
    )


def main() -> None:
    """Print machine, date, versions, and a line a head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sst2 and wnut17")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4, help="of the heads that are not linear")
    parser.add_argument("--heads", nargs="+", choices=[head for head, _ in HEADS], default=[head for head, _ in HEADS])
    arguments = parser.parse_args()
    print(f"{machine_line()}  {arguments.encoder}")
    print(
        "                     examples    MB of states     off    dev score         int8 less float16       train only"
    )
    print(
        "head       set      train   dev  float16     int8    int8  float16     int8   mean (each seed)            mean"
    )
    with tempfile.TemporaryDirectory() as folder:
        encoder = load_encoder(arguments.encoder)
        with frozen(encoder, fast_precision(encoder.device)) as reader:
            for head, name in HEADS:
                if head in arguments.heads:
                    data = read_data(Plan(data=str(arguments.data / name), train_size=arguments.train_size))
                    seeds = range(arguments.seeds)
                    print(measure(head, data, seeds, arguments.epochs, reader, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
