"""A comparison's folder as trackers take it: the one reader, for all of them. No torch here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from unfreeze.recipe import MethodName
from unfreeze.records.comparison import Choice, read_choices, read_records, read_test
from unfreeze.records.fitting import check_record, check_setting
from unfreeze.records.setting import Setting, read_setting
from unfreeze.tracking.places import Place, places_in
from unfreeze.tracking.runs import Known, tracked_run
from unfreeze.tracking.tracked import Tracked, TrackedRun
from unfreeze.tracking.verdict import summary_of


def read_tracked(folder: Path, name: str) -> Tracked:
    """The finished runs of a comparison or study, and its verdict if there is one; it need not be finished.

    Args:
        name: what it is called in a tracker.

    Raises:
        InputError: it is not a comparison, or a file is torn.
    """
    runs: list[TrackedRun] = []
    settings: list[Setting] = []
    for place in places_in(folder):
        setting = read_setting(place.setting)
        check_setting(place.setting, setting)
        if place.described is not None:
            setting = replace(setting, data=replace(setting.data, sizes={}))  # those of other runs
        settings.append(setting)
        runs += _runs(place, setting, name)
    named = sorted(_distinct(runs), key=lambda run: (run.group, run.name))
    return Tracked(name, tuple(named), summary_of(folder, name, settings, named))


def _distinct(runs: Sequence[TrackedRun]) -> list[TrackedRun]:
    """Runs that share a name with others, as recipes without one do, have their id in it."""
    counts = Counter((run.group, run.name) for run in runs)
    return [
        run if counts[run.group, run.name] == 1 else replace(run, name=f"{run.name} ({run.tags['run']})")
        for run in runs
    ]  # fmt: skip


def _runs(place: Place, setting: Setting, name: str) -> Iterator[TrackedRun]:
    choices: dict[MethodName, Choice] = {}
    if (place.folder / "choice.json").exists():
        choices = read_choices(place.folder)
    for run, record in read_records(place.folder).items():
        check_record(place.folder, setting, run, record)
        path = place.folder / "runs" / run
        known = Known(name, place, setting, choices.get(record.method))
        yield tracked_run(known, record, read_test(path), (path / "record.json").stat().st_mtime)
