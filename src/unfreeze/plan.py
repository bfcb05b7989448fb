"""What to run: frozen dataclasses, and strict YAML in and out."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from unfreeze.disk.json_files import read_yaml
from unfreeze.disk.settings import settings_from
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say
from unfreeze.methods.table import default_names, method_named, names
from unfreeze.recipe import Budget, CacheDtype, MethodName, Recipe, recipe_from

TRIAL_SEED = 1000
"""With which recipes are tried. Final runs have seeds from 0 on, below this one."""

MOST_FOLDS = 100
HERE = "here"
_ENGINE = re.compile(r"here|ray|auto|(?:ray://)?[^\s:/]+:\d+")


@dataclass(frozen=True)
class Plan:
    """One question: which data, which encoder, which methods, how much effort.

    Attributes:
        data: file or folder.
        train: files of this split outright, which win over what `data` has: one or several, folders of one split, or
            patterns such as `train-*.csv`.
        dev: the same for what chooses; without one it is cut out of train.
        test: the same for what judges; without one it is cut out of train, or folds are made.
        text: column of the text, by name or by index from 0; `A,B` joins several. None guesses it from the names.
        text_b: column of the second text of a pair.
        label: column of the label; `A,B,C` are columns of 0 and 1, one for each label.
        task: kind of the task; None guesses it from the data.
        metric: what chooses on dev and judges on test, such as `macro_f1`, `f1:CLASS` or `spearman`; None takes the
            usual one of the task.
        encoder: name or folder of one encoder, or of several that are compared with each other.
        methods: names of the methods; None takes those that are compared by default, but for those that the encoder
            does not allow.
        budget: how many recipes each method tries, and how many final runs it has: `quick`, `standard`, `thorough`.
        seeds: final runs of each method's chosen recipe; None takes the budget's number, `auto` makes them until the
            difference is decided or more of them would not decide it.
        train_size: use only that many training examples (stratified, same subset for every run).
        subset: which of the many subsets of that size.
        device: `cpu`, `cuda`, or `auto` for a GPU where there is one.
        out: output folder or URL; None takes `unfreeze-out/DATA-ENCODER`.
        recipes: replaces the budget's table; each method must get the same number.
        equivalence: half-width of the region of practical equivalence, as a fraction (0.005 is half a point).
        max_length: cut inputs to that many pieces; None takes the encoder's limit.
        encoder_options: options of an encoder's family as text, such as `{"stateful": "true"}`.
        prefix: text that is put before every text, as some encoders were trained to expect (`"query: "`); None takes
            the encoder folder's own default.
        unfreeze_top: at most this many layer groups from the top learn, whatever a recipe says.
        cache_gb: the most the feature store may hold; past it states are recomputed.
        cache_dtype: what states are stored as; `int8` takes half the room, at half a 127th of the largest state of a
            layer and row as the most that a state may be off.
        drop_hopeless: of several encoders, those whose frozen probes are far behind on dev are not trained further.
        folds: of data without a test file, test every example once in that many folds; 0 holds one test set out; None
            takes 5 folds for under 1,500 examples.
        group: column of authors, documents or the like, none of which is in two splits or folds that are made.
        engine: where runs are made: `here` in this process, `ray` in a Ray that is started for it, `auto`,
            `ray://HOST:PORT` or `HOST:PORT` in one that is there. It changes no score.
        cpus_per_run: processors of a machine of that Ray, for each run.
        gpus_per_run: GPUs of a machine of that Ray, for each run; less than 1 shares one.
    """

    data: str | None = None
    train: str | tuple[str, ...] | None = None
    dev: str | tuple[str, ...] | None = None
    test: str | tuple[str, ...] | None = None
    text: str | None = None
    text_b: str | None = None
    label: str | None = None
    task: str | None = None
    metric: str | None = None
    encoder: str | tuple[str, ...] = "minilm"
    methods: tuple[MethodName, ...] | None = None
    budget: Budget = "quick"
    seeds: int | Literal["auto"] | None = None
    train_size: int | None = None
    subset: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    out: str | None = None
    recipes: tuple[Recipe, ...] = ()
    equivalence: float = 0.005
    max_length: int | None = None
    encoder_options: Mapping[str, str] = field(default_factory=dict)
    prefix: str | None = None
    unfreeze_top: int | None = None
    cache_gb: float = 8.0
    cache_dtype: CacheDtype = "float16"
    drop_hopeless: bool = False
    folds: int | None = None
    group: str | None = None
    engine: str = HERE
    cpus_per_run: int = 1
    gpus_per_run: float = 0.0

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders that are compared, one or several."""
        return (self.encoder,) if isinstance(self.encoder, str) else self.encoder

    @property
    def only_encoder(self) -> str:
        """The one encoder. Raises `InputError` where there are several."""
        if len(self.encoders) > 1:
            raise InputError(
                say("names {encoders} encoders; one is expected here", encoders=len(self.encoders)), where="--encoder"
            )
        return self.encoders[0]

    @property
    def fixed_seeds(self) -> int | None:
        """The number of seeds, where it is given."""
        return self.seeds if isinstance(self.seeds, int) else None

    @property
    def all_options(self) -> dict[str, str]:
        """The encoder's options with the prefix among them."""
        return {**self.encoder_options, **({} if self.prefix is None else {"prefix": self.prefix})}

    def __post_init__(self) -> None:
        if self.fixed_seeds is not None:
            check_seeds(self.fixed_seeds, "seeds")
        if self.train_size is not None and self.train_size < 2:
            raise InputError(
                say("{train_size} training examples; at least 2 are needed", train_size=self.train_size),
                where="train_size",
            )
        check_length(self.max_length)
        if self.folds is not None and self.folds != 0 and not 2 <= self.folds <= MOST_FOLDS:
            raise InputError(
                say(
                    "{folds} folds; 2 to {most_folds} are possible, or 0 for none",
                    folds=self.folds,
                    most_folds=MOST_FOLDS,
                ),
                where="folds",
            )
        if self.unfreeze_top is not None and self.unfreeze_top < 1:
            raise InputError(
                say("{unfreeze_top} layer groups; at least 1 is needed", unfreeze_top=self.unfreeze_top),
                where="unfreeze_top",
            )
        for split in ("train", "dev", "test"):
            if getattr(self, split) == ():
                raise InputError("names no file; leave it out, or name one or more", where=split)
        check_engine(self.engine, self.cpus_per_run)
        for name in ("equivalence", "cache_gb", "gpus_per_run"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(say("{self}; a number of at least 0 is needed", self=getattr(self, name)), where=name)
        if not self.encoders or not all(self.encoders):
            raise InputError("names no encoder", where="encoder")
        if repeated := next((name for i, name in enumerate(self.encoders) if name in self.encoders[:i]), None):
            raise InputError(say("names {repeated} twice", repeated=shown(repeated)), where="encoder")
        if self.methods is not None and not self.methods:
            raise InputError(say("no method; known: {names}", names=", ".join(names())), where="methods")
        for name in self.methods or ():
            method_named(name, "methods")
        counts = {name: sum(r.method == name for r in self.recipes) for name in self.methods or default_names()}
        surplus = [r.method for r in self.recipes if self.methods is None and r.method not in counts]
        if surplus:
            raise InputError(
                say("there are some of {surplus}; name it under methods, too", surplus=surplus[0]), where="recipes"
            )
        if self.recipes and len(set(counts.values())) != 1:
            raise InputError(
                say("each method must get the same number of recipes, found {counts}", counts=counts), where="recipes"
            )


def check_seeds(seeds: int, where: str) -> None:
    """Raise `InputError` where there is no final run, or the trials' seed would be among them."""
    if seeds < 1:
        raise InputError(say("{seeds} seeds; at least 1 is needed", seeds=seeds), where=where)
    if seeds > TRIAL_SEED:
        raise InputError(
            say("{seeds:,} seeds; at most {trial_seed:,} are possible", seeds=seeds, trial_seed=TRIAL_SEED), where=where
        )


def check_engine(engine: str, cpus: int) -> None:
    """Raise `InputError` for an engine that there is not, or for runs without a processor."""
    if not _ENGINE.fullmatch(engine):
        problem = say(
            "unknown engine '{engine}'; known: here, ray, auto, ray://HOST:PORT, HOST:PORT", engine=shown(engine)
        )
        raise InputError(problem, where="--engine")
    if cpus < 1:
        raise InputError(say("{cpus} processors; at least 1 is needed", cpus=cpus), where="cpus_per_run")


def check_length(pieces: int | None) -> None:
    """Raise `InputError` where a limit of pieces leaves no room for a piece among the special ones."""
    if pieces is not None and pieces < 4:
        raise InputError(say("{pieces} pieces; at least 4 are needed", pieces=pieces), where="max_length")


def plan_from(values: Any, where: str = "plan") -> Plan:
    """A `Plan` from plain values (as YAML gives them). Raises `InputError` on an unknown key or a wrong value."""
    seeds = values.get("seeds") if isinstance(values, dict) else None
    if isinstance(seeds, str) and seeds != "auto" and not seeds.isdecimal():
        raise InputError(
            say("seeds: a number or auto is needed (--seeds), found '{seeds}'", seeds=shown(seeds)), where=where
        )
    if isinstance(values, dict) and isinstance(values.get("recipes"), list):
        given = enumerate(values["recipes"])
        recipes = tuple(r if isinstance(r, Recipe) else recipe_from(r, f"{where}: recipes[{i}]") for i, r in given)
        values = {**values, "recipes": recipes}
    if isinstance(values, dict) and isinstance(values.get("encoder_options"), Mapping):
        values = {**values, "encoder_options": {k: _as_text(v) for k, v in values["encoder_options"].items()}}
    return settings_from(Plan, values, where)


def _encoders(name: str) -> str | tuple[str, ...]:
    """`a,b` as two encoders, unless that is the path of one."""
    if "," not in name or os.path.exists(name):
        return name
    return tuple(part.strip() for part in name.split(","))


def _as_text(value: Any) -> Any:
    """A switch or a number as the command line has it: YAML reads `true` and `3` as what they are."""
    return str(value).lower() if isinstance(value, bool | int | float) else value


def read_plan(path: Path) -> Plan:
    """Read a plan file; its paths (an `encoder` is one if it is there as a file or folder) are relative to its folder.

    Raises:
        InputError: the file is missing, is not YAML, or contains an unknown key or a wrong value.
    """
    values = read_yaml(path)
    if isinstance(values, dict):
        for key in ("data", "train", "dev", "test"):
            if isinstance(values.get(key), str) and "://" not in values[key]:
                values[key] = str(path.parent / values[key])
            elif isinstance(values.get(key), list):
                values[key] = [str(path.parent / one) if isinstance(one, str) else one for one in values[key]]
        if isinstance(values.get("encoder"), str):
            values["encoder"] = beside(path.parent, _encoders(values["encoder"]))
        elif isinstance(values.get("encoder"), list):
            values["encoder"] = beside(path.parent, values["encoder"])
    try:
        return plan_from(values, str(path))
    except InputError as error:
        if (error.where or "").startswith(str(path)):
            raise
        raise InputError(str(error), where=str(path)) from None


def beside(folder: Path, names: str | Sequence[Any]) -> str | tuple[Any, ...]:
    """Names, such as those of encoders; those that are files or folders beside a plan file as paths."""
    if isinstance(names, str):
        return str(folder / names) if os.path.exists(folder / names) else names
    return tuple(beside(folder, name) if isinstance(name, str) else name for name in names)


def merged(plan: Plan, given: dict[str, Any], where: str) -> Plan:
    """`plan` with the settings `given` over it, checked. Raises `InputError` as `plan_from` does.

    Other `data` than the plan's takes the place of its train, dev and test files too. An `encoder` such as `a,b` names
    two, unless there is such a path.
    """
    kept = {f.name: getattr(plan, f.name) for f in fields(Plan)}
    if "data" in given:
        kept |= {"train": None, "dev": None, "test": None}
    if isinstance(given.get("encoder"), str):
        given = {**given, "encoder": _encoders(given["encoder"])}
    return plan_from({**kept, **given}, where)


def plain(value: Plan | Recipe) -> dict[str, Any]:
    """Plain JSON-ready values of a plan or recipe, tuples as lists."""

    def lists(item: Any) -> Any:
        if isinstance(item, dict):
            return {k: lists(v) for k, v in item.items()}
        return [lists(v) for v in item] if isinstance(item, (list, tuple)) else item

    return lists(asdict(value))  # type: ignore[no-any-return]
