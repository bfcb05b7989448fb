"""An epoch of training a head: layer states read from the store, against computed anew in every epoch.

    python benchmarks/store_epochs.py --data shared/data --train-size 500

Both sides train the same head on the same states, and the epoch measured is the second one. One side reads a store that
is there already; the other runs the encoder (as where the store's cap is 0 bytes), in the same fast precision.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from measuring import Peaks, Rate, StepClock, machine_line, median_rate, ratio, take_turns

from unfreeze.adaptation.feature_extraction import SplitFeatures, form_for, split_features, train_frozen
from unfreeze.adaptation.inputs import pair_reading, read_inputs
from unfreeze.data.examples import Dataset, Example
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.experiment.budgets import recipes
from unfreeze.experiment.question import read_data
from unfreeze.plan import Plan, Recipe
from unfreeze.training.objectives import objective_for

FEW = 16  # dev examples: reading dev must not count
HEADS = {"linear": "sst2", "bcn": "sst2", "esim": "sick", "bilstm-crf": "wnut17"}
LABELS = {"sick": "entailment_judgment"}


def second_epoch(recipe: Recipe, data: Dataset, train: SplitFeatures, dev: SplitFeatures) -> Rate:
    """Epochs a second, of the second of two."""
    objective = objective_for(data.task, data.labels, data.train)
    per_epoch = -(-len(data.train) // recipe.batch_size)
    clock = StepClock()

    def tick(step: int, total: int, best: float | None) -> None:
        clock.tick()

    train_frozen(recipe, objective, train, dev, seeds=[0], device=torch.device("cpu"), progress=tick)
    return clock.rate(np.arange(2 * per_epoch) >= per_epoch, 1)


def measure(head: str, data: Dataset, turns: int, encoder: TransformerEncoder, peaks: Peaks) -> None:
    """Print one head's line."""
    table = recipes("thorough", "feature-extraction", data.task, encoder.width)
    recipe = replace(next(r for r in table if r.head == head), epochs=2, min_steps=0, patience=None)
    objective = objective_for(data.task, data.labels, data.train)
    precision = fast_precision(encoder.device)
    with tempfile.TemporaryDirectory() as folder, frozen(encoder, precision) as reader:

        def side(cap: int) -> tuple[SplitFeatures, SplitFeatures]:
            cache = Path(folder) / str(cap), cap
            form, pair = form_for(recipe, data.task), pair_reading(recipe, data.task)

            def split(examples: Sequence[Example]) -> SplitFeatures:
                inputs = read_inputs(reader, data.task, pair, examples)
                return split_features(reader, inputs, form, objective, examples, cache=cache, precision=precision)

            return split(data.train), split(data.dev[:FEW])

        stored, anew = side(10**12), side(0)
        if (stored[0].features.kind, anew[0].features.kind) != ("stored", "recomputed"):
            raise SystemExit(f"expected stored and recomputed states: {stored[0].features.note}")
        sides = {
            "store": partial(second_epoch, recipe, data, *stored),
            "anew": partial(second_epoch, recipe, data, *anew),
        }
        rates = take_turns(sides, turns, peaks)
    seconds = {name: 1 / median_rate(seen).clock for name, seen in rates.items()}
    size = stored[0].features.bytes / 1e6
    print(
        f"{head:10} {data.name:7} {recipe.pair if data.task.pair else '':9} {len(data.train):6,} {size:9.1f} ", end=""
    )
    print(f"{seconds['store']:8.2f} {seconds['anew']:8.2f}   {ratio(rates['store'], rates['anew'])}", flush=True)


def main() -> None:
    """Print machine, date, versions, and a line a head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help=f"folder that holds {', '.join(set(HEADS.values()))}")
    parser.add_argument("--train-size", type=int, default=500)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    print(machine_line())
    print("                                     states    seconds an epoch    ratio by the clock, by processor time")
    print("head       set     pairs       rows        MB    store     anew    median (least to greatest)")
    encoder, peaks = load_encoder("minilm"), Peaks()
    for head, name in HEADS.items():
        plan = Plan(data=str(arguments.data / name), label=LABELS.get(name), train_size=arguments.train_size)
        measure(head, read_data(plan), arguments.turns, encoder, peaks)
    print(f"peak {peaks.line()}")


if __name__ == "__main__":
    main()
