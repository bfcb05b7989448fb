"""Metrics of every task kind, as fractions, and the per-item statistics that make a bootstrap of the main one exact.

Gold and predicted labels are sequences of equal length: class names, numbers, or one tuple of names an item. How each
kind of answer is measured is in `targets`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

from unfreeze.tasks.kinds import TASKS, Task
from unfreeze.tasks.targets.sums import Floats

METRICS = {metric.name: metric for task in TASKS.values() for metric in task.target.measures}
"""Every metric as people read of it."""
METRIC_NAMES = {name: metric.words for name, metric in METRICS.items()}


CORRELATIONS = frozenset({"matthews", "pearson", "spearman"})
NEARLY = 200
"""One other answer in that many is nearly one answer for everything."""


def of_shares(metric: str) -> bool:
    """Whether a metric is a share of right answers, or made of such, so that one of n answers moves it by about 1/n."""
    return metric not in CORRELATIONS


def main_metric(task: Task, scheme: str | None = None) -> str:
    """Name of the metric that chooses and judges."""
    return task.target.main(task.metric, scheme)


def score(
    task: Task, gold: Sequence[Any], predicted: Sequence[Any], names: Sequence[str] = (), scheme: str | None = None
) -> dict[str, float]:
    """All metrics of a task kind, the main one first; all but `mse` are fractions, higher is better.

    class: `accuracy`, `macro_f1` (over the classes in gold or predicted), `matthews` (multi-class), and with two
    classes `f1_positive` (see `targets.classes.positive_class`).
    score: `pearson`, `spearman` (ties share the mean rank), `mse`. A constant prediction has correlation 0, and one
    that is not finite counts as 0.
    label sets: `micro_f1`, `macro_f1` (over the labels in gold or predicted), `subset_accuracy`, `precision`, `recall`.
    tags with a scheme: `span_f1`, `precision`, `recall` by conlleval's rules, `span_f1_strict`, and `accuracy` of
    words. Plain tags: `accuracy` of words.

    What is not defined is NaN and no measurement: a correlation with gold scores that are all the same, an F1 without
    any gold or predicted span or label.

    Args:
        names: the label space; the classes seen when left out.
        scheme: `"BIO"`, `"BIOES"` or None, tags only.

    Raises:
        ValueError: no items, different numbers of items, or an item with different numbers of tags.
    """
    _check(task, gold, predicted)
    return task.target.metrics(gold, predicted, names, scheme)


def item_statistics(task: Task, gold: Sequence[Any], predicted: Sequence[Any], scheme: str | None = None) -> Floats:
    """Numbers per item whose sums over any sample of items give the main metric of that sample exactly.

    Returns:
        (items, k): (correct, 1) for classes, (correct words, words) for plain tags, (true positive, gold, predicted
        spans) for tags with a scheme, the same of labels for label sets, (1, x, y, xx, yy, xy) for scores, where x and
        y are the gold and predicted score less the mean gold score (a shift leaves the correlation alone and keeps the
        sums precise).

    Raises:
        ValueError: as `score`.
    """
    _check(task, gold, predicted)
    return task.target.statistics(gold, predicted, scheme)


def from_statistics(task: Task, sums: Floats, scheme: str | None = None) -> Floats:
    """The main metric from summed statistics: (..., k) to (...); NaN where it is not defined (see `score`)."""
    return task.target.main_of(sums, scheme)


def best_constant(task: Task, gold: Sequence[Any], scheme: str | None = None) -> float:
    """The main metric of the best answer that is one and the same for every item (for tags: every word).

    The share of the most frequent class or tag; 0 for scores, and for tags with a scheme, whose answer marks nothing.
    """
    return task.target.best_constant(gold, scheme)


def degenerate(task: Task, gold: Sequence[Any], predicted: Sequence[Any]) -> bool:
    """Whether a model gives the same answer for everything, or nearly, though the gold labels differ.

    That is one class, one number, or one tag for all words, where the gold labels of these items are several. Of one
    item, and where all have one label, nothing else can be asked. One other answer in `NEARLY` changes nothing, if gold
    has ten times as many, nor do numbers that differ by rounding.
    """
    answers, right = task.target.answers(predicted), task.target.answers(gold)
    if len(set(right)) <= 1:
        return False
    if task.target.varies_by_rounding(gold, predicted):
        return True
    tolerated = max(1, len(answers) // NEARLY)
    return _others(answers) <= (tolerated if _others(right) >= 10 * tolerated else 0)


def _others(answers: Sequence[Hashable]) -> int:
    """How many are not the most frequent one."""
    return len(answers) - max(Counter(answers).values())


def _check(task: Task, gold: Sequence[Any], predicted: Sequence[Any]) -> None:
    if len(gold) != len(predicted) or not len(gold):
        raise ValueError(f"{len(gold)} gold and {len(predicted)} predicted items; equal numbers, not 0, are needed")
    task.target.check_items(gold, predicted)
