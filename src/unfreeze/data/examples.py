"""Immutable labelled text: `Example`, `LabelSpace`, `Dataset`. Reading it from files is `read.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from unfreeze.tasks.items import Example, Label, LabelSpace
from unfreeze.tasks.kinds import Task

SplitName = Literal["train", "dev", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "dev", "test")
__all__ = ["SPLITS", "Dataset", "Example", "Label", "LabelSpace", "SplitName"]


@dataclass(frozen=True)
class Dataset:
    """Three splits of one task.

    Attributes:
        name: folder or file stem.
        notes: what was guessed or changed while reading, one sentence each, to be shown to the user.
        columns: which column served as text, text_b, label (empty for CoNLL data without named columns).
        files: split to file path as given, or to several; a split that was cut out of another file says so in `notes`.
        cut: split that has no file, since it was cut out of train, to that note.
    """

    name: str
    task: Task
    labels: LabelSpace
    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    test: tuple[Example, ...]
    notes: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    cut: Mapping[SplitName, str] = field(default_factory=dict)

    def split(self, name: SplitName) -> tuple[Example, ...]:
        """The examples of one split."""
        return {"train": self.train, "dev": self.dev, "test": self.test}[name]
