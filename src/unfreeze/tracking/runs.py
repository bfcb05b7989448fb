"""One of our runs as a tracker takes it: recipe, learning curve, scores, cost. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.plan import TRIAL_SEED, plain
from unfreeze.records.comparison import Choice, EpochPoint, RunRecord, TestRecord
from unfreeze.records.setting import Environment, Setting
from unfreeze.tracking.places import Place
from unfreeze.tracking.tracked import Reading, TrackedRun, Value, finite

COSTS = ("train_s", "peak_mb", "trained_parameters", "stored_mb", "examples_per_s", "work")


@dataclass(frozen=True)
class Known:
    """What is known of all runs of a folder.

    Attributes:
        comparison: the name of the whole comparison.
        choice: what the run's method chose; None where it has not chosen yet.
    """

    comparison: str
    place: Place
    setting: Setting
    choice: Choice | None

    @property
    def encoder(self) -> str:
        """The encoder for people: its name among those that are compared, else a path's last part."""
        return self.place.encoder or Path(self.setting.encoder.name or "encoder").name

    def group(self, method: str) -> str:
        """The comparison and the arm, as a verdict names it."""
        return "/".join(part for part in (self.comparison, self.place.question, self.place.encoder, method) if part)


def tracked_run(known: Known, record: RunRecord, test: TestRecord | None, end: float) -> TrackedRun:
    """A run of a comparison.

    Args:
        end: when it was written, seconds since 1970.
    """
    role = _role(known.choice, record)
    part = f", {known.place.part}" if known.place.part else ""
    return TrackedRun(
        id=":".join([known.group(record.method), str(known.setting.data.question), known.place.part or "", record.id]),
        name=f"{role} {record.recipe.name or record.recipe.head}, seed {record.seed}{part}",
        group=known.group(record.method),
        params=_params(known, record),
        readings=tuple(_reading(point, known.setting.metric) for point in record.curve),
        scores=_scores(record, test),
        step=record.best_epoch,
        tags={"role": role, "run": record.id, **_tags(known, record, test)},
        start=end - record.train_s,
        end=end,
    )


def _role(choice: Choice | None, record: RunRecord) -> str:
    if choice is not None and record.id in choice.runs:
        return "final"
    if choice is not None and record.id in choice.trials:
        return "trial"
    return "trial" if record.seed == TRIAL_SEED else "final"


def _params(known: Known, record: RunRecord) -> dict[str, Value]:
    """The recipe flat, with what it was run on; a setting that is off has no parameter."""
    setting = known.setting
    recipe = {name: flat(value) for name, value in plain(record.recipe).items() if value is not None}
    about: dict[str, Value] = {
        "method": record.method,
        "encoder": known.encoder,
        "recipe": recipe.pop("name") or record.recipe.head,
        "seed": record.seed,
        "task": setting.task.kind,
        "metric": setting.metric,
        "data": setting.data.name or "",
        **{f"{split}_size": size for split, size in setting.data.sizes.items()},
        "precision": setting.environment.precision or "",
    }
    return {**recipe, **about, **{f"chosen_{name}": value for name, value in record.chosen.items()}}


def flat(value: Any) -> Value:
    """A setting as one value: lists and the like as JSON."""
    return value if isinstance(value, Value) else json.dumps(value, ensure_ascii=False)


def _reading(point: EpochPoint, metric: str) -> Reading:
    values = {
        "train/loss": point.train_loss, f"dev/{metric}": point.dev, "train/learning_rate": point.learning_rate,
        "train/step": float(point.step),
    }  # fmt: skip
    return Reading(point.epoch, point.seconds, finite(values))


def _scores(record: RunRecord, test: TestRecord | None) -> dict[str, float]:
    costs = {f"cost/{name}": getattr(record, name) for name in COSTS if getattr(record, name) is not None}
    layers = enumerate(record.layer_weights or ())
    return finite({
        **{f"kept/dev_{name}": value for name, value in record.dev.items()},
        **{f"test/{name}": value for name, value in (test.metrics.items() if test else ())},
        **{name: float(value) for name, value in costs.items()},
        **{f"layer_weight/{layer:02}": weight for layer, weight in layers},
    })  # fmt: skip


def _tags(known: Known, record: RunRecord, test: TestRecord | None) -> dict[str, str]:
    """What is true of a run beside its settings; what is not true has no tag."""
    choice = known.choice
    facts: Mapping[str, bool] = {
        "diverged": record.diverged,
        "one answer for all of dev": record.degenerate,
        "one answer for all of test": test is not None and test.degenerate,
        "best on dev": choice is not None and record.id == choice.best_run,
        "not judged": choice is not None and record.id in choice.left_out,
    }
    stopped = {} if record.stopped is None else {"stopped at": f"dev {record.stopped:.4g} of another trial"}
    where = {"machine": record.machine, "host": record.host, "part": known.place.part, "question": known.place.question}
    return {
        **{name: "yes" for name, holds in facts.items() if holds},
        **stopped,
        **{name: value for name, value in where.items() if value},
        **versions(known.setting.environment),
    }


def versions(environment: Environment) -> dict[str, str]:
    """What computed, as tags."""
    names = ("unfreeze", "torch", "transformers", "python", "device", "processor")
    return {name: value for name in names if (value := getattr(environment, name))}
