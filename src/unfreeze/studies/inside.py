"""What the layers of an encoder hold, before and after tuning: computed once, for the studies of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from unfreeze.analysis.information import Ints, information
from unfreeze.analysis.stats import Interval
from unfreeze.experiment.files import write_json
from unfreeze.experiment.layer_scores import LayerScores, read_layer_scores, write_layer_scores
from unfreeze.experiment.record import read_json
from unfreeze.experiment.runner import Workbench, states_of
from unfreeze.probing import LAYERS, TUNED, VARIANTS, probe_variant, tuned_bench
from unfreeze.studies.asked import Cell
from unfreeze.studies.desk import Desk

BEFORE = "before"


@dataclass(frozen=True)
class Bits:
    """Information of one layer about the labels, bits: value, 95 % interval, and what shuffled labels reach."""

    value: float
    low: float
    high: float
    chance: float


@dataclass(frozen=True)
class Inside:
    """Of one encoder on one set.

    Attributes:
        probes: by variant, see `probing.VARIANTS`; those that the encoder has.
        bits: `before` and `tuned`: of each layer, about the test items' labels; empty unless they are classes.
        entropy: of these labels, bits.
    """

    probes: Mapping[str, LayerScores]
    bits: Mapping[str, tuple[Bits, ...]]
    entropy: float


def inside(desk: Desk, cell: Cell) -> Inside:
    """The probes and the information of a cell's question; its one recipe is how the encoder is tuned.

    What was computed before is read.
    """
    folder, digest = desk.folder(cell), cell.digest(desk.about(cell.encoder).fingerprint)
    names = {variant: f"probes-{variant}-{digest}.json" for variant in VARIANTS}
    bits = folder / f"information-{digest}.json"
    missing = [variant for variant, name in names.items() if not (folder / name).exists()]
    if missing or not bits.exists():
        with desk.open(cell) as it:
            for variant in missing:
                if variant != TUNED:
                    _write(it.bench, names[variant], probe_variant(variant, it.bench, it.question, None))
            if TUNED in missing or not bits.exists():
                with tuned_bench(it.bench, it.question, cell.recipes[0]) as tuned:
                    _write(it.bench, names[TUNED], probe_variant(LAYERS, tuned, it.question, None))
                    write_json(bits, _information(it.bench, tuned))
    probes = {variant: read_layer_scores(folder, name) for variant, name in names.items()}
    told = read_json(bits)
    return Inside(
        {variant: scores for variant, scores in probes.items() if scores is not None and scores.layers},
        {when: tuple(Bits(*one) for one in found) for when, found in told["bits"].items()}, told["entropy"],
    )  # fmt: skip


def _write(bench: Workbench, name: str, scores: LayerScores | None) -> None:
    """Write a variant's probes; one that the encoder has not is written without layers."""
    none = LayerScores("", 0, "", "", "", "", 0, 0, (), 0, "", 0.0, 0.0)
    write_layer_scores(bench.folder, scores or none, name)


def _information(bench: Workbench, tuned: Workbench) -> dict[str, object]:
    if bench.dataset.task.target != "class":
        return {"bits": {}, "entropy": 0.0}
    names = bench.dataset.labels.index()
    labels = np.array([names.get(str(e.label), len(names)) for e in bench.dataset.test], np.int64)
    shares = np.bincount(labels) / len(labels)
    entropy = float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())
    return {"bits": {BEFORE: _bits(bench, labels), TUNED: _bits(tuned, labels)}, "entropy": entropy}


def _bits(bench: Workbench, labels: Ints) -> list[list[float]]:
    """Of the mean of all tokens of a text, or of a pair's input; an encoder that reads one text at a time has two."""
    together = bench.encoder.reads_pairs or not bench.dataset.task.pair
    states = states_of(bench, "test", "joint" if together else "separate", "mean")
    found = []
    for layer in range(states.features.layers):
        read = states.read(np.arange(len(labels)), torch.device("cpu"), range(layer, layer + 1))[0].states[0]
        vectors = read.double().numpy().reshape(len(labels), -1)
        interval, chance = information(vectors, labels)
        found.append([*Interval(*interval), chance])
    return found
