"""Gradual unfreezing: seconds an epoch of each stage, frozen layers computed at each step against read from the store.

    python benchmarks/unfreezing_stages.py --data shared/data/sst2 --train-size 1000 --seeds 3

Both sides run the same recipe with the same seeds; the best dev score of each run says what the store's rounding, and
no dropout inside the frozen layers, do to the result. Filling the store is a line of its own.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from measuring import Rate, StepClock, machine_line, median_rate, ratio

from unfreeze.adaptation.fine_tuning import fine_tune
from unfreeze.adaptation.inputs import read_inputs
from unfreeze.data.examples import Dataset
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.experiment.question import read_data
from unfreeze.features.extract import Features, extract
from unfreeze.plan import Plan, Recipe
from unfreeze.training.objectives import objective_for

RECIPE = Recipe(
    "fine-tuning", "linear", learning_rate=4e-4, schedule="slanted-triangular", layer_decay=0.85, head_rate=10.0,
    gradual_unfreezing=True, epochs=2,
)  # fmt: skip


def stored_states(encoder: TransformerEncoder, data: Dataset, folder: Path) -> tuple[Features, Features]:
    """States of every piece of train and dev."""
    precision = fast_precision(encoder.device)
    with frozen(encoder, precision) as reader:
        train, dev = (
            extract(
                reader, read_inputs(reader, data.task, "joint", split), "tokens", folder=folder, cap_bytes=10**12,
                precision=precision,
            )
            for split in (data.train, data.dev)
        )  # fmt: skip
    return train, dev


def run(
    encoder: TransformerEncoder, data: Dataset, seed: int, stored: tuple[Features, Features] | None
) -> tuple[list[Rate], float]:
    """Epochs a second of each stage, without the first step (before which dev is read); and the best dev score."""
    clock = StepClock()
    done = fine_tune(
        encoder, RECIPE, objective_for(data.task, data.labels, data.train), data.train, data.dev, seed=seed,
        precision=fast_precision(encoder.device), stored=stored, progress=lambda *_: clock.tick(),
    )  # fmt: skip
    steps = -(-len(data.train) // RECIPE.batch_size)
    number = np.arange(len(clock.ends) - 1)
    stages = encoder.layers + 1  # the head, each layer, the embeddings
    rates = [clock.rate((number // steps == stage) & (number % steps > 0), 1 - 1 / steps) for stage in range(stages)]
    return rates, max(epoch.dev[0] for epoch in done.fit.curve)


def main() -> None:
    """Print machine, date, versions, a line a stage, and the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with labelled texts, such as sst2")
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print(machine_line())
    data, encoder = read_data(Plan(data=str(arguments.data), train_size=arguments.train_size)), load_encoder("minilm")
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        stored = stored_states(encoder, data, Path(folder))
        size = sum(f.bytes for f in stored) / 1e6
        print(f"{data.name}: {len(data.train):,} texts; store of {size:,.0f} MB in {time.perf_counter() - began:.1f} s")
        sides: dict[str, list[tuple[list[Rate], float]]] = {"computed": [], "store": []}
        for seed in range(arguments.seeds):
            sides["computed"].append(run(encoder, data, seed, None))
            sides["store"].append(run(encoder, data, seed, stored))
    print("groups that learn   seconds an epoch: computed   store   ratio by the clock, by processor time")
    for stage in range(encoder.layers + 1):
        rates = {name: [r[stage] for r, _ in runs] for name, runs in sides.items()}
        seconds = {name: 1 / median_rate(seen).clock for name, seen in rates.items()}
        told = f"{seconds['computed']:26.2f} {seconds['store']:7.2f}   {ratio(rates['store'], rates['computed'])}"
        print(f"{stage + 1:17} {told}")
    scores = {name: [100 * score for _, score in runs] for name, runs in sides.items()}
    for name, seen in scores.items():
        print(f"{name:8} best dev {statistics.mean(seen):.1f}  seeds: {' '.join(f'{score:.1f}' for score in seen)}")


if __name__ == "__main__":
    main()
