"""The data set that a plan asks about. No torch here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from unfreeze.data.examples import SPLITS, Dataset
from unfreeze.data.read import read_dataset
from unfreeze.data.splits import stratified_subset
from unfreeze.errors import InputError
from unfreeze.plan import Plan

DATA_SEED = 0  # of made splits and --train-size subsets: part of the data, not of a run


def read_data(plan: Plan) -> Dataset:
    """The data set of a plan, its training split cut to `train_size`."""
    paths = {split: Path(p) for split in SPLITS if (p := getattr(plan, split)) is not None}
    if plan.data is None and "train" not in paths:
        raise InputError("name a file or folder, or --train", where="DATA")
    columns = {"text": plan.text, "text_b": plan.text_b, "label": plan.label, "task": plan.task}
    dataset = read_dataset(None if plan.data is None else Path(plan.data), **paths, **columns, seed=DATA_SEED)  # type: ignore[arg-type]
    size = plan.train_size
    if size is None or size >= len(dataset.train):
        return dataset
    subset = stratified_subset(dataset.train, dataset.task, size, DATA_SEED + plan.subset)
    lost = set(dataset.labels.names) - {str(e.label) for e in subset} if dataset.task.target == "class" else set()
    if lost:
        problem = f"{size} training examples have no room for class '{min(lost)}'; take more"
        raise InputError(problem, where="--train-size")
    said = f"{size:,} of {len(dataset.train):,} training examples are used (--train-size)."
    return replace(dataset, train=subset, said=(*dataset.said, said))
