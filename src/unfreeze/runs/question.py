"""The data set that a plan asks about, with the metric that it asks for. No torch here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from unfreeze.data.examples import SPLITS, Dataset, SplitName
from unfreeze.data.folds import Folds, in_folds
from unfreeze.data.held import GIVEN
from unfreeze.data.hub_sets import PREFIX, fetched
from unfreeze.data.measurable import JUDGED
from unfreeze.data.read import read_dataset
from unfreeze.data.splits import stratified_subset
from unfreeze.errors import InputError
from unfreeze.features.cache import cache_folder
from unfreeze.language.message import say
from unfreeze.plan import Plan
from unfreeze.tasks.metrics import asking, defined, metric_named

FEW, FOLDS_OF_FEW = 1500, 5
"""Of fewer labelled examples a fifth is too few to tell methods apart."""
DATA_SEED = 0  # of made splits and --train-size subsets: part of the data, not of a run


def read_data(plan: Plan) -> Dataset:
    """The data set of a plan, its training split cut to `train_size`."""
    named = {split: files for split in SPLITS if (files := getattr(plan, split)) is not None}
    paths = {split: [Path(p) for p in ([files] if isinstance(files, str) else files)] for split, files in named.items()}
    if plan.data is None and "train" not in paths:
        raise InputError("name a file or folder, or --train", where="DATA")
    columns = {"text": plan.text, "text_b": plan.text_b, "label": plan.label, "task": plan.task, "group": plan.group}
    if plan.data is not None and plan.data.startswith(PREFIX):
        data, name, said = fetched(plan.data, cache_folder() / GIVEN)
        dataset = read_dataset(data, **paths, **columns, seed=DATA_SEED)  # type: ignore[arg-type]
        dataset = replace(dataset, name=name, notes=(said, *dataset.notes))
    else:
        given = None if plan.data is None else Path(plan.data)
        dataset = read_dataset(given, **paths, **columns, seed=DATA_SEED)  # type: ignore[arg-type]
    if plan.prefix and dataset.task.target.per_word:
        raise InputError(
            "is put before texts; tagged sentences are read word by word, so leave it out", where="--prefix"
        )
    dataset = _measured(replace(dataset, task=asking(dataset.task, dataset.labels, plan.metric)))
    return dataset if plan.train_size is None else with_size(dataset, plan.train_size, plan.subset)


def folds_of(plan: Plan, dataset: Dataset, out: Path) -> tuple[Folds | None, str | None]:
    """The data set of a plan in folds (None where one test set is held out), and what is to be said of a default.

    Unless a plan says how many, data of under `FEW` examples without a test file are tested in `FOLDS_OF_FEW`. What was
    begun with one test set keeps it.

    Raises:
        InputError: folds are asked for and cannot be made.
    """
    if plan.folds:
        if plan.train_size is not None:
            problem = say("is not possible with --folds, which learn from all but what they test")
            raise InputError(problem, where="--train-size")
        return in_folds(dataset, plan.folds, DATA_SEED), None
    size = sum(len(dataset.split(split)) for split in SPLITS)
    begun = any((*out.glob("comparison.json"), *out.glob("encoders/*/comparison.json")))
    if plan.folds == 0 or "test" not in dataset.cut or plan.train_size is not None or size >= FEW or begun:
        return None, None
    try:
        folds = in_folds(dataset, FOLDS_OF_FEW, DATA_SEED)
    except InputError as error:
        return None, say(
            "One test set is held out, since {folds_of_few} folds cannot be made: {error}.",
            folds_of_few=FOLDS_OF_FEW,
            error=error,
        )
    return folds, (
        say(
            "There is no test file, and {size:,} examples are under {few:,}: they are tested in "
            "{folds_of_few} folds, each with fewer seeds than one test set would get. `--folds 0` holds one "
            "test set out instead.",
            size=size,
            few=FEW,
            folds_of_few=FOLDS_OF_FEW,
        )
    )


def _measured(dataset: Dataset) -> Dataset:
    """The data set. Raises `InputError` where the metric asked for is not defined on dev or test, whatever is said."""
    for split in JUDGED:
        gold = [example.label for example in dataset.split(split)]
        if dataset.task.asked and not defined(dataset.task, dataset.labels, gold):
            words = metric_named(dataset.task.asked).words
            problem = say(
                "there is nothing in {split} that {words} could measure; choose another metric or {split} set",
                split=split,
                words=words,
            )
            raise InputError(problem, where="--metric")
    return dataset


def with_size(dataset: Dataset, size: int, subset: int = 0) -> Dataset:
    """The data set with at most `size` training examples; the same ones for the same number of a subset."""
    if size >= len(dataset.train):
        return dataset
    kept = stratified_subset(dataset.train, dataset.task, size, DATA_SEED + subset)
    target = dataset.task.target
    had, has = ({name for e in part for name in target.names_in(e.label)} for part in (dataset.train, kept))
    lost = had - has
    if lost and not target.may_lack:
        problem = say("{size} training examples have no room for class '{lost}'; take more", size=size, lost=min(lost))
        raise InputError(problem, where="--train-size")
    note = say("{size:,} of {train:,} training examples are used (--train-size).", size=size, train=len(dataset.train))
    return replace(dataset, train=kept, notes=(*dataset.notes, note))


def with_fewer(dataset: Dataset, split: SplitName, size: int, subset: int = 0) -> Dataset:
    """The data set with at most `size` examples of `dev` or `test`, drawn as `with_size` draws those of `train`."""
    examples = dataset.split(split)
    if size >= len(examples):
        return dataset
    kept = stratified_subset(examples, dataset.task, size, DATA_SEED + subset)
    note = say("{size:,} of {examples:,} {split} examples are used.", size=size, examples=len(examples), split=split)
    parts: dict[str, Any] = {split: kept, "notes": (*dataset.notes, note)}
    return replace(dataset, **parts)
