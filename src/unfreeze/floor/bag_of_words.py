"""A bag of words under logistic or ridge regression: the score that an encoder has to beat. scikit-learn, no torch.

Features, the same in spirit for every kind of task:

* a text: tf-idf of words and word pairs (`words.grams_of`);
* a pair: |u - v| and u * v of both texts' tf-idf, for classes u and v too, and how far their words overlap;
* a tagged word: which word, neighbours, affixes and shape it has (`words.word_features`).

The penalty is the one of a few that is best on dev; the test set is read once, with that one. The work is bounded:
`MOST_TEXTS` training texts or `MOST_WORDS` tagged words are used, evenly spread over the training set, and the most
frequent features, fewer the more classes there are.
"""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from unfreeze.data.examples import Dataset, Example
from unfreeze.data.splits import spread_out
from unfreeze.floor.words import grams_of, word_features, words_of
from unfreeze.records.comparison import FloorRecord
from unfreeze.records.forecasts import Forecasts
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import main_metric, ranks, score
from unfreeze.tasks.targets.target import FloorModel, FloorSplit, Labels, Singles

VERSION = 2  # of features and penalties; part of what makes two floors the same
MOST_TEXTS = 50_000
MOST_WORDS = 100_000
MOST_FEATURES = 50_000
MOST_WEIGHTS = 1_000_000  # features times classes
MOST_COUNTED = 1_000_000  # features that are in memory while the most frequent ones are found

Rows = Any  # a sparse matrix of scipy's
Features = Callable[[Sequence[Example]], Rows]


def bag_of_words(dataset: Dataset, question: str) -> FloorRecord:
    """Fit on train, choose the penalty on dev, read test once; the same data give the same numbers.

    Args:
        question: of the comparison; stored alongside, so that its floor is not computed again.
    """
    began = time.perf_counter()
    task = dataset.task
    examples = tuple(dataset.train[i] for i in spread_out(dataset.train, task, MOST_TEXTS, MOST_WORDS))
    features = _features(task, examples, len(dataset.labels.names))
    train, dev, test = (_split(task, features, part) for part in (examples, dataset.dev, dataset.test))
    metric = main_metric(task, dataset.labels.scheme)
    tried = []
    for penalty in task.target.penalties():
        model = task.target.linear(penalty, train, dev, dataset.labels, metric)
        tried.append((_said(dataset, dev, model).scores, model))
    reached, model = max(tried, key=lambda one: one[0][metric])  # of equal ones the strongest penalty
    said = _said(dataset, test, model)
    return FloorRecord(
        name="bag-of-words",
        question=question,
        version=VERSION,
        dev=reached,
        test=said.scores,
        chosen=dict(model.chosen),
        trained_on=len(examples),
        train_s=time.perf_counter() - began,
        predictions=tuple(said.labels),
        forecasts=None if said.likely is None else Forecasts(said.likely),
    )


def text_features(texts: Iterable[str], most: int) -> Callable[[Iterable[str]], Rows]:
    """tf-idf rows of length one, logarithmic counts, of the `most` frequent words and word pairs of `texts`."""
    from sklearn.feature_extraction.text import TfidfTransformer

    given = list(texts)
    columns = most_frequent(map(grams_of, given), most)
    weights = TfidfTransformer(sublinear_tf=True).fit(_counted(map(grams_of, given), columns))
    return lambda texts: weights.transform(_counted(map(grams_of, texts), columns))


def most_frequent(lists: Iterable[Iterable[str]], most: int) -> dict[str, int]:
    """The `most` frequent features, numbered by alphabet; of equally frequent ones the first.

    No more than `MOST_COUNTED` are held while they are counted: past that the rarer half is forgotten. Nearly all of
    the word pairs of a large set occur once, and are not features in the end.
    """
    counts: Counter[str] = Counter()
    for features in lists:
        counts.update(features)
        if len(counts) > MOST_COUNTED:
            counts = Counter(_top(counts, MOST_COUNTED // 2))
    kept = _top(dict(sorted(counts.items())), most)
    return {feature: column for column, feature in enumerate(kept)}


def _top(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """The `most` highest counts in their order; of equal ones the first."""
    if len(counts) <= most:
        return dict(counts)
    least = sorted(counts.values(), reverse=True)[most - 1]
    room = most - sum(count > least for count in counts.values())
    equal = set(islice((feature for feature, count in counts.items() if count == least), room))
    return {feature: count for feature, count in counts.items() if count > least or feature in equal}


def _counted(lists: Iterable[Iterable[str]], columns: Mapping[str, int]) -> Rows:
    """(lists, columns) how often each feature is in a list."""
    from scipy import sparse

    indices, values, ends = array("i"), array("d"), [0]
    for features in lists:
        counts = Counter(column for feature in features if (column := columns.get(feature)) is not None)
        indices.extend(counts)
        values.extend(counts.values())
        ends.append(len(indices))
    made = sparse.csr_matrix((values, indices, ends), (len(ends) - 1, len(columns)))
    made.sort_indices()
    return made


def overlap(pairs: Sequence[tuple[str, str]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(pairs, 4): words shared of all, of the first text's, of the second's; difference of lengths. From 0 to 1."""
    found = np.zeros((len(pairs), 4))
    for row, (text, text_b) in enumerate(pairs):
        first, second = words_of(text), words_of(text_b)
        a, b = set(first), set(second)
        shared, most = len(a & b), max(len(first), len(second), 1)
        parts = (shared / max(1, len(a | b)), shared / max(1, len(a)), shared / max(1, len(b)))
        found[row] = (*parts, abs(len(first) - len(second)) / most)
    return found


def _features(task: Task, train: Sequence[Example], classes: int) -> Features:
    most = max(1000, min(MOST_FEATURES, MOST_WEIGHTS // max(1, classes)))
    if task.target.per_word:
        return _tag_features(train, most)
    if not task.pair:
        of_texts = text_features([e.text for e in train], most)
        return lambda examples: of_texts([e.text for e in examples])
    blocks = 2 if task.target.symmetric else 4
    return _pair_features(text_features([t for e in train for t in (e.text, e.text_b or "")], most // blocks), task)


def _pair_features(of_texts: Callable[[Iterable[str]], Rows], task: Task) -> Features:
    from scipy import sparse

    def features(examples: Sequence[Example]) -> Rows:
        u, v = of_texts([e.text for e in examples]), of_texts([e.text_b or "" for e in examples])
        shared = sparse.csr_matrix(overlap([(e.text, e.text_b or "") for e in examples]))
        single = [] if task.target.symmetric else [u, v]
        return sparse.hstack([abs(u - v), u.multiply(v), shared, *single], format="csr")

    return features


def _tag_features(train: Sequence[Example], most: int) -> Features:
    def of_words(examples: Sequence[Example]) -> Iterable[list[str]]:
        return (features for e in examples for features in word_features(e.words or ()))

    columns = most_frequent(of_words(train), most)
    return lambda examples: _counted(of_words(examples), columns)


def _split(task: Task, features: Features, examples: Sequence[Example]) -> FloorSplit:
    counts = [len(e.words or ()) if task.target.per_word else 1 for e in examples]
    return FloorSplit(features(examples), [e.label for e in examples if e.label is not None], counts)


@dataclass(frozen=True)
class _Said:
    """What a model says of a split: labels, all metrics, and probabilities where the main metric is one of them."""

    labels: Labels
    likely: Singles | None
    scores: dict[str, float]


def _said(dataset: Dataset, split: FloorSplit, model: FloorModel) -> _Said:
    task, names, scheme = dataset.task, dataset.labels.names, dataset.labels.scheme
    labels = model.predict(split.rows, split.counts)
    likely = model.likely(split.rows) if model.likely is not None and ranks(task) else None
    return _Said(labels, likely, score(task, split.labels, labels, names, scheme, likely))
