"""An epoch of training a head: layer states read from the store, against recomputed in every epoch.

    python benchmarks/store_epochs.py --data shared/data --train-size 500

Both sides train the same head on the same states, and the epoch measured is the second one. One side reads a store that
already exists; the other runs the encoder (as where the store's cap is 0 bytes), in the same fast precision.
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
from data_sets import Kind, read_set, required
from measuring import Peaks, Rate, StepClock, median_rate, named_ratio, ratio, take_turns, this_machine
from results import Cell, Chart, Findings, Ratio, Run, Table, add_json_option

from unfreeze.data.examples import Dataset, Example
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.methods.budgets import recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.frozen import form_for, train_frozen
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.recipe import Recipe
from unfreeze.training.objectives import objective_for

FEW = 16  # dev examples: reading dev must not count
HEADS: dict[str, Kind] = {"linear": "texts", "bcn": "texts", "esim": "pairs", "bilstm-crf": "tags"}
COLUMNS = ("head", "set", "pairs", "rows", "states, MB", "from the store, s", "recomputed, s", "ratio by the clock",
           "by processor time")  # fmt: skip
SIDES = {"recomputed": 6, "from the store": 5}


def second_epoch(recipe: Recipe, data: Dataset, train: SplitFeatures, dev: SplitFeatures) -> Rate:
    """Epochs a second, of the second of two."""
    objective = objective_for(data.task, data.labels, data.train)
    per_epoch = -(-len(data.train) // recipe.batch_size)
    clock = StepClock()

    def tick(step: int, total: int, best: float | None) -> None:
        clock.tick()

    train_frozen(recipe, objective, train, dev, seeds=[0], device=torch.device("cpu"), progress=tick)
    return clock.rate(np.arange(2 * per_epoch) >= per_epoch, 1)


def measure(
    head: str, data: Dataset, turns: int, encoder: TransformerEncoder, peaks: Peaks | None = None
) -> tuple[tuple[Cell, ...], Ratio]:
    """One head's row, and its ratio."""
    table = recipes("thorough", FEATURE_EXTRACTION, data.task, encoder.traits)
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

        stored, recomputed = side(10**12), side(0)
        if (stored[0].features.kind, recomputed[0].features.kind) != ("stored", "recomputed"):
            raise SystemExit(f"expected stored and recomputed states: {stored[0].features.note}")
        sides = {
            "store": partial(second_epoch, recipe, data, *stored),
            "again": partial(second_epoch, recipe, data, *recomputed),
        }
        rates = take_turns(sides, turns, peaks)
    stored_s, recomputed_s = (1 / median_rate(rates[name]).clock for name in ("store", "again"))
    against = ratio(rates["store"], rates["again"])
    pair = recipe.pair if data.task.pair else ""
    cells = (head, data.name, pair, len(data.train), stored[0].features.bytes / 1e6, stored_s, recomputed_s)
    name = f"epoch of {head} on {data.name}, from the store against recomputed"
    row = (*cells, str(against.clock), str(against.processor))
    return row, named_ratio(name, rates["store"], rates["again"], "epochs/s")


def main() -> None:
    """Print machine, date, versions, and a row a head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sst2, sick and wnut17, or others")
    parser.add_argument("--train-size", type=int, default=500)
    parser.add_argument("--turns", type=int, default=3)
    add_json_option(parser)
    arguments = parser.parse_args()
    run = Run(this_machine(), arguments.json)
    encoder, peaks = load_encoder("minilm"), Peaks()
    rows, ratios = [], []
    for head, kind in HEADS.items():
        data = read_set(arguments.data, required(arguments.data, kind), arguments.train_size)
        row, against = measure(head, data, arguments.turns, encoder, peaks)
        rows.append(row)
        ratios.append(against)
    title = "The second epoch of training a head"
    bars = [(side, str(row[0]), float(row[column] or 0)) for side, column in SIDES.items() for row in rows]
    chart = Chart("Seconds of an epoch", "bars", "", "seconds", tuple(bars))
    note = f"{arguments.turns} turns; peak {peaks.line()}."
    run.add(Findings((Table(title, COLUMNS, tuple(rows), note),), tuple(ratios), (chart,)))
    run.close()


if __name__ == "__main__":
    main()
