"""The folds of a question as one comparison: every example once, predicted by models that never saw it. No torch here.

A run of the pooled comparison is a seed: its predictions of an example are those of that seed's run in the fold which
tests the example. All metrics are of the pooled predictions, so also those that are not means over items (span F1,
correlations). What a method chose is the recipe with the best mean dev score over folds; each fold was judged with the
recipe that its own dev split chose, as a single comparison would be. Recipes that a fold did not try, since an earlier
one was perfect on its dev split, are left out of that choice; one that a fold stopped counts there with what it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unfreeze.disk.mirror import shown_place
from unfreeze.errors import InputError
from unfreeze.judging.machines import distinct, in_words
from unfreeze.language.message import say
from unfreeze.recipe import MethodName, Recipe
from unfreeze.records.comparison import Choice, FloorRecord, RunRecord, TestRecord
from unfreeze.records.forecasts import Forecasts, likely_of
from unfreeze.tasks import metrics

if TYPE_CHECKING:
    from unfreeze.judging.read import Comparison


def pooled(folder: Path, parts: Sequence[Comparison]) -> Comparison:
    """The comparisons of all folds as one.

    Args:
        folder: of the whole question.

    Raises:
        InputError: folds were not run with the same methods, recipes and number of seeds.
    """
    _check_alike(folder, parts)
    first = parts[0]
    records: dict[str, RunRecord] = {}
    tests: dict[str, TestRecord] = {}
    of: dict[str, tuple[str, ...]] = {}
    choices: dict[MethodName, Choice] = {}
    for method in first.choices:
        trials = _trials(method, parts)
        recipe = max(trials.values(), key=lambda run: run.dev[first.setting.metric]).recipe
        finals = _finals(method, parts)
        for name, runs in finals.items():
            of[name] = tuple(run.id for run in runs)
            records[name] = _together(name, recipe, runs)
            tests[name] = _test(parts, of[name])
        records |= trials
        choices[method] = _choice(method, parts, list(trials), [records[name] for name in finals])
    data = replace(first.setting.data, sizes={**first.setting.data.sizes, "test": sum(len(p.items) for p in parts)})
    plan = replace(first.setting.plan, out=shown_place(folder))
    return replace(
        first,
        folder=folder,
        setting=replace(first.setting, data=data, plan=plan),
        choices=choices,
        records=records,
        tests=tests,
        items=tuple(item for part in parts for item in part.items),
        floor=_floor(parts),
        parts=tuple(parts),
        runs_of=of,
    )


def _check_alike(folder: Path, parts: Sequence[Comparison]) -> None:
    def seeds(part: Comparison) -> dict[MethodName, int]:
        return {method: len(choice.judged) for method, choice in part.choices.items()}

    about, most = parts[0].setting, {name: max(map(_recipes(name), parts), key=len) for name in parts[0].choices}
    for number, part in enumerate(parts, start=1):
        setting = part.setting
        same = (setting.task, setting.labels, setting.metric) == (about.task, about.labels, about.metric)
        if not same or seeds(part) != seeds(parts[0]) or not all(_alike(part, name, most[name]) for name in most):
            problem = say(
                "fold {number} was run with other methods, recipes, seeds or labels than fold 1", number=number
            )
            raise InputError(say("{problem}; start the same command again", problem=problem), where=str(folder))


def _recipes(method: MethodName) -> Callable[[Comparison], list[Recipe]]:
    """The recipes that a comparison tried for a method."""
    return lambda part: [replace(run.recipe, name="", source="") for run in part.trials(method)]


def _alike(part: Comparison, method: MethodName, most: list[Recipe]) -> bool:
    """Whether a fold tried the recipes `most`, or the first of them up to one that was perfect on dev."""
    tried = _recipes(method)(part)
    done = len(tried) == len(most) or part.trials(method)[-1].dev[part.setting.metric] >= 1
    return done and tried == most[: len(tried)]


def _trials(method: MethodName, parts: Sequence[Comparison]) -> dict[str, RunRecord]:
    """A record for each recipe that all folds tried, in the order of the table."""
    columns = zip(*(part.trials(method) for part in parts), strict=False)
    names = ((f"{method}.folds.recipe{place}", runs) for place, runs in enumerate(columns))
    return {name: _together(name, runs[0].recipe, runs) for name, runs in names}


def _finals(method: MethodName, parts: Sequence[Comparison]) -> dict[str, tuple[RunRecord, ...]]:
    """The runs of each seed, one for each fold."""
    columns = zip(*(part.finals(method) for part in parts), strict=True)
    return {f"{method}.folds.seed{runs[0].seed}": runs for runs in columns}


def _together(name: str, recipe: Recipe, runs: Sequence[RunRecord]) -> RunRecord:
    """Runs of all folds as one record: scores and times are means, sizes those of a run with the recipe."""
    like = next((run for run in runs if run.recipe == recipe), runs[0])
    weights = [run.layer_weights for run in runs if run.layer_weights is not None]
    alike = len(weights) == len(runs) and len({len(one) for one in weights}) == 1
    stopped = [run for run in runs if run.stopped is not None]
    return replace(
        like,
        id=name,
        recipe=recipe,
        dev={
            metric: _mean(runs, lambda run: run.dev[metric])  # noqa: B023
            for metric in like.dev
            if all(metric in run.dev for run in runs)
        },
        best_epoch=round(_mean(runs, lambda run: run.best_epoch)),
        curve=(),
        degenerate=any(run.degenerate for run in runs),
        layer_weights=tuple(np.mean(weights, 0).tolist()) if alike else None,
        diverged=any(run.diverged for run in runs),
        chosen={},
        train_s=_mean(runs, lambda run: run.train_s),
        peak_mb=max(run.peak_mb for run in runs),
        machine=_named(run.machine for run in runs),
        host=_named(run.host for run in runs),
        rung=None,
        stopped=_mean(stopped, lambda run: run.stopped or 0.0) if stopped else None,
    )


def _named(names: Iterable[str | None]) -> str | None:
    """Of all folds, in words; None where none has a name."""
    different = distinct(names)
    return None if different == (None,) else in_words(different)


def _mean(runs: Sequence[RunRecord], value: Callable[[RunRecord], float]) -> float:
    return float(np.mean([value(run) for run in runs]))


def _test(parts: Sequence[Comparison], runs: Sequence[str]) -> TestRecord:
    """The predictions of a seed for all examples, with their metrics."""
    tests = [part.tests[run] for part, run in zip(parts, runs, strict=True)]
    predictions = tuple(label for test in tests for label in test.predictions)
    sure = tuple(value for test in tests for value in test.confidence)
    gold = [item.label for part in parts for item in part.items]
    forecasts = _forecasts([test.forecasts for test in tests])
    same = metrics.degenerate(parts[0].setting.task, gold, predictions, likely_of(forecasts))
    sure = sure if len(sure) == len(gold) else ()
    return TestRecord(_scores(parts, predictions, forecasts), same, predictions, sure, forecasts)


def _forecasts(each: Sequence[Forecasts | None]) -> Forecasts | None:
    """The probabilities of all folds; None where a fold has none."""
    kept = [one for one in each if one is not None]
    if len(kept) < len(each):
        return None
    likely, losses = ([getattr(one, name) for one in kept] for name in ("likely", "losses"))
    if any(values is None for values in likely):
        return Forecasts(losses=np.concatenate(losses))
    return Forecasts(np.concatenate(likely))


def _scores(
    parts: Sequence[Comparison], predictions: Sequence[object], forecasts: Forecasts | None
) -> Mapping[str, float]:
    setting, gold = parts[0].setting, [item.label for part in parts for item in part.items]
    labels, likely = setting.labels, likely_of(forecasts)
    return metrics.score(setting.task, gold, predictions, labels.names, labels.scheme, likely)


def _choice(method: MethodName, parts: Sequence[Comparison], trials: list[str], finals: list[RunRecord]) -> Choice:
    metric = parts[0].setting.metric
    each = [part.choices[method] for part in parts]
    return Choice(
        trials=tuple(trials),
        runs=tuple(run.id for run in finals),
        extract_s=float(np.mean([choice.extract_s for choice in each])),
        extract_all_s=sum(c.extract_s if c.extract_all_s is None else c.extract_all_s for c in each),
        latency_ms={size: float(np.median([c.latency_ms[size] for c in each])) for size in each[0].latency_ms},
        best_run=max(finals, key=lambda run: run.dev[metric]).id,
        machine=_named(choice.machine for choice in each),
    )


def _floor(parts: Sequence[Comparison]) -> FloorRecord | None:
    """The floors of all folds; the penalty is that of the first one. None where a fold has none."""
    floors = [part.floor for part in parts if part.floor is not None]
    if len(floors) < len(parts):
        return None
    predictions = tuple(label for floor in floors for label in floor.predictions)
    forecasts = _forecasts([floor.forecasts for floor in floors])
    return replace(
        floors[0],
        dev={name: float(np.mean([floor.dev[name] for floor in floors])) for name in floors[0].dev},
        test=_scores(parts, predictions, forecasts),
        train_s=sum(floor.train_s for floor in floors),
        predictions=predictions,
        forecasts=forecasts,
    )
