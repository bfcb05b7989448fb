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
from data_sets import Kind, read_set, required
from measuring import this_machine
from results import Cell, Findings, Run, Table, add_json_option

from unfreeze.data.examples import Dataset
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.methods.budgets import recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.frozen import form_for, train_frozen
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.methods.trained import gold_labels, main_score
from unfreeze.recipe import CacheDtype, Recipe
from unfreeze.training.objectives import Objective, objective_for

HEADS: dict[str, Kind] = {"linear": "texts", "bcn": "texts", "crf": "tags", "bilstm-crf": "tags"}
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


def measure(
    head: str, data: Dataset, seeds: Sequence[int], epochs: int, reader: Encoder, folder: Path
) -> tuple[Cell, ...]:
    """One row of the table."""
    table = recipes("thorough", FEATURE_EXTRACTION, data.task, reader.traits)
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
    off, each = error(stores["float16"][0], stores["int8"][0]), " ".join(f"{gap:+.2f}" for gap in gaps)
    score_gaps = (f"{gaps.mean():+.2f}", each, f"{mixed_gaps.mean():+.2f}")
    sizes = (len(data.train), len(data.dev), size["float16"], size["int8"])
    return (head, data.name, *sizes, f"{off:.2%}", f"{means[0]:.2f}", f"{means[1]:.2f}", *score_gaps)


COLUMNS = ("head", "set", "train", "dev", "float16, MB", "int8, MB", "int8 off", "dev score, float16", "int8",
           "int8 less float16", "each seed", "train only int8")  # fmt: skip


def main() -> None:
    """Print machine, date, versions, and a row a head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sst2 and wnut17, or others")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4, help="of the heads that are not linear")
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS))
    add_json_option(parser)
    arguments = parser.parse_args()
    run, encoder = Run(this_machine(), arguments.json), load_encoder(arguments.encoder)
    rows = []
    with tempfile.TemporaryDirectory() as folder, frozen(encoder, fast_precision(encoder.device)) as reader:
        for head in arguments.heads:
            data = read_set(arguments.data, required(arguments.data, HEADS[head]), arguments.train_size)
            rows.append(measure(head, data, range(arguments.seeds), arguments.epochs, reader, Path(folder)))
    note = f"{arguments.encoder}, {arguments.seeds} seeds; differences in points."
    run.add(Findings((Table("8-bit stores", COLUMNS, tuple(rows), note),)))
    run.close()


if __name__ == "__main__":
    main()
