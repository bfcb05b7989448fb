"""Metrics of every task kind, as fractions, and the per-item statistics that make a bootstrap of the main one exact.

Gold and predicted labels are sequences of equal length: class names, numbers, or one tuple of tags an item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from unfreeze.tasks.kinds import Task
from unfreeze.tasks.schemes import spans_conlleval, spans_strict

Floats = npt.NDArray[np.float64]
Spans = list[tuple[str, int, int]]

METRIC_NAMES = {
    "macro_f1": "macro F1",
    "f1_positive": "F1 of the positive class",
    "matthews": "Matthews correlation",
    "pearson": "Pearson correlation",
    "spearman": "Spearman correlation",
    "mse": "mean squared error",
    "span_f1": "span F1",
    "span_f1_strict": "strict span F1",
}

AFFIRMATIVE = frozenset({"1", "1.0", "+1", "+", "true", "yes", "y", "positive", "pos"})
CONSTANT = 1e-12  # predictions vary by less than a millionth of their distance to the mean gold score: rounding


def main_metric(task: Task, scheme: str | None = None) -> str:
    """Name of the metric that chooses and judges; tags without a scheme have no spans, so words are counted."""
    return "accuracy" if task.target == "tags" and scheme is None else task.metric


def score(
    task: Task, gold: Sequence[Any], predicted: Sequence[Any], names: Sequence[str] = (), scheme: str | None = None
) -> dict[str, float]:
    """All metrics of a task kind, the main one first; all but `mse` are fractions, higher is better.

    class: `accuracy`, `macro_f1` (over the classes in gold or predicted), `matthews` (multi-class), and with two
    classes `f1_positive` (see `positive_class`).
    score: `pearson`, `spearman` (ties share the mean rank), `mse`. A constant prediction has correlation 0, and one
    that is no finite number counts as 0.
    tags with a scheme: `span_f1`, `precision`, `recall` by conlleval's rules, `span_f1_strict`, and `accuracy` of
    words. Plain tags: `accuracy` of words.

    What is not defined is NaN and no measurement: a correlation with gold scores that are all the same, an F1 without
    any gold or predicted span.

    Args:
        names: the label space; the classes seen when left out.
        scheme: `"BIO"`, `"BIOES"` or None, tags only.

    Raises:
        ValueError: no items, different numbers of items, or an item with different numbers of tags.
    """
    _check(task, gold, predicted)
    if task.target == "class":
        return _class_metrics(gold, predicted, names)
    if task.target == "score":
        return _score_metrics(gold, predicted)
    return _tag_metrics(gold, predicted, scheme)


def positive_class(names: Sequence[str]) -> str | None:
    """The class whose F1 `f1_positive` is, None unless there are two.

    It is the one named 1, true, yes, positive or the like (case aside); if neither or both are, the last in sorted
    order, so `entailment` / `not_entailment` gives the F1 of `not_entailment`.
    """
    classes = sorted(set(names))
    if len(classes) != 2:
        return None
    affirmative = [name for name in classes if name.strip().lower() in AFFIRMATIVE]
    return affirmative[0] if len(affirmative) == 1 else classes[-1]


def item_statistics(task: Task, gold: Sequence[Any], predicted: Sequence[Any], scheme: str | None = None) -> Floats:
    """Numbers per item whose sums over any sample of items give the main metric of that sample exactly.

    Returns:
        (items, k): (correct, 1) for classes, (correct words, words) for plain tags, (true positive, gold, predicted
        spans) for tags with a scheme, (1, x, y, xx, yy, xy) for scores, where x and y are the gold and predicted score
        less the mean gold score (a shift leaves the correlation alone and keeps the sums precise).

    Raises:
        ValueError: as `score`.
    """
    _check(task, gold, predicted)
    if task.target == "class":
        correct = [g == p for g, p in zip(gold, predicted, strict=True)]
        return np.stack([np.array(correct, float), np.ones(len(gold))], axis=1)
    if task.target == "score":
        return _moments(*_numbers(gold, predicted))
    return _word_counts(gold, predicted) if scheme is None else _span_counts(gold, predicted, spans_conlleval)


def from_statistics(task: Task, sums: Floats) -> Floats:
    """The main metric from summed statistics: (..., k) to (...); NaN where it is not defined (see `score`).

    Which one follows from the statistics: Pearson for scores; else span F1 for k = 3, accuracy for k = 2.
    """
    if task.target == "score":
        return _correlation(sums)
    return _span_f1(sums) if sums.shape[-1] == 3 else _ratio(sums[..., 0], sums[..., 1], np.nan)


def best_constant(task: Task, gold: Sequence[Any], scheme: str | None = None) -> float:
    """The main metric of the best answer that is one and the same for every item (for tags: every word).

    The share of the most frequent class or tag; 0 for scores, and for tags with a scheme, whose answer marks nothing.
    """
    if task.target == "score" or (task.target == "tags" and scheme is not None):
        return 0.0
    answers = gold if task.target == "class" else [tag for tags in gold for tag in tags]
    return max(Counter(answers).values(), default=0) / max(len(answers), 1)


def degenerate(gold: Sequence[Any], predicted: Sequence[Any]) -> bool:
    """Whether a model says the same for everything though there is more to be told.

    That is one class, one number, or one tag for all words, where the gold labels of these items are several. Of one
    item, and where all have one label, nothing else can be asked.
    """
    return len(_answers(predicted)) <= 1 < len(_answers(gold))


def _answers(labels: Sequence[Any]) -> set[Any]:
    return {tag for tags in labels for tag in tags} if labels and isinstance(labels[0], tuple) else set(labels)


def _check(task: Task, gold: Sequence[Any], predicted: Sequence[Any]) -> None:
    if len(gold) != len(predicted) or not len(gold):
        raise ValueError(f"{len(gold)} gold and {len(predicted)} predicted items; equal numbers, not 0, are needed")
    if task.target == "tags":
        for i, (g, p) in enumerate(zip(gold, predicted, strict=True)):
            if len(g) != len(p):
                raise ValueError(f"item {i} has {len(g)} gold and {len(p)} predicted tags")


def _ratio(part: Floats, whole: Floats, of_nothing: float = 0.0) -> Floats:
    """Part by whole, `of_nothing` where the whole is not above 0."""
    empty: Floats = np.full(np.broadcast(part, whole).shape, of_nothing)
    shares: Floats = np.divide(part, whole, out=empty, where=np.asarray(whole) > 0)
    return shares


def _class_metrics(gold: Sequence[str], predicted: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    seen = sorted({*gold, *predicted})
    index = {name: i for i, name in enumerate(seen)}
    cells = [index[g] * len(seen) + index[p] for g, p in zip(gold, predicted, strict=True)]
    confusion = np.bincount(cells, minlength=len(seen) ** 2).reshape(len(seen), len(seen)).astype(float)  # gold, pred
    hits, golds, preds, total = np.diag(confusion), confusion.sum(1), confusion.sum(0), confusion.sum()
    f1 = _ratio(2 * hits, golds + preds)
    spread = np.sqrt((total**2 - preds @ preds) * (total**2 - golds @ golds))
    metrics = {
        "accuracy": float(hits.sum() / total),
        "macro_f1": float(f1.mean()),
        "matthews": float(_ratio(hits.sum() * total - golds @ preds, spread)),
    }
    positive = positive_class(names or seen)
    if positive is not None:
        metrics["f1_positive"] = float(f1[index[positive]]) if positive in index else 0.0
    return metrics


def _score_metrics(gold: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    x, y = _numbers(gold, predicted)
    return {
        "pearson": float(_correlation(_moments(x, y).sum(0))),
        "spearman": float(_correlation(_moments(_ranks(x), _ranks(y)).sum(0))),
        "mse": float(np.mean((x - y) ** 2)),
    }


def _numbers(gold: Sequence[float], predicted: Sequence[float]) -> tuple[Floats, Floats]:
    y = np.asarray(predicted, dtype=float)
    return np.asarray(gold, dtype=float), np.where(np.isfinite(y), y, 0.0)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, ties share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def _moments(x: Floats, y: Floats) -> Floats:
    centre = x.mean()
    x, y = x - centre, y - centre
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def _correlation(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = np.moveaxis(np.asarray(sums), -1, 0)
    x_spread, y_spread = n * xx - x * x, n * yy - y * y  # n squared times the variance
    gold_varies, varies = x_spread > CONSTANT * n * xx, y_spread > CONSTANT * n * yy
    product = np.where(varies, np.sqrt(np.maximum(x_spread, 0)) * np.sqrt(np.maximum(y_spread, 0)), 0.0)
    found: Floats = np.where(gold_varies, np.clip(_ratio(n * xy - x * y, product), -1.0, 1.0), np.nan)
    return found


def _tag_metrics(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], scheme: str | None
) -> dict[str, float]:
    correct, words = _word_counts(gold, predicted).sum(0)
    accuracy = {"accuracy": float(_ratio(correct, words))}
    if scheme is None:
        return accuracy
    sums = _span_counts(gold, predicted, spans_conlleval).sum(0)
    strict = _span_counts(gold, predicted, lambda tags: spans_strict(tags, scheme)).sum(0)
    return {
        "span_f1": float(_span_f1(sums)),
        "span_f1_strict": float(_span_f1(strict)),
        "precision": float(_ratio(sums[0], sums[2])),
        "recall": float(_ratio(sums[0], sums[1])),
        **accuracy,
    }


def _word_counts(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Floats:
    rows = [(sum(a == b for a, b in zip(g, p, strict=True)), len(g)) for g, p in zip(gold, predicted, strict=True)]
    return np.array(rows, dtype=float)


def _span_counts(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], spans: Callable[[Sequence[str]], Spans]
) -> Floats:
    """(items, 3): spans that agree in type, start and end; gold spans; predicted spans."""
    rows = []
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        g, p = set(spans(gold_tags)), set(spans(predicted_tags))
        rows.append((len(g & p), len(g), len(p)))
    return np.array(rows, dtype=float)


def _span_f1(sums: Floats) -> Floats:
    return _ratio(2 * sums[..., 0], sums[..., 1] + sums[..., 2], np.nan)
