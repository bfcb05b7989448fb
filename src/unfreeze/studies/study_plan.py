"""What studies to run: the options of `unfreeze study`, and a YAML file with them. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from unfreeze.disk.json_files import read_yaml
from unfreeze.disk.settings import settings_from
from unfreeze.plan import HERE, Plan, beside
from unfreeze.studies.asked import Asked, asked_from

LISTS = ("studies", "encoders", "tasks", "corpus", "train_sizes")
"""Settings with several values, which the command line joins by commas."""


@dataclass(frozen=True)
class StudyPlan:
    """Which studies, on which sets, with which encoders, how much effort.

    Attributes:
        studies: their names, or `all`.
        data_root: folder of the standard sets.
        encoders: names or folders.
        seeds: final runs of a cell.
        tasks: names of sets; None takes each study's own.
        train_size, test_size: at most that many examples of a set; None takes all.
        train_sizes: the same for single sets, such as `mnli=4000`.
        min_steps: cap on the recipes' minimum number of steps.
        budget: how many recipes dev chooses from.
        corpus: files or folders of the text that encoders were pretrained on.
        device, cache_gb, engine, cpus_per_run, gpus_per_run: as in a plan of `compare`.
        out: folder of pages and runs.
        before: folder of the pages of an earlier run; `findings.md` says what has changed.
    """

    studies: tuple[str, ...] = ()
    data_root: str = "data"
    encoders: tuple[str, ...] = ("bert-mini", "elmo-mini", "skip-mini")
    seeds: int = 5
    tasks: tuple[str, ...] | None = None
    train_size: int | None = None
    train_sizes: tuple[str, ...] = ()
    test_size: int | None = None
    min_steps: int | None = None
    budget: str = "quick"
    corpus: tuple[str, ...] = ()
    device: str = "auto"
    cache_gb: float = Plan.cache_gb
    engine: str = HERE
    cpus_per_run: int = Plan.cpus_per_run
    gpus_per_run: float = Plan.gpus_per_run
    out: str = "unfreeze-studies"
    before: str | None = None

    def asked(self) -> Asked:
        """Settings that all studies share, checked. Raises `InputError`."""
        place = {name: getattr(self, name) for name in ("cache_gb", "engine", "cpus_per_run", "gpus_per_run")}
        return asked_from(
            Path(self.data_root), self.encoders, Path(self.out), self.seeds, self.tasks, self.train_size,
            self.test_size, self.min_steps, self.budget, self.corpus, self.device, rows_of=self.train_sizes,
            before=None if self.before is None else Path(self.before), **place,
        )  # fmt: skip


def study_plan(given: Mapping[str, Any], file: Path | None = None) -> StudyPlan:
    """The settings of a file, if there is one, with those given on the command line over them.

    Args:
        given: settings by name; a list may be one string with commas.

    Raises:
        InputError: the file or a setting is invalid.
    """
    plan = StudyPlan() if file is None else settings_from(StudyPlan, _read(file), str(file))
    if not given:
        return plan
    over = {field.name: getattr(plan, field.name) for field in fields(StudyPlan)} | _listed(given)
    return settings_from(StudyPlan, over, "command line")


def _read(file: Path) -> Any:
    """What a file has, folders and files in its settings relative to its own folder where they are there."""
    values = read_yaml(file)
    if not isinstance(values, dict):
        return values
    values = _listed(values)
    for name in ("data_root", "encoders", "corpus", "before"):
        if isinstance(values.get(name), str | list):
            values[name] = beside(file.parent, values[name])
    return values


def _listed(values: Mapping[str, Any]) -> dict[str, Any]:
    """One string for several as a list."""
    split = {name: values[name].split(",") for name in LISTS if isinstance(values.get(name), str)}
    return {**values, **{name: [part.strip() for part in parts if part.strip()] for name, parts in split.items()}}
