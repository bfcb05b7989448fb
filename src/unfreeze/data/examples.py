"""Immutable labelled text: `Example`, `LabelSpace`, `Dataset`. Reading it from files is `read.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from unfreeze.tasks.kinds import Task

SplitName = Literal["train", "dev", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "dev", "test")
Label = str | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled item.

    Attributes:
        where: `file:line` it was read from, for error messages and the report.
        text: the text; for tagging, the words joined by spaces.
        text_b: the second text of a pair.
        words: the gold words, tagging only.
        label: a class name, a number, or one tag a word (in the data set's `LabelSpace.scheme`); None when unlabelled.
    """

    where: str
    text: str
    text_b: str | None = None
    words: tuple[str, ...] | None = None
    label: Label | None = None


@dataclass(frozen=True)
class LabelSpace:
    """What can be predicted.

    Attributes:
        names: classes or tags, in index order (sorted; for tagging `O` first); empty for regression.
        scheme: tagging scheme of `names` after conversion: `"BIO"` (IOB2), `"BIOES"`, or None for plain tags (POS).
        low, high: range of the training scores, regression only.
    """

    names: tuple[str, ...] = ()
    scheme: str | None = None
    low: float | None = None
    high: float | None = None

    def index(self) -> dict[str, int]:
        """Name to index."""
        return {name: i for i, name in enumerate(self.names)}


@dataclass(frozen=True)
class Dataset:
    """Three splits of one task.

    Attributes:
        name: folder or file stem.
        notes: what was guessed or changed while reading, one sentence each, to be shown to the user.
        columns: which column served as text, text_b, label (empty for CoNLL data without named columns).
        files: split to file path as given, or to several; a split that was cut out of another file says so in `notes`.
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

    def split(self, name: SplitName) -> tuple[Example, ...]:
        """The examples of one split."""
        return {"train": self.train, "dev": self.dev, "test": self.test}[name]
