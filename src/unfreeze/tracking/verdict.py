"""What a comparison comes to, as one run of a tracker. No torch here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from unfreeze.inert import in_markdown
from unfreeze.judging.result import ArmResult, Result
from unfreeze.judging.result_json import FILE, read_result
from unfreeze.judging.wording import amount
from unfreeze.plan import plain
from unfreeze.records.setting import Setting
from unfreeze.tracking.runs import flat, versions
from unfreeze.tracking.tracked import TrackedRun, Value, finite

FILES = ("report.html", FILE)
ROLE = "verdict"
_COSTS = ("train_s", "all_runs_s", "extract_all_s", "peak_mb", "trained_parameters", "stored_mb", "work")
_OF_A_PLAN = ("budget", "seeds", "folds", "methods", "encoder", "train_size", "metric", "equivalence", "device")


def summary_of(folder: Path, name: str, settings: Sequence[Setting], runs: Sequence[TrackedRun]) -> TrackedRun:
    """The run of a tracker that says what a comparison comes to: its verdict, or that there is none yet.

    Args:
        settings: of the folders that `runs` are from; one or more.
        runs: of the comparison.

    Raises:
        InputError: `result.json` is torn or of another version.
    """
    result = read_result(folder) if (folder / FILE).exists() else None
    started = (folder / FILE).stat().st_mtime if result else 0.0
    return TrackedRun(
        id=f"{name}:{settings[0].data.question}",
        name=ROLE,
        group=name,
        params=_params(settings[0], result),
        readings=(),
        scores={} if result is None else finite(dict(_scores(result))),
        step=0,
        tags=_tags(settings[0], result, len(runs)),
        start=min((run.start for run in runs), default=started),
        end=max((run.end for run in runs), default=started),
        note=_unfinished(name, len(runs)) if result is None else _note(result),
        files=tuple(folder / file for file in FILES if (folder / file).exists()),
    )


def _params(setting: Setting, result: Result | None) -> dict[str, Value]:
    plan = plain(setting.plan if result is None else result.plan)
    data = setting.data if result is None else result.data
    asked = {name: flat(plan[name]) for name in _OF_A_PLAN if plan.get(name) is not None}
    sizes: dict[str, Value] = {f"{split}_size": size for split, size in data.sizes.items()}
    return {**asked, "task": setting.task.kind, "metric": setting.metric, "data": data.name or "", **sizes}


def _tags(setting: Setting, result: Result | None, runs: int) -> dict[str, str]:
    about = {"role": ROLE, "runs": str(runs), **versions(setting.environment)}
    if result is None:
        return {**about, "finished": "no"}
    verdict = result.verdict
    return {
        **about, "finished": "yes", "choice": verdict.choice, "use": verdict.use, "leader": verdict.leader,
        "headline": verdict.headline, "next step": verdict.next_step,
        **{f"dropped {encoder}": reason for encoder, reason in result.dropped.items()},
    }  # fmt: skip


def _scores(result: Result) -> Iterator[tuple[str, float]]:
    for arm in result.arms:
        yield from ((f"{ROLE}/{arm.id}/{name}", float(value)) for name, value in _of_arm(arm))
    for pair in result.differences:
        low, high = pair.joint_ci95
        for name, value in (("mean", pair.mean), ("low", low), ("high", high), ("p", pair.joint_p)):
            yield f"{ROLE}/{pair.first} - {pair.second}/{name}", value
    if result.floor is not None:
        low, high = result.floor.ci95
        for name, value in (("test", result.floor.test), ("test_low", low), ("test_high", high)):
            yield f"{ROLE}/floor/{name}", value


def _of_arm(arm: ArmResult) -> Iterator[tuple[str, float]]:
    low, high = arm.test.ci95
    yield from (("test", arm.test.mean), ("test_std", arm.test.std), ("test_low", low), ("test_high", high))
    yield "dev", arm.dev.mean
    yield from ((f"test_{name}", score.mean) for name, score in arm.metrics.items())
    yield from ((name, getattr(arm.cost, name)) for name in _COSTS)
    yield from ((f"latency_ms_{batch}", value) for batch, value in arm.cost.latency_ms.items())


def _unfinished(name: str, runs: int) -> str:
    return f"# {in_markdown(name)}\n\nNot judged yet; {runs} runs are finished."


def _note(result: Result) -> str:
    """The verdict in Markdown: the answer, what each arm reached, reasons, doubts, and what would help.

    No table, since trackio shows none.
    """
    verdict = result.verdict
    arms = [
        f"{arm.id}: {result.metric} {arm.test.mean:.4f} on test (95 % interval {arm.test.ci95[0]:.4f} to "
        f"{arm.test.ci95[1]:.4f}), {amount(arm.cost.train_s, 's')} to train, {amount(arm.cost.stored_mb, 'MB')} to keep"
        for arm in result.arms
    ]
    lists = [
        f"## {title}\n\n" + "\n".join(f"- {in_markdown(line)}" for line in lines)
        for title, lines in (("Arms", arms), ("Reasons", verdict.reasons), ("Doubts", verdict.doubts)) if lines
    ]  # fmt: skip
    parts = [
        f"# {in_markdown(verdict.headline)}", *lists,
        f"## Next step\n\n{in_markdown(verdict.next_step)}" if verdict.next_step else "",
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part)
