"""The settings of studies, and the unit that they measure: a cell. No torch here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from unfreeze.errors import InputError, nearest, shown
from unfreeze.judging.spread import Floats
from unfreeze.judging.stats import Interval
from unfreeze.judging.two_way import mean_ci
from unfreeze.language.message import say
from unfreeze.plan import HERE, TRIAL_SEED, Plan, check_seeds, plain
from unfreeze.recipe import Family, Recipe
from unfreeze.studies.published import Role
from unfreeze.studies.sets import standard_set
from unfreeze.tasks.items import NO_NAMES, LabelSpace
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.measures import Measure
from unfreeze.tasks.metrics import measure_of

TRIALS = {"quick": 1, "standard": 2, "thorough": 3}
"""How many recipes of a cell dev chooses from."""

LEAST_ROWS = 32
_ROLES: Mapping[Family, Role] = {"transformer": "BERT", "elmo": "ELMo", "sentence-vectors": "Skip-thoughts"}


@dataclass(frozen=True)
class Asked:
    """Settings of all studies.

    Attributes:
        data_root: folder of the standard sets.
        encoders: names or folders.
        seeds: final runs of a cell.
        tasks: names of sets; None takes each study's own.
        rows: at most that many training examples of a set, and dev examples; None takes all.
        rows_of: the same for single sets, which wins over `rows`.
        tested: at most that many test examples of a set; None takes all.
        min_steps: cap on the minimum number of steps of a recipe, for machines that cannot afford the table's; its
            epochs stay, and so do frozen linear heads. None takes the table's.
        budget: how many recipes dev chooses from, see `TRIALS`.
        corpus: files or folders of the text that encoders were pretrained on, for the distance of domains.
        device, cache_gb, engine, cpus_per_run, gpus_per_run: as in a plan.
        before: folder of pages of an earlier run, against which findings are held.
    """

    data_root: Path
    encoders: tuple[str, ...]
    out: Path
    seeds: int = 5
    tasks: tuple[str, ...] | None = None
    rows: int | None = None
    tested: int | None = None
    min_steps: int | None = None
    budget: str = "quick"
    corpus: tuple[str, ...] = ()
    device: str = "auto"
    cache_gb: float = Plan.cache_gb
    engine: str = HERE
    cpus_per_run: int = Plan.cpus_per_run
    gpus_per_run: float = Plan.gpus_per_run
    rows_of: tuple[tuple[str, int], ...] = ()
    before: Path | None = None

    def most_rows(self, task: str) -> int | None:
        """At most how many training examples of a set are used."""
        return dict(self.rows_of).get(task, self.rows)

    @property
    def place(self) -> dict[str, Any]:
        """Settings of a plan that say where its runs are made, and with which cache."""
        names = ("device", "cache_gb", "engine", "cpus_per_run", "gpus_per_run")
        return {name: getattr(self, name) for name in names}


def asked_from(
    data_root: Path,
    encoders: Sequence[str],
    out: Path,
    seeds: int,
    tasks: Sequence[str] | None,
    rows: int | None,
    tested: int | None,
    min_steps: int | None,
    budget: str,
    corpus: Sequence[str],
    device: str,
    *,
    rows_of: Sequence[str] = (),
    before: Path | None = None,
    **place: Any,
) -> Asked:
    """Settings from the command line, checked.

    Args:
        rows_of: such as `mnli=4000`.
        place: see `Plan.engine`; what is left out has its default.

    Raises:
        InputError: a folder is missing, a name is unknown, a number too small.
    """
    if not data_root.is_dir():
        raise InputError("no such folder; it should contain the standard sets", where=f"--data-root {data_root}")
    if seeds < 2:
        raise InputError(
            say("is {seeds}; at least 2 are needed for an interval over seeds", seeds=seeds), where="--seeds"
        )
    check_seeds(seeds, "--seeds")
    sizes = [_size_of(text) for text in rows_of]
    if before is not None and not before.is_dir():
        raise InputError("no such folder; it should contain the pages of an earlier run", where=f"--before {before}")
    single = [(most, "--train-sizes") for _, most in sizes]
    for most, option in ((rows, "--train-size"), (tested, "--test-size"), *single):
        if most is not None and most < LEAST_ROWS:
            raise InputError(
                say("is {most}; at least {least_rows} are needed", most=most, least_rows=LEAST_ROWS), where=option
            )
    if min_steps is not None and min_steps < 0:
        raise InputError(say("is {min_steps}; at least 0 is needed", min_steps=min_steps), where="--min-steps")
    if budget not in TRIALS:
        raise InputError(
            say("no budget '{budget}'{budget2}", budget=budget, budget2=nearest(budget, TRIALS)), where="--budget"
        )
    names = [name.strip() for name in encoders if name.strip()]
    if not names:
        raise InputError("name one or more", where="--encoders")
    wanted = None if tasks is None else tuple(standard_set(task.strip()).name for task in tasks)
    return Asked(
        data_root,
        tuple(names),
        out,
        seeds,
        wanted,
        rows,
        tested,
        min_steps,
        budget,
        tuple(corpus),
        device,
        rows_of=tuple(sizes),
        before=before,
        **place,
    )


def _size_of(text: str) -> tuple[str, int]:
    """`mnli=4000` as a set and a number."""
    name, _, size = text.partition("=")
    if not size.strip().isdecimal():
        raise InputError(say("{text}: SET=N is needed", text=shown(text)), where="--train-sizes")
    return standard_set(name.strip()).name, int(size)


@dataclass(frozen=True)
class About:
    """An encoder, as far as recipes depend on it."""

    name: str
    family: Family
    layers: int
    width: int
    reads_pairs: bool
    tunable: bool
    fingerprint: str
    causal: bool = False
    tags: bool = True

    @property
    def shown(self) -> str:
        """The name of the encoder, of a folder the last part."""
        return Path(self.name).name

    @property
    def role(self) -> Role | None:
        """The encoder of the paper whose place it takes."""
        return _ROLES.get(self.family)


@dataclass(frozen=True)
class Cell:
    """One number of a table: dev chooses among recipes by a trial of each, the chosen one is trained with every seed.

    Attributes:
        task: a standard set.
        rows: training examples, and at most that many dev examples; None takes all.
        tested: at most that many test examples; None takes all.
        subset: which of the many subsets of that size.
        genre: only examples of this genre, in every split; None takes all.
    """

    task: str
    encoder: str
    recipes: tuple[Recipe, ...]
    seeds: tuple[int, ...]
    rows: int | None = None
    tested: int | None = None
    subset: int = 0
    genre: str | None = None

    @property
    def question(self) -> tuple[str, str, int | None, int | None, int, str | None]:
        """What cells have in common that are trained on the same examples over the same encoder."""
        return self.task, self.encoder, self.rows, self.tested, self.subset, self.genre

    def digest(self, *more: object) -> str:
        """Digest of everything that its number depends on; `more` are the encoder's weights and the files."""
        recipes = [plain(replace(recipe, name="", source="")) for recipe in self.recipes]
        values = {**asdict(self), "recipes": recipes, **({"trial_seed": TRIAL_SEED} if len(recipes) > 1 else {})}
        return hashlib.blake2b(json.dumps([values, more], sort_keys=True).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Measured:
    """A cell with its test results.

    Attributes:
        recipe: the chosen one.
        task: kind of the task.
        statistics: (seeds, test items, k), see `metrics.item_statistics`.
        train_examples: the number of examples that were trained on.
        layer_weights: learned scalar mix of each seed, bottom to top; None where nothing was mixed.
        diverged: the number of runs that diverged.
        constant: what the best constant answer scores on test.
        labels: the label space.
        machines: kinds of machine that `train_s` was measured on; none where that was not written down.
    """

    cell: Cell
    recipe: Recipe
    task: Task
    statistics: Floats
    train_examples: int
    train_s: float
    layer_weights: tuple[tuple[float, ...], ...] | None
    diverged: int
    constant: float = 0.0
    labels: LabelSpace = NO_NAMES
    machines: tuple[str, ...] = ()

    @property
    def measure(self) -> Measure:
        """How the main metric is computed."""
        return measure_of(self.task, self.labels)

    @property
    def scores(self) -> Floats:
        """(seeds,) the main metric on test, fractions."""
        return self.measure.of(self.statistics)

    @property
    def mean(self) -> float:
        """The mean of the scores."""
        return float(self.scores.mean())

    @property
    def std(self) -> float:
        """Sample standard deviation over seeds; 0 with a single one."""
        return float(np.std(self.scores, ddof=1)) if len(self.scores) > 1 else 0.0

    @cached_property
    def interval(self) -> Interval:
        """Mean with its 95 % interval over items and seeds."""
        return mean_ci(self.statistics, self.measure, draws=2_000)

    @property
    def learned(self) -> bool:
        """Whether it is above the best constant answer beyond doubt."""
        return self.interval.lo > self.constant
