"""A linear probe on every layer: its penalty chosen on dev, its score on test, and how much that depends on train.

A convex probe has one optimum, so seeds of first weights would say nothing: they all end at the same model. What is
left to chance are the rows that it was trained on. So the score of a layer is that of the probe on all training rows,
and each seed draws a resample of these rows (examples with replacement, the same for every layer), on which the probe
is fitted once more with the same penalty. All penalties of a layer are members of one optimisation, all resamples of
another (`convex.fit`), which begins where the first one ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from unfreeze.data.examples import SPLITS, Label
from unfreeze.data.splits import spread_out
from unfreeze.encoders.protocol import Ints
from unfreeze.encoders.threads import MOST_BATCHES, map_in_threads
from unfreeze.layers.moments import moments
from unfreeze.methods.split_features import SplitFeatures
from unfreeze.methods.trained import gold_labels, metrics
from unfreeze.probes.convex import Fitted, fit
from unfreeze.probes.design import Design, design
from unfreeze.probes.features import few_bytes, form_of, layer_features, rows_of
from unfreeze.probes.noise import Probed, judged
from unfreeze.records.layer_scores import LayerScores
from unfreeze.runs.bench import Workbench, states_of
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import item_statistics, main_metric, measure_of
from unfreeze.tasks.targets.sums import Floats
from unfreeze.training.convex_losses import Loss
from unfreeze.training.objectives import Decoded, Objective

VERSION = 3  # of features, penalties, resamples, intervals and notes; part of what makes two probes the same
RESAMPLES = 5
MOST_TEXTS = 50_000
MOST_WORDS = 50_000
MOST_LOGITS = 4_000_000  # of all rows of a probe together, so that a thousand classes do not take an hour
L2 = (10.0, 3.0, 1.0, 0.3, 0.1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5)  # on standardised features, strongest first
_COLUMNS = 12  # models times outputs that cost hardly more than one, since most of the time goes to reading the rows
_ROWS = 4096  # that are standardised together


@dataclass(frozen=True)
class _Part:
    """A split as all layers' probes see it.

    Attributes:
        rows: of features, of each example.
        gold: labels.
    """

    rows: tuple[int, ...]
    gold: list[Label]


@dataclass(frozen=True)
class _Question:
    """What is the same for the probes of every layer; `shares` (resamples, rows) are the resamples' weights."""

    objective: Objective
    loss: Loss
    shares: Tensor
    dev: _Part
    test: _Part


@dataclass(frozen=True)
class LayerProbes:
    """The probes of every layer, not yet judged.

    Attributes:
        trained_on: training examples that were used.
        extract_s, probe_s: see `LayerScores`.
    """

    layers: tuple[Probed, ...]
    trained_on: int
    extract_s: float
    probe_s: float


def probe_layers(bench: Workbench, question: str, resamples: int = RESAMPLES) -> LayerScores:
    """Probe every layer of the bench's encoder on its data set; see `fit_probes` and `scores_of`."""
    return scores_of(bench, question, fit_probes(bench, resamples))


def scores_of(bench: Workbench, question: str, probes: LayerProbes, before: LayerProbes | None = None) -> LayerScores:
    """The scores of probes that were fitted on the bench.

    Args:
        question: digest of data, task, encoder and precision, stored alongside.
        before: probes of the encoder before it was tuned, on the same rows.
    """
    dataset, task = bench.dataset, bench.dataset.task
    return judged(
        probes.layers, measure_of(task, dataset.labels), LayerScores(
            question=question, version=VERSION, data=dataset.name, task=task.kind,
            metric=main_metric(task, dataset.labels.scheme), encoder=bench.encoder.name,
            train_size=len(dataset.train), trained_on=probes.trained_on, layers=(), chosen=0, finding="",
            extract_s=probes.extract_s, probe_s=probes.probe_s,
        ), None if before is None else before.layers,
    )  # fmt: skip


def fit_probes(bench: Workbench, resamples: int = RESAMPLES, adjacent: bool = False, share: float = 1.0) -> LayerProbes:
    """A probe for every layer of the bench's encoder.

    Training rows are bounded by `MOST_TEXTS`, or `MOST_WORDS` tagged words, and by `MOST_LOGITS`, evenly spread.

    Args:
        resamples: of the training rows; with one, the intervals speak of test items only.
        adjacent: probe the mean of each layer and the one above instead.
        share: of the training rows that are used, above 0.
    """
    dataset, task, objective = bench.dataset, bench.dataset.task, bench.objective
    splits = [states_of(bench, split, *form_of(task)) for split in SPLITS]
    bench.watcher.begin("linear probes", bench.left)
    began = time.perf_counter()
    rows = MOST_LOGITS // max(1, len(dataset.labels.names))
    used = spread_out(dataset.train, task, min(MOST_TEXTS, rows), min(MOST_WORDS, rows))
    if share < 1:
        used = used[np.linspace(0, len(used) - 1, max(2, round(share * len(used)))).round().astype(np.int64)]
    chosen = [used, np.arange(len(dataset.dev)), np.arange(len(dataset.test))]
    train, dev, test = (_part(split, task, examples) for split, examples in zip(splits, chosen, strict=True))
    loss = objective.convex_loss([splits[0].targets[i] for i in used], bench.device)
    asked = _Question(objective, loss, _shares(train.rows, resamples).to(bench.device), dev, test)
    at_once = min(torch.get_num_threads(), MOST_BATCHES) + 1  # one waits
    side_by_side = few_bytes(splits, chosen, task, at_once)
    probe, read = partial(_probe, asked), layer_features(splits, chosen, task, adjacent)
    probed: list[Probed] = []
    for one in map_in_threads(probe, read, bench.device) if side_by_side else map(probe, read):
        probed.append(one)
        bench.watcher.step("linear probes", len(probed), bench.encoder.layers - adjacent, None)
    kept = [s.features.seconds for s in splits if s.features.kind == "stored"]
    bench.watcher.end("linear probes", None)
    return LayerProbes(tuple(probed), len(used), sum(kept), time.perf_counter() - began)


def _part(split: SplitFeatures, task: Task, examples: Ints) -> _Part:
    chosen = [split.examples[i] for i in examples]
    return _Part(rows_of(task, chosen), gold_labels(chosen))


def _shares(rows: Sequence[int], resamples: int) -> Tensor:
    """(resamples, all rows) weights that sum to 1, after as many examples as there are were drawn with replacement."""
    drawn = []
    for seed in range(resamples):
        rng = np.random.default_rng(seed)
        counts = np.bincount(rng.integers(len(rows), size=len(rows)), minlength=len(rows))
        drawn.append(np.repeat(counts, rows).astype(np.float32))
    shares = torch.from_numpy(np.stack(drawn))
    return shares / shares.sum(1, keepdim=True)


def _probe(asked: _Question, read: tuple[int, list[Tensor]]) -> Probed:
    """The probe of a layer on features (rows, D) of the three splits."""
    layer, (train, dev, test) = read[0], (part.to(asked.shares.device) for part in read[1])
    mean, spread = moments(torch.split(train, _ROWS))
    train, dev, test = ((features - mean) / spread for features in (train, dev, test))
    framed = design(train)
    tried, chosen, first = _chosen(asked, framed, dev)
    count = len(asked.shares)
    again = fit(framed, asked.loss, [tried[chosen][0]] * count, asked.shares, first.weights)
    weights = torch.cat([first.weights, again.weights], 1)
    decisions: list[Tensor | None] = []
    if asked.objective.first_decision() is not None:
        on_dev = _decoded(asked, asked.dev, dev, weights)
        decisions = [asked.objective.settle(one, asked.dev.gold).kept for one in on_dev]
    said, *varied = _decoded(asked, asked.test, test, weights, decisions)
    return Probed(
        layer=layer,
        tried=tuple(tried),
        chosen=chosen,
        metrics=metrics(asked.objective, asked.test.gold, said),
        statistics=_statistics(asked, asked.test, said),
        resamples=tuple(_score(asked, asked.test, other) for other in varied),
        settled=bool(first.settled.all() and again.settled.all()),
    )


def search(reach: Callable[[Sequence[float]], Sequence[float]], size: int) -> tuple[list[tuple[float, float]], int]:
    """Penalties tried with their scores, and the place of the best; of equal ones the strongest.

    From strong to weak, until the last two are worse than the best: weak penalties take the most steps.

    Args:
        reach: scores on dev of the probes with these penalties.
        size: penalties tried at a time.
    """
    tried: list[tuple[float, float]] = []
    best = 0
    for lot in (L2[i : i + size] for i in range(0, len(L2), size)):
        tried += zip(lot, reach(lot), strict=True)
        best = max(range(len(tried)), key=lambda i: tried[i][1])
        if tried[best][1] > max(reached for _, reached in tried[-2:]):
            break
    return tried, best


def _chosen(asked: _Question, framed: Design, dev: Tensor) -> tuple[list[tuple[float, float]], int, Fitted]:
    """What `search` gives, and the model that is best on dev; each lot of penalties starts where the last one ended."""
    models: list[Fitted] = []

    def reach(lot: Sequence[float]) -> list[float]:
        fitted = fit(framed, asked.loss, lot, start=models[-1].weights if models else None)
        models.extend(fitted.member(i) for i in range(len(lot)))
        return [_score(asked, asked.dev, said) for said in _settled(asked, dev, fitted.weights)]

    few_steps = framed.rest is None  # whatever the penalty: as many at a time as cost little more than one
    tried, best = search(reach, max(2, _COLUMNS // asked.loss.outputs) if few_steps else 2)
    return tried, best, models[best]


def _decoded(
    asked: _Question, part: _Part, features: Tensor, weights: Tensor, decisions: Sequence[Tensor | None] = ()
) -> list[Decoded]:
    """Each member's predictions for the examples of a split."""
    members = (one.T for one in weights.unbind(1))  # (D + 1, K)
    chosen = decisions or [None] * weights.shape[1]
    return [
        asked.objective.decode_convex(features @ one[:-1] + one[-1], part.rows, decision)
        for one, decision in zip(members, chosen, strict=True)
    ]


def _settled(asked: _Question, dev: Tensor, weights: Tensor) -> list[Decoded]:
    """Each member's predictions on dev, once it has been chosen there how logits are decided."""
    return [asked.objective.settle(one, asked.dev.gold).decoded for one in _decoded(asked, asked.dev, dev, weights)]


def _statistics(asked: _Question, part: _Part, said: Decoded) -> Floats:
    task, labels = asked.objective.task, asked.objective.labels
    return item_statistics(task, part.gold, said.labels, labels, said.probabilities)


def _score(asked: _Question, part: _Part, said: Decoded) -> float:
    """The main metric."""
    measure = measure_of(asked.objective.task, asked.objective.labels)
    return float(measure.of(_statistics(asked, part, said)[None])[0])
