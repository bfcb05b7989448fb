"""What the layers of an encoder contain, before and after tuning: computed once, kept in the folder of its question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from unfreeze.commands.probe import probed_variants, tuned_bench
from unfreeze.disk.files import write_json
from unfreeze.disk.typed import read_typed
from unfreeze.methods.inputs import pair_reading
from unfreeze.probes.information import DIRECTIONS, HALVES, MOST, NEIGHBOURS, SHUFFLES, Ints, information
from unfreeze.probes.layers import VERSION
from unfreeze.records.comparison import AGAIN
from unfreeze.records.layer_scores import VARIANTS, LayerScores, read_layer_scores, write_layer_scores
from unfreeze.runs.runner import Workbench, states_of
from unfreeze.studies.asked import Cell
from unfreeze.studies.desk import Desk


@dataclass(frozen=True)
class Bits:
    """Information of one layer about the labels, bits: value, 95 % interval, and what shuffled labels reach."""

    value: float
    low: float
    high: float
    chance: float


@dataclass(frozen=True)
class Information:
    """What the layers of an encoder reveal about the labels of test items.

    Attributes:
        before, after: of each layer, before and after tuning.
        entropy: of the labels, bits.
    """

    before: tuple[Bits, ...]
    after: tuple[Bits, ...]
    entropy: float


@dataclass(frozen=True)
class _Written:
    """`Information` as its file has it: four numbers per layer."""

    before: tuple[tuple[float, float, float, float], ...]
    after: tuple[tuple[float, float, float, float], ...]
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
    digest = cell.digest(desk.stamp(cell), [DIRECTIONS, NEIGHBOURS, HALVES, SHUFFLES, MOST])
    path = desk.folder(cell) / f"information-{digest}.json"
    if not path.exists():
        with desk.open(cell) as it:
            names = it.bench.dataset.labels.index()
            labels = np.array([names.get(str(e.label), len(names)) for e in it.bench.dataset.test], np.int64)
            shares = np.bincount(labels) / len(labels)
            entropy = float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())
            pair = pair_reading(cell.recipes[0], it.bench.dataset.task)
            before = _bits(it.bench, labels, pair)
            with tuned_bench(it.bench, it.question, cell.recipes[0]) as tuned:
                after = _bits(tuned, labels, pair)
            write_json(path, {"before": before, "after": after, "entropy": entropy})
    written = read_typed(path, _Written, remedy=AGAIN)
    bits = [tuple(Bits(*layer) for layer in part) for part in (written.before, written.after)]
    return Information(bits[0], bits[1], written.entropy)


def _bits(bench: Workbench, labels: Ints, pair: str) -> list[list[float]]:
    """The information in the mean of all tokens of a text, or of a pair's input (two if read separately)."""
    states = states_of(bench, "test", pair, "mean")
    found = []
    for layer in range(states.features.layers):
        read = states.read(np.arange(len(labels)), torch.device("cpu"), range(layer, layer + 1))[0].states[0]
        vectors = read.double().numpy().reshape(len(labels), -1)
        interval, chance = information(vectors, labels)
        found.append([*interval, chance])
    return found
