"""Every layer's probe against scikit-learn called once for each model, and what bounds the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import get_ident

import numpy as np
import pytest
import tiny
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from unfreeze.data.read import read_dataset
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.load import load_encoder
from unfreeze.methods.trained import gold_labels
from unfreeze.probes import features, layers
from unfreeze.probes.features import form_of, layer_features
from unfreeze.probes.layers import L2, probe_layers, search
from unfreeze.runs.bench import Workbench, states_of
from unfreeze.runs.watching import Quiet
from unfreeze.tasks.kinds import SCORES
from unfreeze.tasks.metrics import score
from unfreeze.training.objectives import objective_for

Bench = Callable[[str], Workbench]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """`bench(kind)`: a workbench over the tiny encoder and data of a task kind."""
    root = tmp_path_factory.mktemp("probes")
    encoder = load_encoder(str(tiny.make_encoder(root / "encoder")))
    with frozen(encoder) as reader:

        def make(kind: str) -> Workbench:
            folder = root / kind if (root / kind).exists() else tiny.write_data(root / kind, kind, (60, 40, 50))
            data = read_dataset(folder)
            objective = objective_for(data.task, data.labels, data.train)
            cache = root / "cache", 10**9
            return Workbench(root, data, objective, encoder, reader, "fp32", torch.device("cpu"), cache, Quiet())

        yield make


def plainly(bench: Workbench, kind: str, layer: int, resamples: int) -> tuple[list[tuple[float, float]], list[float]]:
    """Penalties with their dev scores, and test scores of the best one on all rows and on each resample."""
    data, task = bench.dataset, bench.dataset.task
    splits = [states_of(bench, split, *form_of(task)) for split in ("train", "dev", "test")]
    everything = [np.arange(len(split.examples)) for split in splits]
    features = dict(layer_features(splits, everything, task))[layer]
    mean, spread = features[0].mean(0), features[0].std(0, correction=0)
    train, dev, test = (((part - mean) / spread).double().numpy() for part in features)
    gold = gold_labels(data.train)
    targets = np.array(gold, float) if task.target is SCORES else np.array(gold)
    centre, unit = (targets.mean(), targets.std()) if task.target is SCORES else (0, 1)

    def fitted(l2: float, weights: np.ndarray):
        rows = len(train)
        if task.target is SCORES:
            return Ridge(alpha=rows * l2 / 2).fit(train, (targets - centre) / unit, sample_weight=weights)
        model = LogisticRegression(C=1 / (rows * l2), tol=1e-8, max_iter=5000)
        return model.fit(train, targets, sample_weight=weights)

    def reached(model, rows: np.ndarray, split) -> float:
        said = model.predict(rows) * unit + centre if task.target is SCORES else model.predict(rows)
        return score(task, gold_labels(split), said.tolist())[task.metric]

    even = np.ones(len(train))
    tried = [(l2, reached(fitted(l2, even), dev, data.dev)) for l2 in L2]
    best = max(tried, key=lambda one: (one[1], one[0]))[0]
    tests = [reached(fitted(best, even), test, data.test)]
    for seed in range(resamples):
        drawn = np.bincount(np.random.default_rng(seed).integers(len(train), size=len(train)), minlength=len(train))
        tests.append(reached(fitted(best, drawn.astype(float)), test, data.test))
    return tried, tests


@pytest.mark.parametrize("kind", ["classification", "pair-classification", "regression", "pair-regression"])
def test_scores_are_those_of_sklearn_called_for_each_model(kind: str, bench: Bench) -> None:
    made = bench(kind)
    scores = probe_layers(made, "q", 2)
    near = 0.003 if kind.endswith("regression") else 1 / 40 + 1e-9  # a correlation; one answer on the edge
    for one in scores.layers:
        tried, tests = plainly(made, kind, one.layer, 2)
        assert [l2 for l2, _ in one.tried] == list(L2[: len(one.tried)])
        for (_, reached), (_, wanted) in zip(one.tried, tried, strict=False):
            assert reached == pytest.approx(wanted, abs=near)
        assert one.dev == max(reached for _, reached in one.tried)
        if one.l2 == max(tried, key=lambda pair: (pair[1], pair[0]))[0]:
            assert [one.test, *one.resamples] == pytest.approx(tests, abs=near)
        assert one.metrics[scores.metric] == pytest.approx(one.test, rel=1e-12)
    agreeing = [one.l2 for one in scores.layers if one.settled]
    assert len(agreeing) == made.encoder.layers


@pytest.mark.parametrize("kind", ["tagging-BIO", "tagging-BIOES"])
def test_tags_are_learned_and_sentences_are_resampled(kind: str, bench: Bench) -> None:
    made = bench(kind)
    scores = probe_layers(made, "q", 3)
    assert (scores.metric, scores.task) == ("span_f1", "tagging")
    assert scores.layers[0].test > 0.8  # the tiny data's names are recognised by the word alone
    assert len(set(scores.layers[2].resamples)) > 1


@pytest.mark.parametrize(
    ("reached", "size", "best", "count"),
    [
        ({10: 0.5, 3: 0.6, 1: 0.7, 0.3: 0.4, 0.1: 0.6, 0.03: 0.69, 0.01: 0.9}, 2, 1.0, 6),  # the last two are worse
        ({1: 0.7, 0.03: 0.8, 0.003: 0.8, 0.0001: 0.9}, 2, 0.03, 10),  # of equal ones the strongest; as good goes on
        ({10: 0.5, 3: 0.6, 1: 0.7, 0.3: 0.4, 0.1: 0.6, 0.03: 0.69, 0.01: 0.9}, 8, 0.01, 12),
        ({10: 0.5, 0.03: 0.6}, 8, 0.03, 8),
        ({}, 2, 10.0, 12),  # nothing is learned yet: go on
        ({3e-5: 1.0}, 12, 3e-5, 12),
    ],
)
def test_weaker_penalties_are_tried_until_two_are_worse(
    reached: dict[float, float], size: int, best: float, count: int
) -> None:
    tried, place = search(lambda lot: [reached.get(l2, 0.0) for l2 in lot], size)
    assert tried == [(l2, reached.get(l2, 0.0)) for l2 in L2[:count]]
    assert tried[place][0] == best


@pytest.mark.parametrize("at_work", [1 << 30, 0])
def test_layers_side_by_side_give_what_they_give_alone(
    at_work: int, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench("classification")  # scores far from chance, which rounding does not move
    alone = probe_layers(made, "q", 2)
    monkeypatch.setattr(features, "_AT_WORK", at_work)
    seen: list[int] = []
    plain = layers.design
    monkeypatch.setattr(layers, "design", lambda rows: (seen.append(get_ident()), plain(rows))[1])
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        together = probe_layers(made, "q", 2)
    finally:
        torch.set_num_threads(before)
    assert (get_ident() in seen) == (at_work == 0)  # too large to be held at a time: one after another, here
    assert [one.layer for one in together.layers] == [0, 1, 2]
    for one, other in zip(together.layers, alone.layers, strict=True):
        assert one.test == pytest.approx(other.test, abs=0.03)
        assert one.resamples == pytest.approx(other.resamples, abs=0.03)


def test_work_is_bounded_and_the_bound_is_reported(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MOST_TEXTS", 20)
    monkeypatch.setattr(layers, "MOST_WORDS", 100)
    scores = probe_layers(bench("classification"), "q", 1)
    assert (scores.trained_on, scores.train_size) == (20, 60)
    tags = bench("tagging-BIO")
    words = sum(len(e.words or ()) for e in tags.dataset.train)
    assert probe_layers(tags, "q", 1).trained_on == 60 * 100 // words


def test_other_test_items_change_no_choice(bench: Bench) -> None:
    made = bench("classification")
    fewer = replace(made, dataset=replace(made.dataset, test=made.dataset.test[:5]), features={}, inputs={})
    some, all_of_them = probe_layers(fewer, "q", 1), probe_layers(made, "q", 1)
    assert some.chosen == all_of_them.chosen
    assert [one.tried for one in some.layers] == [one.tried for one in all_of_them.layers]


def test_it_is_reported_what_was_asked(bench: Bench, tmp_path: Path) -> None:
    made = bench("classification")
    scores = probe_layers(made, "a question")
    assert (scores.question, scores.version) == ("a question", layers.VERSION)
    assert len(scores.layers[0].resamples) == layers.RESAMPLES
    assert scores.extract_s > 0
    assert scores.probe_s > 0
