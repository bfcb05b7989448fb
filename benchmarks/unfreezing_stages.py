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
from data_sets import read_set
from measuring import Rate, StepClock, median_rate, named_ratio, ratio, this_machine
from results import Cell, Chart, Findings, Run, Table, add_json_option

from unfreeze.data.examples import Dataset
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.features.extract import Features, extract
from unfreeze.methods.inputs import read_inputs
from unfreeze.methods.tuned import fine_tune
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.training.objectives import objective_for

RECIPE = TunedRecipe("linear", learning_rate=4e-4, schedule="slanted-triangular", layer_decay=0.85, head_rate=10.0,
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


def trained(
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


def findings(data: Dataset, sides: dict[str, list[tuple[list[Rate], float]]], note: str) -> Findings:
    """Seconds an epoch of each stage on both sides, their ratios, and the best dev scores."""
    rows: list[tuple[Cell, ...]] = []
    ratios = []
    for stage in range(len(sides["store"][0][0])):
        rates = {name: [seen[stage] for seen, _ in runs] for name, runs in sides.items()}
        seconds = (1 / median_rate(rates[name]).clock for name in ("computed", "store"))
        against = ratio(rates["store"], rates["computed"])
        rows.append((stage + 1, *seconds, str(against.clock), str(against.processor)))
        name = f"unfreezing {data.name}, groups that learn: {stage + 1}, store against computed"
        ratios.append(named_ratio(name, rates["store"], rates["computed"], "epochs/s"))
    columns = ("groups that learn", "computed, s an epoch", "from the store, s", "ratio by the clock",
               "by processor time")  # fmt: skip
    scores: list[tuple[Cell, ...]] = []
    for name, runs in sides.items():
        each = [100 * score for _, score in runs]
        scores.append((name, f"{statistics.mean(each):.1f}", " ".join(f"{score:.1f}" for score in each)))
    points = [("computed", float(r[0] or 0), float(r[1] or 0)) for r in rows]
    points += [("from the store", float(r[0] or 0), float(r[2] or 0)) for r in rows]
    chart = Chart(f"Gradual unfreezing on {data.name}", "lines", "groups that learn", "seconds an epoch", tuple(points))
    stages = Table(f"{data.name}: an epoch of each stage", columns, tuple(rows), note)
    scored = Table(f"{data.name}: best dev score", ("lower layers", "mean", "seeds"), tuple(scores))
    return Findings((stages, scored), tuple(ratios), (chart,))


def main() -> None:
    """Print machine, date, versions, a row a stage, and the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with labelled texts, such as sst2")
    parser.add_argument("--train-size", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    add_json_option(parser)
    arguments = parser.parse_args()
    run, encoder = Run(this_machine(), arguments.json), load_encoder("minilm")
    data = read_set(arguments.data.parent, arguments.data.name, arguments.train_size)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        stored = stored_states(encoder, data, Path(folder))
        took, size = time.perf_counter() - began, sum(f.bytes for f in stored) / 1e6
        sides: dict[str, list[tuple[list[Rate], float]]] = {"computed": [], "store": []}
        for seed in range(arguments.seeds):
            sides["computed"].append(trained(encoder, data, seed, None))
            sides["store"].append(trained(encoder, data, seed, stored))
    note = f"{len(data.train):,} texts, {arguments.seeds} seeds; the store has {size:,.0f} MB and took {took:.1f} s."
    run.add(findings(data, sides, note))
    run.close()


if __name__ == "__main__":
    main()
