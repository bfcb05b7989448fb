"""Metrics of every task kind, as fractions, and the one that chooses and judges: the usual one or the one asked for.

Gold and predicted labels are sequences of equal length: class names, numbers, or one tuple of names an item. How each
kind of answer is measured is in `targets`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from unfreeze.errors import InputError, listed, nearest, shown
from unfreeze.language.message import say
from unfreeze.tasks.items import NO_NAMES, LabelSpace
from unfreeze.tasks.kinds import TASKS, Task
from unfreeze.tasks.measures import Measure
from unfreeze.tasks.targets.likelihoods import Likely
from unfreeze.tasks.targets.sums import Floats
from unfreeze.tasks.targets.target import Metric

METRICS = {metric.name: metric for task in TASKS.values() for metric in task.target.measures}
"""Every metric as people read of it."""


NEARLY = 200
"""One other answer in that many is nearly one answer for everything."""
LITTLE = 1e-3
"""Probabilities that spread by less than this share of their labels' own deviation say the same of everything."""


def metric_named(name: str) -> Metric:
    """A metric as people read of it; of an old comparison it may be one that nothing measures any more."""
    family, _, one = name.partition(":")
    known = METRICS.get(family)
    if known is None:
        return Metric(name, name)
    return (
        replace(known, name=name, words=say("{metric} of '{label}'", metric=known.words, label=one)) if one else known
    )


def main_metric(task: Task, scheme: str | None = None) -> str:
    """Name of the metric that chooses and judges."""
    return task.asked or task.target.main(task.metric, scheme)


def fitting(task: Task, labels: LabelSpace) -> tuple[str, ...]:
    """The metrics that can choose and judge with these labels; `NAME:CLASS` for one of a class."""
    names = []
    for metric in task.target.measures:
        names += [metric.name] if metric.measure is not None and not metric.unfit(labels) else []
        names += [f"{metric.name}:CLASS"] if metric.of_class is not None else []
    return tuple(names)


def asking(task: Task, labels: LabelSpace, name: str | None, where: str = "--metric") -> Task:
    """The task with the metric `name` as its main one; None leaves the usual one.

    Raises:
        InputError: there is no such metric, or it does not fit the labels.
    """
    if name is None:
        return replace(task, asked=None)
    family, _, one = name.strip().partition(":")
    family = family.replace("-", "_")
    family = next((metric.name for metric in task.target.measures if family in (metric.name, metric.also)), family)
    full = f"{family}:{one}" if one else family
    if not judges(task, labels, full):
        known = fitting(task, labels)
        if f"{family}:CLASS" in known and one:
            raise InputError(
                say("'{one}' is not a class; there are {names}", one=shown(one), names=listed(labels.names)),
                where=where,
            )
        why = say(" needs probabilities of labels and") if family in METRICS and METRICS[family].ranks else ""
        raise InputError(
            say(
                "'{name}'{why} does not judge {kind} here{family}",
                name=shown(name),
                why=why,
                kind=task.kind,
                family=nearest(family, known),
            ),
            where=where,
        )
    return with_main(task, full, labels.scheme)


def judges(task: Task, labels: LabelSpace, name: str) -> bool:
    """Whether a metric, by its full name, can choose and judge with these labels."""
    family, _, one = name.partition(":")
    return (f"{family}:CLASS" if one else name) in fitting(task, labels) and (not one or one in labels.names)


def with_main(task: Task, name: str, scheme: str | None) -> Task:
    """The task whose main metric is the one with this full name."""
    usual = task.target.main(task.metric, scheme)
    return replace(task, asked=None if name == usual else name)


def measure_of(task: Task, labels: LabelSpace = NO_NAMES) -> Measure:
    """How the main metric is computed."""
    metric, one = _main(task, labels.scheme)
    if one:
        assert metric.of_class is not None, metric
        return metric.of_class(labels, one)
    assert metric.measure is not None, metric
    return metric.measure(labels)


def _main(task: Task, scheme: str | None) -> tuple[Metric, str]:
    """The main metric and the class that it is of; empty where it is of none."""
    family, _, one = main_metric(task, scheme).partition(":")
    return next(metric for metric in task.target.measures if metric.name == family), one


def ranks(task: Task) -> bool:
    """Whether the main metric is computed from probabilities of labels rather than from predicted labels."""
    return task.asked is not None and _main(task, None)[0].ranks


def _judged(task: Task, predicted: Sequence[Any], likely: Likely | None) -> Any:
    """What the main metric is computed from: predicted labels, or their probabilities (items, C)."""
    if not ranks(task):
        return predicted
    if likely is None:
        raise ValueError(f"{task.asked} needs probabilities, and there are none")
    return likely


def defined(task: Task, labels: LabelSpace, gold: Sequence[Any]) -> bool:
    """Whether the main metric is defined on items with these labels where all answers are right."""
    measure = measure_of(task, labels)
    return not math.isnan(measure.score(gold, measure.constant(gold) if ranks(task) else gold))


def score(
    task: Task,
    gold: Sequence[Any],
    predicted: Sequence[Any],
    names: Sequence[str] = (),
    scheme: str | None = None,
    likely: Likely | None = None,
) -> dict[str, float]:
    """All metrics of a task kind, the main one first; all but `mse` are fractions, higher is better.

    class: `accuracy`, `macro_f1` (over the classes in gold or predicted), `matthews` (multi-class), and with two
    classes `f1_positive` (see `targets.classes.positive_class`); `f1:CLASS` where it was asked for.
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
        likely: (items, C) probabilities of the names, for a main metric that ranks (`average_precision`).

    Raises:
        ValueError: no items, different numbers of items, or an item with different numbers of tags.
    """
    _check(task, gold, predicted)
    found = task.target.metrics(gold, predicted, names, scheme)
    main = main_metric(task, scheme)
    if main not in found:
        measure = measure_of(task, LabelSpace(tuple(names), scheme))
        found[main] = measure.score(gold, _judged(task, predicted, likely))
    return {main: found[main], **{name: value for name, value in found.items() if name != main}}


def item_statistics(
    task: Task,
    gold: Sequence[Any],
    predicted: Sequence[Any],
    labels: LabelSpace = NO_NAMES,
    likely: Likely | None = None,
) -> Floats:
    """(items, k) what the main metric needs of each item, see `Measure.statistics`; `likely` as in `score`.

    Raises:
        ValueError: as `score`, or a metric that ranks has no probabilities.
    """
    _check(task, gold, predicted)
    return measure_of(task, labels).statistics(gold, _judged(task, predicted, likely))


def best_constant(task: Task, gold: Sequence[Any], labels: LabelSpace = NO_NAMES) -> tuple[Any, float]:
    """The best answer that is one and the same for every item (for tags: every word), and its main metric.

    As the answer of the first item, None where probabilities are ranked; 0 where the metric is not defined. Raises
    `ValueError` without items.
    """
    measure = measure_of(task, labels)
    answers = measure.constant(gold)
    _check(task, gold, gold if ranks(task) else answers)
    reached = measure.score(gold, answers)
    return None if ranks(task) else answers[0], 0.0 if reached != reached else reached


def degenerate(task: Task, gold: Sequence[Any], predicted: Sequence[Any], likely: Likely | None = None) -> bool:
    """Whether a model gives the same answer for everything, or nearly, though the gold labels differ.

    That is one class, one number, or one tag for all words, where the gold labels of these items are several. Of one
    item, and where all have one label, nothing else can be asked. One other answer in `NEARLY` changes nothing, if gold
    has ten times as many, nor do numbers that differ by rounding.

    Where a metric ranks, one label for everything may rank well (a rare class): the probabilities must differ.
    """
    answers, right = task.target.answers(predicted), task.target.answers(gold)
    if len(set(right)) <= 1:
        return False
    if ranks(task) and likely is not None:
        middles = likely.mean(0, dtype=float)
        return bool(np.all(likely.std(0, dtype=float) <= LITTLE * np.sqrt(middles * (1 - middles))))
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
