"""A model with weights in 8 bits, judged again: it is another model, which need not be as good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example
from unfreeze.errors import InputError
from unfreeze.export.agreement import BATCH, Answer, Answers
from unfreeze.export.onnx_files import INT8, MODEL, write_int8
from unfreeze.export.onnx_form import answers_of
from unfreeze.judging.stats import Difference
from unfreeze.judging.two_way import paired_difference
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.metrics import asking, item_statistics, main_metric, measure_of, metric_named

TIMED = 30  # single items


@dataclass(frozen=True)
class Judged:
    """A smaller model beside the original on the same labelled items.

    Attributes:
        metric: its name. before, after: scores. difference: after minus before, over the items.
        items: how many. same: share of them with equal labels.
        mb, ms: of the original and of the smaller one: size, and median milliseconds for one item.
    """

    metric: str
    before: float
    after: float
    difference: Difference
    items: int
    same: float
    mb: tuple[float, float]
    ms: tuple[float, float]


def add_int8(predictor: Predictor, folder: Path, test: Sequence[Example]) -> Judged:
    """Write `model.int8.onnx` beside `model.onnx`, and judge both by the same labelled items.

    Raises:
        InputError: there are none.
    """
    if not test or any(item.label is None for item in test):
        problem = "needs labelled test items: give --test FILE, or export where the comparison's folder is"
        raise InputError(problem, where="--int8")
    write_int8(folder)
    models = [answers_of(predictor, folder, model) for model in (MODEL, INT8)]
    before, after = (_all(answer, test) for answer in models)
    task = asking(predictor.task, predictor.labels, predictor.about.get("metric"))
    return _judged(predictor, task, (before, after), test, (_mb(folder), _ms(models, test)))


def _judged(
    predictor: Predictor,
    task: Task,
    said: tuple[Answers, Answers],
    test: Sequence[Example],
    sizes: tuple[tuple[float, float], tuple[float, float]],
) -> Judged:
    gold, measure = [item.label for item in test], measure_of(task, predictor.labels)
    stats = [item_statistics(task, gold, one.labels, predictor.labels, one.numbers)[None] for one in said]
    before, after = (float(measure.of(one)[0]) for one in stats)
    same = float(np.mean([a == b for a, b in zip(*(one.labels for one in said), strict=True)]))
    difference = paired_difference(stats[1], stats[0], measure)
    metric = main_metric(task, predictor.labels.scheme)
    return Judged(metric, before, after, difference, len(test), same, *sizes)


def told(judged: Judged) -> str:
    """A judged model in two sentences."""
    found, same = judged.difference, f"{100 * judged.same:.1f} % of labels are the same"
    return (
        f"{INT8} reaches {metric_named(judged.metric).words} {judged.after:.4f} on {judged.items:,} test items, "
        f"{MODEL} {judged.before:.4f}: difference {found.mean:+.4f}, 95 % interval {found.lo:+.4f} to {found.hi:+.4f} "
        f"(over items); {same}. It has {judged.mb[1]:.1f} MB instead of {judged.mb[0]:.1f} and takes "
        f"{judged.ms[1]:.1f} ms for one item instead of {judged.ms[0]:.1f} on this machine."
    )


def _all(answer: Answer, items: Sequence[Example]) -> Answers:
    """All items, those of like length together."""
    order = sorted(range(len(items)), key=lambda i: len(items[i].text) + len(items[i].text_b or ""))
    parts = [answer([items[i] for i in order[start : start + BATCH]]) for start in range(0, len(order), BATCH)]
    back = np.argsort(order)
    labels = [label for part in parts for label in part.labels]
    numbers = [part.numbers for part in parts if part.numbers is not None]
    return Answers(tuple(labels[i] for i in back), np.concatenate(numbers)[back] if numbers else None)


def _mb(folder: Path) -> tuple[float, float]:
    first, second = (sum(f.stat().st_size for f in folder.glob(f"{name}*")) / 1e6 for name in (MODEL, INT8))
    return first, second


def _ms(models: Sequence[Answer], items: Sequence[Example]) -> tuple[float, float]:
    """Both models in turns."""
    taken: tuple[list[float], list[float]] = [], []
    for item in items[:TIMED]:
        for times, answer in zip(taken, models, strict=True):
            times.append(_milliseconds(lambda answer=answer, item=item: answer([item])))  # type: ignore[misc]
    return median(taken[0]), median(taken[1])


def _milliseconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return 1e3 * (perf_counter() - began)
