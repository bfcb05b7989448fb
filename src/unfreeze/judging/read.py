"""A finished comparison read from its run folders, each file checked against the others. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from unfreeze.data.examples import Example
from unfreeze.data.measurable import check_items
from unfreeze.disk.mirror import shown_place
from unfreeze.errors import InputError, shown
from unfreeze.judging.pooled import pooled
from unfreeze.judging.spread import ERROR, Floats
from unfreeze.language.message import say
from unfreeze.plan import Plan
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
from unfreeze.records.encoders import folder_of, read_encoders
from unfreeze.records.fitting import (
    check_floor,
    check_metrics,
    check_record,
    check_score,
    check_setting,
    check_test,
    check_test_items,
)
from unfreeze.records.folds import fold_folder, read_folds
from unfreeze.records.forecasts import likely_of
from unfreeze.records.layer_scores import LayerScores, read_layer_scores
from unfreeze.records.looks import Look, read_looks
from unfreeze.records.setting import Setting, read_setting
from unfreeze.tasks import metrics
from unfreeze.tasks.measures import Measure

UNFINISHED = say("the comparison did not finish: start the same command again, it goes on where it stopped")


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
        parts: of a comparison in folds, that of each fold; this one is of all of them together (`pooled`).
        runs_of: of a comparison in folds, a run to its runs in the parts, in their order.
    """

    folder: Path
    setting: Setting
    choices: Mapping[MethodName, Choice]
    records: Mapping[str, RunRecord]
    tests: Mapping[str, TestRecord]
    items: tuple[Example, ...]
    floor: FloorRecord | None = None
    probes: LayerScores | None = None
    parts: tuple[Comparison, ...] = ()
    runs_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def measure(self) -> Measure:
        """How its main metric is computed."""
        return metrics.measure_of(self.setting.task, self.setting.labels)

    def trials(self, method: MethodName) -> tuple[RunRecord, ...]:
        """The runs among which `method` chose its recipe."""
        return tuple(self.records[run] for run in self.choices[method].trials)

    def finals(self, method: MethodName) -> tuple[RunRecord, ...]:
        """The runs of the chosen recipe that are judged, one a seed."""
        return tuple(self.records[run] for run in self.choices[method].judged)

    def all_finals(self) -> tuple[RunRecord, ...]:
        """The final runs of every method."""
        return tuple(run for method in self.choices for run in self.finals(method))


@dataclass(frozen=True)
class Arm:
    """A method on an encoder, as a finished comparison has it.

    Attributes:
        id: the method where there is one encoder, else `ENCODER/METHOD`.
        encoder: its name among those that are compared.
    """

    id: str
    encoder: str
    method: MethodName
    comparison: Comparison

    @property
    def choice(self) -> Choice:
        """What it chose on dev."""
        return self.comparison.choices[self.method]

    @property
    def trials(self) -> tuple[RunRecord, ...]:
        """The runs among which it chose its recipe."""
        return self.comparison.trials(self.method)

    @property
    def finals(self) -> tuple[RunRecord, ...]:
        """The runs of the chosen recipe that are judged, one for each seed."""
        return self.comparison.finals(self.method)

    @property
    def runs(self) -> tuple[str, ...]:
        """The ids of the final runs that are judged, of all folds."""
        judged, of = self.choice.judged, self.comparison.runs_of
        return tuple(one for run in judged for one in of.get(run, (run,)))

    @property
    def statistics(self) -> Floats:
        """(seeds, items, k) statistics of its final runs for the main metric."""
        return statistics_of(self.comparison, self.method)


@dataclass(frozen=True)
class Compared:
    """The comparisons of one encoder or several on the same test items.

    Attributes:
        comparisons: an encoder's name among those that are compared to its comparison.
        dropped: encoders that were not trained, to the reason.
        plan: of all of them.
        looks: where seeds were `auto`, what was seen on the way to these final runs; else none.
    """

    comparisons: Mapping[str, Comparison]
    dropped: Mapping[str, str]
    plan: Plan
    looks: tuple[Look, ...] = ()

    @property
    def first(self) -> Comparison:
        """The comparison of the first encoder: data, task and test items are the same in all."""
        return next(iter(self.comparisons.values()))

    @property
    def several(self) -> bool:
        """Whether several encoders are compared, dropped ones among them, so that arms are named after theirs."""
        return len(self.comparisons) + len(self.dropped) > 1

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every method of every encoder."""
        return tuple(
            Arm(f"{encoder}/{method}" if self.several else method, encoder, method, comparison)
            for encoder, comparison in self.comparisons.items()
            for method in comparison.choices
        )

    @property
    def runs(self) -> dict[str, tuple[str, ...]]:
        """Every arm to the ids of its final runs that are judged, of all folds."""
        return {arm.id: arm.runs for arm in self.arms}

    @property
    def items_in_words(self) -> str:
        """What was tested."""
        return say("labelled examples") if self.first.parts else say("test items")

    @property
    def error(self) -> float:
        """Of the intervals of differences: that of the last look, or 5 % where nobody looked before the end."""
        return self.looks[-1].error if self.looks else ERROR

    @property
    def floor(self) -> FloorRecord | None:
        """What the words alone reach; it does not depend on the encoder."""
        return next((c.floor for c in self.comparisons.values() if c.floor is not None), None)


def read_compared(folder: Path) -> Compared:
    """Read what a finished comparison left on disk, of one encoder or of several.

    Raises:
        InputError: something is missing, torn, or does not fit the rest: which file, and what to do.
    """
    encoders = read_encoders(folder)
    if encoders is None:
        comparison = read_question(folder)
        name, plan = comparison.setting.encoder.name or "encoder", comparison.setting.plan
        return _with_looks(folder, Compared({name: comparison}, {}, plan))
    folders = {name: folder_of(folder, encoders, name) for name in encoders.folders}
    comparisons = {name: read_question(folders[name]) for name in encoders.trained}
    check_same([folders[name] for name in comparisons], list(comparisons.values()))
    settings = [
        comparisons[name].setting if name in comparisons else _setting_in(path) for name, path in folders.items()
    ]
    named = tuple(setting.plan.only_encoder for setting in settings)
    if len(set(named)) < len(named):
        raise InputError(
            say("has folders of the same encoder; {again}", again=AGAIN), where=str(folder / "encoders.json")
        )
    plan = replace(settings[0].plan, encoder=named if len(named) > 1 else named[0], out=shown_place(folder))
    return _with_looks(folder, Compared(comparisons, encoders.dropped, plan))


def _with_looks(folder: Path, compared: Compared) -> Compared:
    """With the looks up to the last one at its final runs; later ones, of a run that was longer, do not count."""
    looks = read_looks(folder) if compared.plan.seeds == "auto" else ()
    ends = [end for end, look in enumerate(looks, start=1) if dict(look.runs) == compared.runs]
    return replace(compared, looks=looks[: ends[-1]]) if ends else compared


def _setting_in(folder: Path) -> Setting:
    """The setting of an encoder that was not trained, of its first fold where there are folds."""
    return read_setting(folder if read_folds(folder) is None else fold_folder(folder, 1))


def read_question(folder: Path) -> Comparison:
    """Read a finished comparison of one encoder, of all its folds together where it has any.

    Raises:
        InputError: as `read_comparison`, or folds were not run alike.
    """
    folds = read_folds(folder)
    if folds is None:
        return read_comparison(folder)
    return pooled(folder, [read_comparison(fold_folder(folder, fold + 1)) for fold in range(folds.number)])


def check_same(folders: Sequence[Path], comparisons: Sequence[Comparison]) -> None:
    """Raise `InputError` where comparisons are not about the same task and test items."""
    first = comparisons[0]
    for folder, other in zip(folders[1:], comparisons[1:], strict=True):
        about = [(c.setting.task, c.setting.labels, c.setting.metric) for c in (first, other)]
        if about[0] != about[1]:
            problem = say(
                "is about another task or other labels than {folders}; {again}", folders=folders[0], again=AGAIN
            )
            raise InputError(problem, where=str(folder / "comparison.json"))
        if other.items != first.items:
            problem = say("has other test items than {folders}; {again}", folders=folders[0], again=AGAIN)
            raise InputError(problem, where=str(folder / "items.parquet"))


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
        raise InputError(say("names no method; {unfinished}", unfinished=UNFINISHED), where=str(folder / "choice.json"))
    check_items(items, setting.task, setting.labels.scheme, where=str(folder / "items.parquet"))
    tests: dict[str, TestRecord] = {}
    for method, choice in choices.items():
        for run in (*choice.trials, *choice.runs):
            if run not in records:
                raise InputError(
                    say("the record is missing; {unfinished}", unfinished=UNFINISHED),
                    where=str(folder / "runs" / shown(run)),
                )
            if records[run].method != method:
                raise InputError(
                    say("has a run of another method, {run}, for {method}", run=run, method=method),
                    where=str(folder / "choice.json"),
                )
        for run in choice.runs:
            test = read_test(folder / "runs" / run)
            if test is None:
                raise InputError(
                    say("there are no test scores; {unfinished}", unfinished=UNFINISHED),
                    where=str(folder / "runs" / shown(run)),
                )
            check_test(folder, setting, run, test, items)
            tests[run] = test
    check_metrics(folder, tests)
    floor = read_floor(folder)
    if floor is not None:
        check_floor(folder, setting, floor, items)
    probes = read_layer_scores(folder)
    if probes is not None and probes.question != setting.data.question:
        probes = None  # written there by `unfreeze probe` about something else
    return Comparison(folder, setting, choices, records, tests, items, floor, probes)


def statistics_of(comparison: Comparison, method: MethodName) -> Floats:
    """(seeds, items, k) statistics of a method's final runs for the main metric."""
    return np.stack([item_statistics(comparison, comparison.tests[run]) for run in comparison.choices[method].judged])


def item_statistics(comparison: Comparison, said: TestRecord | FloorRecord) -> Floats:
    """(items, k) statistics of what is said of the test items for the main metric."""
    setting, gold = comparison.setting, [item.label for item in comparison.items]
    return metrics.item_statistics(setting.task, gold, said.predictions, setting.labels, likely_of(said.forecasts))


def check_scores(compared: Compared, statistics: Sequence[Floats]) -> None:
    """Raise `InputError` where a test score that was written is not what the predictions beside it give.

    Args:
        statistics: of the arms.
    """
    for arm, values in zip(compared.arms, statistics, strict=True):
        ends = np.cumsum([0, *(len(part.items) for part in arm.comparison.parts)])
        for place, part in enumerate(arm.comparison.parts):
            _check_runs(part, part.choices[arm.method].judged, values[:, ends[place] : ends[place + 1]])
        if not arm.comparison.parts:
            _check_runs(arm.comparison, arm.choice.judged, values)
    for whole in compared.comparisons.values():
        for comparison in whole.parts or (whole,):
            _check_floor_score(comparison)


def _check_runs(comparison: Comparison, runs: Sequence[str], values: Floats) -> None:
    setting = comparison.setting
    for run, score in zip(runs, comparison.measure.of(values), strict=True):
        where = comparison.folder / "runs" / run / "test.json"
        check_score(setting, comparison.tests[run].metrics[setting.metric], float(score), where, RUN_AGAIN)


def _check_floor_score(comparison: Comparison) -> None:
    if (floor := comparison.floor) is not None:
        setting = comparison.setting
        score = float(comparison.measure.of(item_statistics(comparison, floor)[None])[0])
        check_score(setting, floor.test[setting.metric], score, comparison.folder / "floor.json", AGAIN)
