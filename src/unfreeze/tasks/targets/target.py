"""What a kind of answer is to the rest: everything that depends on whether labels are classes, scores or tags.

No other file asks which target it has; it asks the target. The half that needs torch is in `training/targets`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from unfreeze.language.message import say
from unfreeze.tasks.items import Example, Label, LabelSpace
from unfreeze.tasks.measures import Measure
from unfreeze.tasks.schemes import Span
from unfreeze.tasks.targets.likelihoods import Likely
from unfreeze.tasks.targets.regressions import C
from unfreeze.tasks.targets.sums import Floats, Found, Ints

ErrorChart = Literal["confusion", "scatter"]
Bools = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]
Rows = Any  # a sparse matrix of scipy's
MARKED = "marked"
"""The answer of tags that are not all `O`: they are distinguished by what they mark, not as a whole."""
Penalty = tuple[str, float]
"""One of a linear model, with its name."""
Labels = Sequence[Any]
"""Labels of one target: class names, numbers, or a tuple of names for each item."""


@dataclass(frozen=True)
class Words:
    """How messages and the report speak of a target.

    Attributes:
        shows: what a split with one answer cannot show.
        cut_by: how examples are cut, as the beginning of a parenthesis.
        errors: what the report's section about errors shows.
        mistakes: how its worst mistakes are chosen.
        both_right: two methods that are both at no distance from gold.
        unseen: labels of the split `{split}` that train lacks.
    """

    shows: str
    cut_by: str
    errors: str
    mistakes: str
    both_right: str = say("both right")
    unseen: str = ""


@dataclass(frozen=True)
class Metric:
    """A metric: what people read of it, and, where it can choose and judge, how it is computed.

    Attributes:
        name: in records, in plans and on the command line.
        words: its name for people.
        unit: a `share` is shown in per cent, a `correlation` times a hundred, any other number as it is.
        measure: how it is computed for a label space; None where it is shown only.
        of_class: the same of one class, which is asked for as `NAME:CLASS`; None where there is no such thing.
        also: another name that it is asked for by.
        unfit: whether a label space does not allow `measure`.
        ranks: it is computed from the probabilities of labels, not from the predicted ones (see `Measure`).
    """

    name: str
    words: str
    unit: Literal["share", "correlation", "none"] = "share"
    measure: Callable[[LabelSpace], Measure] | None = field(default=None, compare=False)
    of_class: Callable[[LabelSpace, str], Measure] | None = field(default=None, compare=False)
    also: str | None = None
    unfit: Callable[[LabelSpace], bool] = field(default=lambda labels: False, compare=False)
    ranks: bool = False


@dataclass(frozen=True)
class Second:
    """A mean over items of which lower is better; the first of a target is its second measure, beside the main metric.

    Attributes:
        name: in `result.json`. words: its name for people.
        root: the root of the mean is reported.
    """

    name: str
    words: str
    root: bool = False


OF_PROBABILITIES = (Second("log_loss", say("log-loss")), Second("brier", say("Brier score")))
"""Those of `likelihoods`, in the order of its columns."""


@dataclass(frozen=True)
class FloorModel:
    """A linear model of the floor.

    Attributes:
        predict: labels of feature rows; the second argument has the rows of each item (words, for tagging).
        chosen: what was chosen on dev besides the penalty.
        likely: (items, C) probabilities of the labels of feature rows, in index order; None where there are none.
    """

    predict: Callable[[Rows, Sequence[int]], list[Label]]
    chosen: Mapping[str, float]
    likely: Callable[[Rows], Singles] | None = None


@dataclass(frozen=True)
class FloorSplit:
    """Feature rows of a split with its labels, and how many rows each item has."""

    rows: Rows
    labels: Labels
    counts: Sequence[int]


class Target(Protocol):
    """A kind of answer; its instances have no state. What most kinds have in common stands here, the rest is asked for.

    `gold` and `predicted` are labels of the same items in the same order; `scheme` is that of the label space.

    Attributes:
        tensors: module and name of its half that needs torch: `unfreeze.training.targets.classes:ClassTensors`.
        words: see `Words`.
        measures: every metric of `metrics`, and those that can choose and judge.
        per_word: an answer is one label for each word, so that texts are read word by word.
        one_name: a label is a single name, which a file may spell in several ways or leave out as `-`.
        many: a text may have several labels or none, which files write in columns of their own kinds.
        symmetric: the answer to a pair is the same for its texts exchanged.
        regression: which regression `linear` is, in a word.
        chart: how errors are drawn.
        single_tells: one item, which has one answer of course, can be got right or wrong.
        may_lack: train may lack a label that other splits or a larger train have; it is then counted as missed.
        counted: `counts` says something.
        seconds: what `item_losses` or `squared_errors` has a column for; empty where neither is defined.
    """

    tensors: str
    words: Words
    measures: tuple[Metric, ...]
    per_word: bool = False
    one_name: bool = False
    many: bool = False
    symmetric: bool = False
    regression: str = say("logistic")
    chart: ErrorChart | None = None
    single_tells: bool = False
    may_lack: bool = False
    counted: bool = True
    seconds: tuple[Second, ...] = ()

    # Labels of a data set.

    def typed(self, examples: tuple[Example, ...]) -> tuple[Example, ...]:
        """Examples with labels as the target has them, from labels as files write them. Raises `InputError`."""
        return examples

    @abstractmethod
    def space(self, train: Sequence[Example], scheme: str | None = None) -> LabelSpace:
        """The label space of training examples. Raises `InputError` where there is nothing to learn."""

    def check_known(self, split: str, examples: Sequence[Example], space: LabelSpace) -> None:
        """Raise `InputError` where dev or test has a label that nothing can be done about."""
        return None

    @abstractmethod
    def one_answer(self, labels: Labels, scheme: str | None) -> str | None:
        """What all labels say, as the end of a sentence; None where they say several things, or there are none."""

    def single_problem(self) -> str | None:
        """Why a split of one item measures nothing, if so."""
        return None

    @abstractmethod
    def answer(self, label: Any) -> Hashable:
        """What a label says as far as a metric sees it; `MARKED` for tags and the like that mark something."""

    def strata(self, labels: Labels) -> Ints:
        """(items,) stratum of each label for splits: its rank by rareness; all 0 where there are no strata."""
        return np.zeros(len(labels), np.int64)

    def names_in(self, label: Any) -> tuple[str, ...]:
        """The names of the label space that every subset should have an example of, as far as this label has them."""
        return ()

    @abstractmethod
    def counts(self, labels: Labels, scheme: str | None) -> Counter[str]:
        """How often each label (tagging: span type) occurs; empty where labels are not names."""

    def majority(self, counts: Mapping[str, int], items: int) -> float | None:
        """Share of the most frequent label, where an item has exactly one."""
        return None

    def unseen(self, train: Labels, labels: Labels, scheme: str | None) -> dict[str, int] | None:
        """What no model can get right since train lacks it, counted; None where there is no such thing."""
        return None

    @abstractmethod
    def several(self, counts: Mapping[str, int], scheme: str | None) -> bool:
        """Whether labels with these `counts` say several things; True where labels are not counted."""

    # Words about labels.

    @abstractmethod
    def size_in_words(self, space: LabelSpace) -> str:
        """`3 classes`."""

    def notes(self, labels: Labels) -> list[str]:
        """What else the audit says of training labels, in sentences."""
        return []

    def cell(self, label: Any) -> str:
        """A label as a cell of a table of predictions."""
        return str(label)

    def shown(self, label: Any, spec: str = ".2f") -> str:
        """A label in one line; `spec` is the format of numbers."""
        return self.cell(label)

    @abstractmethod
    def space_problem(self, space: LabelSpace, kind: str) -> str | None:
        """What a label space that was read back cannot have; None where all is well. `kind` names the task."""

    @abstractmethod
    def label_problem(self, label: Any, item: Example, known: frozenset[str], gold: bool) -> str | None:
        """What is wrong with a label that was read back, beginning with the label; None where nothing is."""

    # Measuring.

    def main(self, metric: str, scheme: str | None) -> str:
        """Name of the main metric where no other was asked for; `metric` is that of the task."""
        return metric

    def check_items(self, gold: Labels, predicted: Labels) -> None:
        """Raise `ValueError` where labels of an item cannot be compared."""
        return None

    @abstractmethod
    def metrics(self, gold: Labels, predicted: Labels, names: Sequence[str], scheme: str | None) -> dict[str, float]:
        """All metrics, the main one first."""

    def constant_words(self, label: Any) -> str | None:
        """A constant answer in words, where the report tells what the best one scores."""
        return None

    def answers(self, labels: Labels) -> Sequence[Hashable]:
        """What is answered, item by item or word by word; one answer for nearly all is a degenerate prediction."""
        return labels

    def varies_by_rounding(self, gold: Labels, predicted: Labels) -> bool:
        """Whether predictions differ from each other by no more than rounding; of names they never do."""
        return False

    @abstractmethod
    def item_error(self, gold: Any, predicted: Any, scheme: str | None) -> float:
        """How wrong a prediction is, 0 for right."""

    @abstractmethod
    def how_wrong(self, errors: Sequence[float]) -> str:
        """A run's errors as a whole, in words."""

    def item_losses(self, gold: Labels, likely: Likely, names: Sequence[str]) -> Floats:
        """(items, 2) log-loss and Brier score of the probabilities (items, C) of the label space's `names`.

        Raises:
            ValueError: models give no probabilities of such labels.
        """
        raise ValueError("no probabilities are given of such labels")

    def squared_errors(self, gold: Labels, predicted: Labels) -> Floats:
        """(items,) squared distances. Raises `ValueError` where labels have none."""
        raise ValueError("such labels have no distance")

    def came_true(self, gold: Labels, predicted: Labels, names: Sequence[str]) -> Bools | None:
        """Which of the probabilities that calibration is about came true, laid out as they are.

        Returns:
            (items,) for those of the predicted label, (items, C) for those of every label, None where there are none.
        """
        return None

    def found(self, gold: Labels, predicted: Labels, scheme: str | None) -> Found | None:
        """Counts for a table by label; None where labels are not names."""
        return None

    def marks(self, label: Any, scheme: str | None) -> set[Span] | None:
        """What a label marks in the words of its text; None where it marks nothing there."""
        return None

    # The floor.

    def penalties(self) -> tuple[Penalty, ...]:
        """Penalties of the floor's linear model with their names, strongest first."""
        return tuple(("C", c) for c in C)

    @abstractmethod
    def linear(
        self, penalty: Penalty, train: FloorSplit, dev: FloorSplit, space: LabelSpace, metric: str
    ) -> FloorModel:
        """A linear model of feature rows, fitted on train; what else it needs is chosen on dev, for a metric."""
