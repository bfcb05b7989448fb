"""A sixth kind of answer, both halves in this file, as one that somebody adds: grades, whole numbers in an order.

Their loss, metric, statistics and decoding are their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unfreeze.errors import InputError
from unfreeze.tasks.items import Example, LabelSpace
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.measures import Measure, of_sums
from unfreeze.tasks.targets.classes import names_problem, scheme_problem
from unfreeze.tasks.targets.regressions import ridge
from unfreeze.tasks.targets.sums import Floats, ratio
from unfreeze.tasks.targets.target import FloorModel, FloorSplit, Labels, Metric, Rows, Target, Words
from unfreeze.training.convex_losses import Binary, Loss
from unfreeze.training.targets.tensors import Decoded, Targets, TargetTensors


class Grades(Target):
    """Labels are names of whole numbers; the metric is kappa with squared weights (Cohen 1968)."""

    tensors = "tasks.grades:GradeTensors"
    one_name = True
    symmetric = True
    regression = "ridge"
    single_tells = True
    chart = "confusion"
    words = Words(
        shows="whether grades are distinguished", cut_by="by grade, ", errors="Rows are gold grades.",
        mistakes="The largest distances from the gold grade.",
    )  # fmt: skip
    measures = (
        Metric("weighted_kappa", "weighted kappa", "correlation", lambda labels: _kappa()),
        Metric("accuracy", "accuracy"),
    )

    def space(self, train: Sequence[Example], scheme: str | None = None) -> LabelSpace:
        for example in train:
            if not str(example.label).isdecimal():
                raise InputError(f"grade '{example.label}' is not a whole number", where=example.where)
        return LabelSpace(tuple(sorted({str(e.label) for e in train}, key=int)))

    def check_known(self, split: str, examples: Sequence[Example], space: LabelSpace) -> None:
        for example in examples:
            if example.label not in space.names:
                raise InputError(f"grade '{example.label}' of {split} is not in train", where=example.where)

    def one_answer(self, labels: Labels, scheme: str | None) -> str | None:
        return f"every grade is {labels[0]}" if len(set(labels)) == 1 else None

    def answer(self, label: Any) -> str:
        return str(label)

    def counts(self, labels: Labels, scheme: str | None) -> Counter[str]:
        return Counter(labels)

    def several(self, counts: Any, scheme: str | None) -> bool:
        return len(counts) > 1

    def size_in_words(self, space: LabelSpace) -> str:
        return f"{len(space.names)} grades"

    def space_problem(self, space: LabelSpace, kind: str) -> str | None:
        return names_problem(space, kind) or scheme_problem(space, kind)

    def label_problem(self, label: Any, item: Example, known: frozenset[str], gold: bool) -> str | None:
        return None if label in known else f"{label} is not a grade"

    def metrics(self, gold: Labels, predicted: Labels, names: Sequence[str], scheme: str | None) -> dict[str, float]:
        return {
            "weighted_kappa": _kappa().score(gold, predicted),
            "accuracy": float(np.mean(np.array(gold) == np.array(predicted))),
        }

    def item_error(self, gold: Any, predicted: Any, scheme: str | None) -> float:
        return abs(float(gold) - float(predicted))

    def how_wrong(self, errors: Sequence[float]) -> str:
        return f"mean distance {np.mean(errors):.2f}"

    def penalties(self) -> tuple[tuple[str, float], ...]:
        return (("alpha", 3.0), ("alpha", 0.3))

    def linear(
        self, penalty: tuple[str, float], train: FloorSplit, dev: FloorSplit, space: LabelSpace, metric: str
    ) -> FloorModel:
        """Ridge regression, to the nearest grade."""
        model = ridge(penalty[1], train.rows, np.array(train.labels, dtype=float))
        known = np.array([float(name) for name in space.names])

        def predict(rows: Rows, counts: Sequence[int]) -> list[Any]:
            return [space.names[i] for i in np.abs(model.predict(rows)[:, None] - known).argmin(1)]

        return FloorModel(predict, dict([penalty]))


def _kappa() -> Measure:
    return Measure(_moments, of_sums(_agreement), lambda gold: [gold[0]] * len(gold), shares=False)


def _moments(gold: Labels, predicted: Labels) -> Floats:
    """(items, 6): 1, x, y, xx, yy, xy, less the mean gold grade."""
    x, y = (np.array([float(label) for label in labels]) for labels in (gold, predicted))
    x, y = x - x.mean(), y - x.mean()
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def _agreement(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = np.moveaxis(np.asarray(sums), -1, 0)
    return 1 - ratio(xx + yy - 2 * xy, xx + yy - 2 * ratio(x * y, n), np.nan)


class GradeTensors(TargetTensors):
    """For every grade above the lowest the logit of reaching it."""

    @property
    def outputs(self) -> int:
        return len(self.labels.names) - 1

    def encode(self, examples: Sequence[Example]) -> Targets:
        """(outputs,) float32 each: 1 for every grade that is reached."""
        index = self.labels.index()
        grades = torch.tensor([index[str(e.label)] for e in examples])
        return Targets((grades[:, None] > torch.arange(self.outputs)).float())

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        every = F.binary_cross_entropy_with_logits(logits, targets.expand_as(logits), reduction="none")
        return every.sum(2).mean(1)

    def ready(self, logits: Tensor) -> Tensor:
        """(B, outputs) probabilities of reaching each grade."""
        return logits.sigmoid()

    def decode(self, logits: Tensor, decision: Tensor | None) -> Decoded:
        return Decoded(tuple(self.labels.names[i] for i in (logits > 0).sum(1).tolist()))

    def convex(self, targets: Sequence[Tensor], device: torch.device) -> Loss:
        return Binary(torch.stack(list(targets)).to(device))


GRADING = Task("grading", Grades(), False, "weighted_kappa")
