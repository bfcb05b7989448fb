"""What one arm, a method on an encoder, reached and cost, from the records of its runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from unfreeze.judging.gaps import ends
from unfreeze.judging.machines import Kinds, distinct, together
from unfreeze.judging.one_answer import degenerate_on
from unfreeze.judging.read import Arm
from unfreeze.judging.result import ArmResult, Cost, FinalRun, MeanStd, Score, Trial
from unfreeze.judging.run_work import method_work
from unfreeze.judging.stats import Interval
from unfreeze.records.comparison import Choice, RunRecord


def arm_result(arm: Arm, interval: Interval, joint: tuple[float, float]) -> ArmResult:
    """What an arm reached.

    Args:
        interval: of its test score.
        joint: that interval where those of all arms hold together.
    """
    metric, finals = arm.comparison.setting.metric, arm.finals
    tests = [arm.comparison.tests[run.id] for run in finals]
    test = mean_std([test.metrics[metric] for test in tests])
    return ArmResult(
        id=arm.id,
        encoder=arm.encoder,
        method=arm.method,
        recipe=finals[0].recipe,
        runs=_final_runs(arm),
        dev=mean_std([run.dev[metric] for run in finals]),
        test=Score(test.mean, test.std, ends(interval), joint),
        metrics={name: mean_std([test.metrics[name] for test in tests]) for name in tests[0].metrics},
        cost=_cost(arm) if not arm.comparison.parts else _cost_of_folds(arm),
        trials=_trials(arm),
        best_run=arm.choice.best_run,
        left_out=arm.choice.left_out,
    )


def mean_std(values: Sequence[float]) -> MeanStd:
    """Mean and sample standard deviation of one value or more."""
    return MeanStd(float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)


def _final_runs(arm: Arm) -> tuple[FinalRun, ...]:
    metric, runs = arm.comparison.setting.metric, []
    for run in arm.finals:
        dev, test = float(run.dev[metric]), float(arm.comparison.tests[run.id].metrics[metric])
        same = degenerate_on(arm.comparison, run)
        runs.append(FinalRun(run.seed, dev, test, bool(same), same, run.diverged, run.id))
    return tuple(runs)


def _trials(arm: Arm) -> tuple[Trial, ...]:
    recipe = arm.finals[0].recipe
    return tuple(
        Trial(
            id=run.id,
            name=run.recipe.name,
            dev=run.dev[arm.comparison.setting.metric],
            train_s=run.train_s,
            chosen=run.recipe == recipe,
            recipe=run.recipe,
            stopped=run.stopped,
        )
        for run in arm.trials
    )


def _cost(arm: Arm) -> Cost:
    choice, finals = arm.choice, arm.finals
    runs = {run.id: run for run in (*arm.trials, *finals)}  # a trial can be a final run too
    work = method_work(runs.values(), finals[0], arm.comparison.setting)
    return Cost(
        extract_s=choice.extract_s,
        extract_all_s=choice.extract_s if choice.extract_all_s is None else choice.extract_all_s,
        train_s=float(np.mean([run.train_s for run in finals])),
        peak_mb=max(run.peak_mb for run in finals),
        trained_parameters=finals[0].trained_parameters,
        stored_mb=finals[0].stored_mb,
        latency_ms=dict(choice.latency_ms),
        all_runs_s=float(sum(run.train_s for run in runs.values())),
        work=work.total,
        piece_work=work.piece,
        work_is_estimated=work.estimated,
        machines=_machines(choice, runs.values()),
        latency_machines=(choice.machine,),
    )


def _cost_of_folds(arm: Arm) -> Cost:
    """What a model costs as a mean over folds, and all runs of all folds together."""
    each = [_cost(Arm(arm.id, arm.encoder, arm.method, part)) for part in arm.comparison.parts]
    return Cost(
        extract_s=arm.choice.extract_s,
        extract_all_s=sum(cost.extract_all_s for cost in each),
        train_s=float(np.mean([cost.train_s for cost in each])),
        peak_mb=max(cost.peak_mb for cost in each),
        trained_parameters=arm.finals[0].trained_parameters,
        stored_mb=arm.finals[0].stored_mb,
        latency_ms=dict(arm.choice.latency_ms),
        all_runs_s=sum(cost.all_runs_s for cost in each),
        work=sum(cost.work for cost in each),
        piece_work=max(cost.piece_work for cost in each),
        work_is_estimated=any(cost.work_is_estimated for cost in each),
        machines=together(cost.machines for cost in each),
        latency_machines=together(cost.latency_machines for cost in each),
    )


def _machines(choice: Choice, runs: Iterable[RunRecord]) -> Kinds:
    """The kinds of machines that its seconds were measured on, those of extraction where there was any."""
    extracted = [choice.machine] if choice.extract_s or choice.extract_all_s else []
    return distinct([*(run.machine for run in runs), *extracted])
