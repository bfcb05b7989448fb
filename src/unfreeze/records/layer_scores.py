"""`probes.json`: what a linear probe reaches on every layer of a frozen encoder. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from unfreeze.disk.files import write_json
from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.records.comparison import AGAIN

FILE = "probes.json"
LAYERS, ADJACENT, LABELS, WEIGHTS, TUNED = "layers", "adjacent", "random-labels", "random-weights", "tuned"
VARIANTS = (LAYERS, ADJACENT, LABELS, WEIGHTS, TUNED)
"""Every layer; the mean of each and the one above; with random labels; with random weights; tuned."""


@dataclass(frozen=True)
class LayerScore:
    """One layer's probe.

    Attributes:
        layer: 0 is the embedding layer.
        dev, test: the main metric, a fraction.
        ci95: of `test`, over test items and training rows.
        resamples: `test` of the same probe fitted on resamples of the training rows.
        l2: the penalty that was best on dev.
        tried: penalties with their `dev`, from the strongest.
        metrics: every test metric by name.
        behind: how far `test` is below that of the layer chosen on dev.
        behind_ci95: its interval; items and resamples are paired.
        within_noise: whether that interval holds 0.
        settled: whether every probe of the layer came to its optimum.
        gain: of a tuned encoder, how far `test` is above that of the same layer before, and its interval, for which
            items and resamples are paired; else None.
        gain_together: an interval of `gain` that holds together with those of all other layers in 95 % of cases.
    """

    layer: int
    dev: float
    test: float
    ci95: tuple[float, float]
    resamples: tuple[float, ...]
    l2: float
    tried: tuple[tuple[float, float], ...]
    metrics: Mapping[str, float]
    behind: float
    behind_ci95: tuple[float, float]
    within_noise: bool
    settled: bool
    gain: tuple[float, float, float] | None = None
    gain_together: tuple[float, float] | None = None


@dataclass(frozen=True)
class LayerScores:
    """The probes of all layers.

    Attributes:
        question: digest of data, task, encoder and precision.
        version: of how they are made.
        data, task, metric, encoder: names.
        trained_on: training examples that were used, of `train_size`.
        layers: from the bottom.
        chosen: the layer that is best on dev.
        finding: all of it in a sentence or two.
        extract_s: seconds that the layer states took when they were computed, 0 where none were stored.
        probe_s: seconds for everything after them.
    """

    question: str
    version: int
    data: str
    task: str
    metric: str
    encoder: str
    train_size: int
    trained_on: int
    layers: tuple[LayerScore, ...]
    chosen: int
    finding: str
    extract_s: float
    probe_s: float


def plain_values(scores: LayerScores) -> dict[str, Any]:
    """The scores as plain JSON values."""
    return json.loads(json.dumps(asdict(scores)))  # type: ignore[no-any-return]


def write_layer_scores(folder: Path, scores: LayerScores, file: str = FILE) -> None:
    """Write `probes.json` into a folder, which is made where it is missing."""
    write_json(folder / file, plain_values(scores))


def read_layer_scores(folder: Path, file: str = FILE) -> LayerScores | None:
    """The probes of a folder, or None where it has none. Raises `InputError` where the file is torn."""
    if not (folder / file).exists():
        return None
    path = folder / file
    scores = read_typed(path, LayerScores, remedy=AGAIN)
    if scores.chosen not in {one.layer for one in scores.layers}:
        problem = say(
            "is not as this version of unfreeze writes it: no layer {chosen}, which was chosen; {again}",
            chosen=scores.chosen,
            again=AGAIN,
        )
        raise InputError(problem, where=str(path))
    return scores
