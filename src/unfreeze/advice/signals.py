"""What the frozen encoder and the data show before any fine-tuning: a probe, its growth with labels, and their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unfreeze.advice.distance import distance_of
from unfreeze.data.examples import Dataset, Example
from unfreeze.data.splits import cut, spread_out
from unfreeze.encoders.protocol import Ints
from unfreeze.floor.bag_of_words import bag_of_words
from unfreeze.probes.features import form_of, layer_features
from unfreeze.probes.layers import fit_probes
from unfreeze.probes.noise import Probed
from unfreeze.probes.transferability import h_score, log_evidence
from unfreeze.runs.bench import Workbench, states_of
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import best_constant, main_metric
from unfreeze.tasks.targets.sums import Floats

MOST_TEXTS = 2_000  # that probes are trained on
MOST_WORDS = 8_000  # the same of tagging
MOST_SCORED = 1_000  # examples that probes are scored on, of dev
CHOSEN_ON = 0.2  # of the training rows, which choose a probe's penalty: dev is kept for its score
SHARES = (0.25, 0.5, 1.0)  # of the rows of a probe
_EVIDENCE_ROWS = 2_000


@dataclass(frozen=True)
class Signals:
    """What a forecast is made from; scores are fractions of the main metric on dev, which no probe has seen.

    Attributes:
        kind: of the task, such as `pair-regression`.
        rows: training examples in all.
        answers: classes, labels or tags; 1 for scores.
        width, layers, parameters: of the encoder.
        constant: of the best constant answer.
        words: of a bag of words, trained on the rows that probes are trained on.
        probes: (rows, score) of the best layer's linear probe with more and more of the rows, the last with all.
        top: score of the top layer's probe.
        layer: the best layer by its probe.
        log_evidence: of that layer, see `probes.transferability`.
        h_score: of that layer; None where labels are not classes.
        distance: of the texts from the English Wikipedia, see `distance`.
    """

    kind: str
    rows: int
    answers: int
    width: int
    layers: int
    parameters: int
    constant: float
    words: float
    probes: tuple[tuple[int, float], ...]
    top: float
    layer: int
    log_evidence: float
    h_score: float | None
    distance: float


def probed_data(dataset: Dataset) -> Dataset:
    """What probes read of a data set: some training rows, a part of them as dev, and dev as test, so that the test
    set stays unread.
    """
    task = dataset.task
    used = spread_out(dataset.train, task, round(MOST_TEXTS / (1 - CHOSEN_ON)), round(MOST_WORDS / (1 - CHOSEN_ON)))
    train, dev = cut(tuple(dataset.train[i] for i in used), task, CHOSEN_ON, 0)
    scored = spread_out(dataset.dev, task, MOST_SCORED, MOST_WORDS)
    return replace(dataset, train=train, dev=dev, test=tuple(dataset.dev[i] for i in scored), notes=())


def signals_of(bench: Workbench, rows: int) -> Signals:
    """The signals of a bench over `probed_data`.

    Args:
        rows: training examples of the whole data set.
    """
    dataset, task, encoder = bench.dataset, bench.dataset.task, bench.encoder
    metric = main_metric(task, dataset.labels.scheme)
    curve: list[tuple[int, float]] = []
    for share in SHARES:
        fitted = fit_probes(bench, 1, share=share)
        best = max(fitted.layers, key=lambda one: one.dev)
        curve.append((fitted.trained_on, _reached(best, metric)))
    evidence, separation = _formulas(bench, best.layer)
    gold = [example.label for example in dataset.test]
    words = bag_of_words(dataset, "")
    return Signals(
        kind=task.kind,
        rows=rows,
        answers=max(1, len(dataset.labels.names)),
        width=encoder.width,
        layers=encoder.layers,
        parameters=encoder.sizes()[0],
        constant=best_constant(task, gold, dataset.labels)[1],
        words=_number(words.test[metric]),
        probes=tuple(curve),
        top=_reached(fitted.layers[-1], metric),
        layer=best.layer,
        log_evidence=evidence,
        h_score=separation,
        distance=distance_of(_texts(dataset.train)),
    )


def _reached(one: Probed, metric: str) -> float:
    return _number(one.metrics[metric])


def _number(value: float) -> float:
    """0 in place of what is not defined, as a constant answer counts."""
    return 0.0 if value != value else value


def _texts(examples: Sequence[Example]) -> list[str]:
    return [
        " ".join(example.words) if example.words is not None else f"{example.text} {example.text_b or ''}"
        for example in examples
    ]


def _formulas(bench: Workbench, layer: int) -> tuple[float, float | None]:
    """LogME and H-score of a layer on training rows."""
    task, train = bench.dataset.task, bench.dataset.train
    states = states_of(bench, "train", *form_of(task))
    chosen = spread_out(train, task, _EVIDENCE_ROWS, _EVIDENCE_ROWS)
    vectors = next(
        features[0].numpy() for found, features in layer_features([states], [chosen], task) if found == layer
    )
    columns, classes = _columns(task, [train[i] for i in chosen], bench.dataset.labels.names)
    return log_evidence(vectors, columns), None if classes is None else h_score(vectors, classes)


def _columns(task: Task, examples: Sequence[Example], names: Sequence[str]) -> tuple[Floats, Ints | None]:
    """Labels as (rows, columns) numbers, standardised where they are scores; and as classes, None where not."""
    labels: list[Any] = [example.label for example in examples]
    if isinstance(labels[0], int | float):
        scores = np.array(labels, float)
        return (scores - scores.mean()) / (scores.std() or 1.0), None
    place = {name: i for i, name in enumerate(names)}
    held = [(tag,) for tags in labels for tag in tags] if task.target.per_word else [
        task.target.names_in(label) for label in labels
    ]  # fmt: skip
    made = np.zeros((len(held), len(names)))
    for row, found in enumerate(held):
        made[row, [place[name] for name in found]] = 1
    single = bool((made.sum(1) == 1).all())
    return made - made.mean(0), made.argmax(1) if single else None
