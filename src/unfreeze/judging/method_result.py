"""What one method reached and cost, from the records of its runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unfreeze.judging.one_answer import degenerate_on
from unfreeze.judging.read import Comparison
from unfreeze.judging.result import Cost, FinalRun, MeanStd, MethodResult, Score, Trial, ends
from unfreeze.judging.run_work import method_work
from unfreeze.judging.stats import Interval
from unfreeze.recipe import MethodName


def method_result(comparison: Comparison, method: MethodName, interval: Interval) -> MethodResult:
    """What a method reached.

    Args:
        interval: of its test score.
    """
    metric, finals = comparison.setting.metric, comparison.finals(method)
    tests = [comparison.tests[run.id] for run in finals]
    dev = mean_std([run.dev[metric] for run in finals])
    test = mean_std([test.metrics[metric] for test in tests])
    return MethodResult(
        recipe=finals[0].recipe,
        runs=_final_runs(comparison, method),
        dev=dev,
        test=Score(test.mean, test.std, ends(interval)),
        metrics={name: mean_std([test.metrics[name] for test in tests]) for name in tests[0].metrics},
        cost=_cost(comparison, method),
        trials=_trials(comparison, method),
        best_run=comparison.choices[method].best_run,
    )


def mean_std(values: Sequence[float]) -> MeanStd:
    """Mean and sample standard deviation of one value or more."""
    return MeanStd(float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)


def _final_runs(comparison: Comparison, method: MethodName) -> tuple[FinalRun, ...]:
    metric, runs = comparison.setting.metric, []
    for run in comparison.finals(method):
        dev, test = float(run.dev[metric]), float(comparison.tests[run.id].metrics[metric])
        same = degenerate_on(comparison, run)
        runs.append(FinalRun(run.seed, dev, test, bool(same), same, run.diverged, run.id))
    return tuple(runs)


def _trials(comparison: Comparison, method: MethodName) -> tuple[Trial, ...]:
    chosen, recipe = set(comparison.choices[method].runs), comparison.finals(method)[0].recipe
    return tuple(
        Trial(
            id=run.id,
            name=run.recipe.name,
            dev=run.dev[comparison.setting.metric],
            train_s=run.train_s,
            chosen=run.id in chosen or run.recipe == recipe,
            recipe=run.recipe,
        )
        for run in comparison.trials(method)
    )


def _cost(comparison: Comparison, method: MethodName) -> Cost:
    choice, finals = comparison.choices[method], comparison.finals(method)
    runs = {run.id: run for run in (*comparison.trials(method), *finals)}  # a trial can be a final run too
    work = method_work(runs.values(), finals[0], comparison.setting)
    return Cost(
        extract_s=choice.extract_s,
        train_s=float(np.mean([run.train_s for run in finals])),
        peak_mb=max(run.peak_mb for run in finals),
        trained_parameters=finals[0].trained_parameters,
        stored_mb=finals[0].stored_mb,
        latency_ms=dict(choice.latency_ms),
        all_runs_s=float(sum(run.train_s for run in runs.values())),
        work=work.total,
        piece_work=work.piece,
        work_is_estimated=work.estimated,
    )
