"""Epochs of the heads with an LSTM: against torch's LSTM, and against the time of the LSTM's own matrix products.

    python benchmarks/heads.py --data shared/data --train-size 600

The same head, recipe, states from the store, and all else; the epoch measured is the second one, without reading dev.
The peer's LSTM is torch's own over packed sequences, with autograd through it and all threads on each operation. Ours
is measured as one run, and as a seed in every thread (seconds a seed). "Of the limit" is the share of the processor
time that the products of the LSTMs alone would take at the fp32 peak measured beside it: those with inputs and states,
and twice as much for the gradients. Where bf16 is fast, all but those from step to step are in bf16.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from data_sets import Kind, read_set, required
from measuring import Peaks, Rate, StepClock, median_rate, named_ratio, take_turns, this_machine
from results import Cell, Findings, Ratio, Run, Table, add_json_option
from torch import nn

from unfreeze.data.examples import Dataset
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import fast_precision
from unfreeze.encoders.protocol import Encoder
from unfreeze.layers.lstm import BiLSTM
from unfreeze.layers.side_by_side import Threads
from unfreeze.methods import frozen as feature_extraction
from unfreeze.methods.budgets import recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.frozen import form_for, frozen_head, train_frozen
from unfreeze.methods.inputs import pair_reading, read_inputs
from unfreeze.methods.split_features import SplitFeatures, split_features
from unfreeze.recipe import Recipe
from unfreeze.training.objectives import Objective, objective_for

CPU = torch.device("cpu")
FEW = 16  # dev examples: reading dev must not count
HEADS: dict[str, Kind] = {"bilstm-crf": "tags", "bcn": "texts", "esim": "pairs"}
COLUMNS = ("head", "set", "rows", "torch's LSTM, s", "ours, s", "a seed a thread, s", "rows a second", "of the limit",
           "a seed a thread, of the limit")  # fmt: skip


@dataclass(frozen=True)
class Work:
    """A head's recipe with what it is trained on."""

    recipe: Recipe
    objective: Objective
    train: SplitFeatures
    dev: SplitFeatures

    def second_epoch(self, seeds: Sequence[int]) -> Rate:
        """Epochs a second, of the second of two; seeds are trained side by side."""
        clock = StepClock()

        def train(seed: int) -> None:
            train_frozen(
                self.recipe, self.objective, self.train, self.dev, seeds=[seed], device=CPU,
                precision=fast_precision(CPU), progress=lambda *_: clock.tick(),
            )  # fmt: skip

        if len(seeds) == 1:
            train(seeds[0])
        else:
            side_by_side(train, seeds)
        steps = len(clock.ends) - 1
        return clock.rate(np.arange(steps) >= steps // 2, len(seeds))

    def rows(self) -> int:
        """Rows that the LSTMs read in an epoch: words, or pieces."""
        inputs = np.arange(len(self.train.inputs.offsets) - 1)
        return sum(
            sum(self.train.features.read(part).lengths) for part in np.array_split(inputs, len(inputs) // 64 + 1)
        )

    def flops(self) -> float:
        """Of the LSTMs' products in an epoch."""
        head = frozen_head(self.recipe, self.objective, self.train.features.layers, self.train.features.width)
        lstms = [part for part in head.modules() if isinstance(part, nn.LSTM)]
        weights = [w for lstm in lstms for name, w in lstm.named_parameters() if name.startswith("weight")]
        return 3.0 * 2 * self.rows() * sum(w.numel() for w in weights)


def side_by_side(train: Callable[[int], None], seeds: Sequence[int]) -> None:
    """Each seed in a thread."""
    with Threads(torch.get_num_threads()) as threads:
        for future in [threads.begin(partial(train, seed)) for seed in seeds]:
            future.result()
    torch.set_num_threads(threads.count)  # what new threads start with


@contextmanager
def torchs_lstm() -> Iterator[None]:
    """Inside, heads train with torch's LSTM and all threads on each operation."""

    with (
        patch.object(BiLSTM, "_on_processor", lambda lstm, states, mask, dtype: lstm._on_gpu(states, mask)),
        patch.object(feature_extraction, "one_thread_each", nullcontext),
    ):
        yield


def with_torchs(work: Work) -> Rate:
    """The peer's epochs a second."""
    with torchs_lstm():
        return work.second_epoch([0])


def measure(work: Work, data: Dataset, turns: int) -> tuple[tuple[Cell, ...], list[Ratio], Peaks]:
    """One head's row and ratios, and the peak beside it."""
    peaks, seeds = Peaks(), range(torch.get_num_threads())
    sides = {
        "torch": partial(with_torchs, work),
        "ours": partial(work.second_epoch, [0]),
        "seeds": partial(work.second_epoch, seeds),
    }
    rates = take_turns(sides, turns, peaks)
    seconds = {name: 1 / median_rate(seen).clock for name, seen in rates.items()}
    rows, flops = work.rows(), work.flops()
    shares = [peaks.share(flops, rates[name], "fp32") for name in ("ours", "seeds")]
    head = work.recipe.head
    row = (head, data.name, rows, *seconds.values(), rows / seconds["ours"], *(str(share) for share in shares))
    name = f"epoch of {head} on {data.name}"
    ratios = [
        named_ratio(f"{name}, against torch's LSTM", rates["ours"], rates["torch"], "epochs/s", shares[0]),
        named_ratio(f"{name}, a seed a thread, against one after the other", rates["seeds"], rates["ours"], "epochs/s"),
    ]
    return row, ratios, peaks


def work_of(head: str, data: Dataset, encoder: Encoder, folder: Path, hidden: int | None) -> Work:
    """The budget's first recipe with this head, two epochs of it, and its states in a store in `folder`."""
    table = recipes("thorough", FEATURE_EXTRACTION, data.task, encoder.traits)
    recipe = replace(next(r for r in table if r.head == head), epochs=2, min_steps=0, patience=None)
    recipe = replace(recipe, hidden=hidden or recipe.hidden)
    objective, precision = objective_for(data.task, data.labels, data.train), fast_precision(encoder.device)
    form, pair = form_for(recipe, data.task), pair_reading(recipe, data.task)
    with frozen(encoder, precision) as reader:
        splits = []
        for examples in (data.train, data.dev[:FEW]):
            inputs = read_inputs(reader, data.task, pair, examples)
            cache = folder, 10**12
            splits.append(split_features(reader, inputs, form, objective, examples, cache=cache, precision=precision))
    return Work(recipe, objective, *splits)


def main() -> None:
    """Print machine, date, versions, and a row a head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds sst2, sick and wnut17, or others")
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS))
    parser.add_argument("--train-size", type=int, help="of each set; all if left out")
    parser.add_argument("--hidden", type=int, help="width of an LSTM direction; the recipe's if left out")
    parser.add_argument("--turns", type=int, default=3)
    add_json_option(parser)
    arguments = parser.parse_args()
    run, encoder = Run(this_machine(), arguments.json), load_encoder("minilm")
    rows, ratios = [], []
    for head in arguments.heads:
        data = read_set(arguments.data, required(arguments.data, HEADS[head]), arguments.train_size)
        with tempfile.TemporaryDirectory() as folder:
            row, found, peaks = measure(
                work_of(head, data, encoder, Path(folder), arguments.hidden), data, arguments.turns
            )
        rows.append(row)
        ratios += found
    note = f"{arguments.turns} turns; peak {peaks.line()}."
    run.add(Findings((Table("The second epoch of a head with an LSTM", COLUMNS, tuple(rows), note),), tuple(ratios)))
    run.close()


if __name__ == "__main__":
    main()
