"""A data set whose labels say nothing about its texts: the control of probes. No torch here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from unfreeze.data.examples import Dataset, Example


def shuffled(dataset: Dataset, seed: int = 0) -> Dataset:
    """The same texts and, in each split, the same labels in another order.

    Tags are drawn for each distinct word instead, from the tags that training words have, and a word has its tag
    wherever it stands (Hewitt & Liang 2019): a probe can only learn them by heart. They are plain tags, in no
    scheme, with the usual metric of such.
    """
    rng = np.random.default_rng(seed)
    if dataset.task.target.per_word:
        return _control_task(dataset, rng)

    def exchanged(split: tuple[Example, ...]) -> tuple[Example, ...]:
        order = rng.permutation(len(split))
        return tuple(replace(e, label=split[i].label) for e, i in zip(split, order, strict=True))

    return replace(dataset, train=exchanged(dataset.train), dev=exchanged(dataset.dev), test=exchanged(dataset.test))


def _control_task(dataset: Dataset, rng: np.random.Generator) -> Dataset:
    every: list[Any] = [tag for e in dataset.train for tag in e.label or ()]  # type: ignore[union-attr]
    tag_of: dict[str, str] = {}

    def drawn(example: Example) -> Example:
        words = example.words or ()
        for word in words:
            if word not in tag_of:
                tag_of[word] = every[rng.integers(len(every))]
        return replace(example, label=tuple(tag_of[word] for word in words))

    train, dev, test = (tuple(map(drawn, split)) for split in (dataset.train, dataset.dev, dataset.test))
    plain = replace(dataset.task, asked=None)
    return replace(dataset, task=plain, labels=replace(dataset.labels, scheme=None), train=train, dev=dev, test=test)
