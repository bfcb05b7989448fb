"""A finished comparison read from its run folders, each file checked against the others. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unfreeze.data.examples import Example, Label
from unfreeze.data.measurable import check_items
from unfreeze.errors import InputError, shown
from unfreeze.judging.stats import Floats, MetricFn
from unfreeze.recipe import MethodName
from unfreeze.records.comparison import (
    AGAIN,
    RUN_AGAIN,
    Choice,
    FloorRecord,
    RunRecord,
    TestRecord,
    read_choices,
    read_floor,
    read_items,
    read_records,
    read_test,
)
from unfreeze.records.fitting import (
    check_floor,
    check_metrics,
    check_record,
    check_score,
    check_setting,
    check_test,
    check_test_items,
)
from unfreeze.records.layer_scores import LayerScores, read_layer_scores
from unfreeze.records.setting import Setting, read_setting
from unfreeze.tasks import metrics

UNFINISHED = "the comparison did not finish: start the same command again, it goes on where it stopped"


@dataclass(frozen=True)
class Comparison:
    """All that a finished comparison left on disk.

    Attributes:
        choices: method to what it chose; only methods that were run.
        records: every run by id.
        tests: test record of every final run, by run id; its predictions are in the order of `items`.
        items: the test items with gold labels.
        floor: what the words alone reach; None where it was not computed.
        probes: what a linear probe reaches on each layer; None where none were made for this question.
    """

    setting: Setting
    choices: Mapping[MethodName, Choice]
    records: Mapping[str, RunRecord]
    tests: Mapping[str, TestRecord]
    items: tuple[Example, ...]
    floor: FloorRecord | None = None
    probes: LayerScores | None = None

    def trials(self, method: MethodName) -> tuple[RunRecord, ...]:
        """The runs among which `method` chose its recipe."""
        return tuple(self.records[run] for run in self.choices[method].trials)

    def finals(self, method: MethodName) -> tuple[RunRecord, ...]:
        """The runs of the chosen recipe, one a seed."""
        return tuple(self.records[run] for run in self.choices[method].runs)

    def all_finals(self) -> tuple[RunRecord, ...]:
        """The final runs of every method."""
        return tuple(run for method in self.choices for run in self.finals(method))


def read_comparison(folder: Path) -> Comparison:
    """Read a finished comparison.

    Raises:
        InputError: something is missing, torn, or does not fit the rest: which file, and what to do.
    """
    setting, choices = read_setting(folder), read_choices(folder)
    check_setting(folder, setting)
    records, items = read_records(folder), read_items(folder)
    check_test_items(folder, setting, items)
    for name, record in records.items():
        check_record(folder, setting, name, record)
    if not choices:
        raise InputError(f"names no method; {UNFINISHED}", where=str(folder / "choice.json"))
    check_items(items, setting.task, setting.labels.scheme, where=str(folder / "items.parquet"))
    tests: dict[str, TestRecord] = {}
    for method, choice in choices.items():
        for run in (*choice.trials, *choice.runs):
            if run not in records:
                raise InputError(f"the record is missing; {UNFINISHED}", where=str(folder / "runs" / shown(run)))
            if records[run].method != method:
                raise InputError(f"has a run of another method, {run}, for {method}", where=str(folder / "choice.json"))
        for run in choice.runs:
            test = read_test(folder / "runs" / run)
            if test is None:
                raise InputError(f"there are no test scores; {UNFINISHED}", where=str(folder / "runs" / shown(run)))
            check_test(folder, setting, run, test, items)
            tests[run] = test
    check_metrics(folder, tests)
    floor = read_floor(folder)
    if floor is not None:
        check_floor(folder, setting, floor, items)
    probes = read_layer_scores(folder)
    if probes is not None and probes.question != setting.data.question:
        probes = None  # written there by `unfreeze probe` about something else
    return Comparison(setting, choices, records, tests, items, floor, probes)


def metric_of(comparison: Comparison) -> MetricFn:
    """The main metric from summed statistics."""
    return lambda sums: metrics.from_statistics(comparison.setting.task, sums, comparison.setting.labels.scheme)


def statistics_of(comparison: Comparison, method: MethodName) -> Floats:
    """(seeds, items, k) additive statistics of a method's final runs."""
    return np.stack(
        [item_statistics(comparison, comparison.tests[run].predictions) for run in comparison.choices[method].runs]
    )


def item_statistics(comparison: Comparison, predictions: Sequence[Label]) -> Floats:
    """(items, k) additive statistics of some predictions of the test items."""
    setting, gold = comparison.setting, [item.label for item in comparison.items]
    return metrics.item_statistics(setting.task, gold, predictions, setting.labels.scheme)


def check_scores(folder: Path, comparison: Comparison, statistics: Mapping[MethodName, Floats]) -> None:
    """Raise `InputError` where a test score that was written is not what the predictions beside it give.

    Args:
        statistics: see `statistics_of`.
    """
    setting, metric = comparison.setting, metric_of(comparison)
    for method, values in statistics.items():
        for run, score in zip(comparison.choices[method].runs, metric(values.sum(1)), strict=True):
            written = comparison.tests[run].metrics[setting.metric]
            check_score(setting, written, float(score), folder / "runs" / run / "test.json", RUN_AGAIN)
    if (floor := comparison.floor) is not None:
        score = float(metric(item_statistics(comparison, floor.predictions).sum(0)))
        check_score(setting, floor.test[setting.metric], score, folder / "floor.json", AGAIN)
