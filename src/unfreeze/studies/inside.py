"""What the layers of an encoder contain, before and after tuning: computed once, kept in the folder of its question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from unfreeze.commands.probe import probed_variants, tuned_bench
from unfreeze.data.examples import Example
from unfreeze.data.splits import spread_out
from unfreeze.disk.files import write_json
from unfreeze.disk.typed import read_typed
from unfreeze.judging.spread import Floats
from unfreeze.judging.stats import Interval
from unfreeze.methods.inputs import pair_reading
from unfreeze.methods.split_features import SplitFeatures
from unfreeze.probes.information import FOLDS, PENALTIES, Ints, interval_of, item_information
from unfreeze.probes.layers import VERSION
from unfreeze.records.comparison import AGAIN
from unfreeze.records.layer_scores import VARIANTS, LayerScores, read_layer_scores, write_layer_scores
from unfreeze.runs.bench import Workbench, states_of
from unfreeze.studies.asked import Cell
from unfreeze.studies.desk import Desk

MOST_OTHERS = 5_000  # training texts that the vectors are measured by


@dataclass(frozen=True)
class Information:
    """What a linear probe reads about the labels of test items in each layer of an encoder, bits with 95 % intervals.

    Attributes:
        before, after: of each layer, before and after tuning.
        gain: of each layer, what it reads more after tuning; of the same items.
        entropy: of the labels.
    """

    before: tuple[Interval, ...]
    after: tuple[Interval, ...]
    gain: tuple[Interval, ...]
    entropy: float


@dataclass(frozen=True)
class _Written:
    """`Information` as its file has it: three numbers per layer."""

    before: tuple[tuple[float, float, float], ...]
    after: tuple[tuple[float, float, float], ...]
    gain: tuple[tuple[float, float, float], ...]
    entropy: float


def probes_of(desk: Desk, cell: Cell) -> dict[str, LayerScores]:
    """The probes of a cell's question by variant, those that the encoder has; its one recipe is how it is tuned.

    What was computed before is read.
    """
    folder = desk.folder(cell)
    digest = cell.digest(desk.stamp(cell), VERSION)
    names = {variant: f"probes-{variant}-{digest}.json" for variant in VARIANTS}
    missing = [variant for variant, name in names.items() if not (folder / name).exists()]
    if missing:
        with desk.open(cell) as it:
            for variant, scores in probed_variants(it.bench, it.question, cell.recipes[0], missing):
                write_layer_scores(folder, scores, names[variant])
    found = {variant: read_layer_scores(folder, name) for variant, name in names.items()}
    return {variant: scores for variant, scores in found.items() if scores is not None}


def information_of(desk: Desk, cell: Cell) -> Information:
    """The information in the layers of a cell's question; its one recipe is how the encoder is tuned.

    What was computed before is read.
    """
    digest = cell.digest(desk.stamp(cell), [FOLDS, *PENALTIES, MOST_OTHERS])
    path = desk.folder(cell) / f"bits-{digest}.json"
    if not path.exists():
        with desk.open(cell) as it:
            pair = pair_reading(cell.recipes[0], it.bench.dataset.task)
            before = _bits(it.bench, pair)
            with tuned_bench(it.bench, it.question, cell.recipes[0]) as tuned:
                after = _bits(tuned, pair)
            gain = [a - b for a, b in zip(after, before, strict=True)]
            parts = {"before": before, "after": after, "gain": gain}
            intervals = {name: [interval_of(bits) for bits in layers] for name, layers in parts.items()}
            write_json(path, {**intervals, "entropy": _entropy(_labels(it.bench, it.bench.dataset.test))})
    written = read_typed(path, _Written, remedy=AGAIN)
    before_tuning, after_tuning, gains = (
        tuple(Interval(*layer) for layer in part) for part in (written.before, written.after, written.gain)
    )
    return Information(before_tuning, after_tuning, gains, written.entropy)


def _labels(bench: Workbench, examples: Sequence[Example]) -> Ints:
    """Numbers of the examples' labels; those that training has not are one more."""
    names = bench.dataset.labels.index()
    return np.array([names.get(str(e.label), len(names)) for e in examples], np.int64)


def _entropy(labels: Ints) -> float:
    shares = np.bincount(labels) / len(labels)
    return float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())


def _bits(bench: Workbench, pair: str) -> list[Floats]:
    """By layer, what the mean of all tokens of each test text, or of a pair's input (two if read separately), tells."""
    dataset = bench.dataset
    used = spread_out(dataset.train, dataset.task, MOST_OTHERS, MOST_OTHERS)
    train, test = (states_of(bench, split, pair, "mean") for split in ("train", "test"))
    labels, others = _labels(bench, dataset.test), _labels(bench, [dataset.train[i] for i in used])
    return [
        item_information(
            _vectors(test, np.arange(len(labels)), layer), labels, (_vectors(train, used, layer), others)
        )
        for layer in range(test.features.layers)
    ]  # fmt: skip


def _vectors(states: SplitFeatures, examples: Ints, layer: int) -> Floats:
    """(examples, D) one layer's vectors; those of two texts that are read separately stand side by side."""
    read = states.read(examples, torch.device("cpu"), range(layer, layer + 1))[0].states[0]
    vectors: Floats = read.double().numpy().reshape(len(examples), -1)
    return vectors
