"""A number for each item."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say
from unfreeze.tasks.items import Example, LabelSpace
from unfreeze.tasks.measures import Measure, of_sums
from unfreeze.tasks.ranks import rank_correlations
from unfreeze.tasks.targets.classes import scheme_problem
from unfreeze.tasks.targets.regressions import ridge
from unfreeze.tasks.targets.sums import Floats, ratio
from unfreeze.tasks.targets.target import FloorModel, FloorSplit, Labels, Metric, Penalty, Rows, Second, Target, Words

ROUNDING = 1e-3  # of the spread of gold scores
CONSTANT = 1e-12  # predictions vary by less than a millionth of their distance to the mean gold score: rounding
ALPHA = (10.0, 3.0, 1.0, 0.3, 0.1)  # penalties of ridge regression


class Scores(Target):
    """Labels are numbers; see `Target` for what each method is."""

    tensors = "unfreeze.training.targets.scores:ScoreTensors"
    symmetric = True
    regression = say("ridge")
    counted = False
    chart = "scatter"
    words = Words(
        shows=say("a correlation"),
        cut_by="",
        errors=say(
            "Predicted against gold score, of each method's best run on dev; points on the dashed line are perfect."
        ),
        mistakes=say("The largest distances from gold, of each method's best run on dev."),
        both_right=say("both equally good"),
    )
    measures = (
        Metric("pearson", say("Pearson correlation"), "correlation", measure=lambda labels: _pearson()),
        Metric("spearman", say("Spearman correlation"), "correlation", measure=lambda labels: _spearman()),
        Metric("mse", say("mean squared error"), "none"),
    )
    seconds = (Second("rmse", say("root mean squared error"), root=True),)

    def typed(self, examples: tuple[Example, ...]) -> tuple[Example, ...]:
        """Labels as numbers. Raises `InputError` for one that is not a finite number."""
        return tuple(_scored(e) for e in examples)

    def space(self, train: Sequence[Example], scheme: str | None = None) -> LabelSpace:
        """The range of the training scores. Raises `InputError` where all are the same."""
        scores = [e.label for e in train if isinstance(e.label, float)]
        if min(scores) == max(scores):
            problem = say(
                "every training score is {scores:g}; there is nothing to learn, is it the label column?",
                scores=scores[0],
            )
            raise InputError(problem, where=train[0].where)
        return LabelSpace(low=min(scores), high=max(scores))

    def one_answer(self, labels: Labels, scheme: str | None) -> str | None:
        """One score, or one text that is not yet read as a score."""
        different = set(labels)
        if len(different) != 1:
            return None
        (label,) = different
        return (
            say("every score is {label:g}", label=label)
            if isinstance(label, float)
            else say("every row has the label '{label}'", label=label)
        )

    def single_problem(self) -> str | None:
        """A correlation is not defined."""
        return say("has 1 item, and a correlation needs two")

    def answer(self, label: Any) -> float | None:
        """`1` and `1.0` are one score."""
        return number(str(label))

    def counts(self, labels: Labels, scheme: str | None) -> Counter[str]:
        """Scores are not counted."""
        return Counter()

    def several(self, counts: Mapping[str, int], scheme: str | None) -> bool:
        """As far as is known."""
        return True

    def size_in_words(self, space: LabelSpace) -> str:
        """The range of the scores."""
        return say("scores from {low:g} to {high:g} in train", low=space.low, high=space.high)

    def cell(self, label: Any) -> str:
        """The number with four decimals."""
        return f"{label:.4f}"

    def shown(self, label: Any, spec: str = ".2f") -> str:
        """The number."""
        return f"{label:{spec}}"

    def space_problem(self, space: LabelSpace, kind: str) -> str | None:
        """A scheme."""
        return scheme_problem(space, kind)

    def label_problem(self, label: Any, item: Example, known: frozenset[str], gold: bool) -> str | None:
        """What is not a number; a run that diverged may predict an infinite one."""
        if not isinstance(label, (int, float)) or (gold and not math.isfinite(label)):
            return say("{label} is not a score", label=briefly(label))
        return None

    def metrics(self, gold: Labels, predicted: Labels, names: Sequence[str], scheme: str | None) -> dict[str, float]:
        """`pearson`, `spearman` (ties share the mean rank), `mse`."""
        x, y = _numbers(gold, predicted)
        return {
            "pearson": _pearson().score(gold, predicted),
            "spearman": _spearman().score(gold, predicted),
            "mse": float(np.mean((x - y) ** 2)),
        }

    def answers(self, labels: Labels) -> Sequence[Hashable]:
        """The scores; all that are not finite count as one."""
        return [label if math.isfinite(_one(label)) else 0.0 for label in labels]

    def varies_by_rounding(self, gold: Labels, predicted: Labels) -> bool:
        """Predictions that spread by less than a thousandth of the gold scores say the same of everything."""
        x, y = _numbers(gold, predicted)
        return bool(y.std() <= ROUNDING * x.std())

    def item_error(self, gold: Any, predicted: Any, scheme: str | None) -> float:
        """The distance."""
        return abs(_one(gold) - _one(predicted))

    def squared_errors(self, gold: Labels, predicted: Labels) -> Floats:
        """Of the scores as they are written; one that is not finite counts as 0, as in `metrics`."""
        x, y = _numbers(gold, predicted)
        squares: Floats = (x - y) ** 2
        return squares

    def how_wrong(self, errors: Sequence[float]) -> str:
        """The mean distance."""
        return say("mean distance from gold {errors:.2f}", errors=sum(errors) / len(errors))

    def penalties(self) -> tuple[Penalty, ...]:
        """Penalties of ridge regression."""
        return tuple(("alpha", alpha) for alpha in ALPHA)

    def linear(
        self, penalty: Penalty, train: FloorSplit, dev: FloorSplit, space: LabelSpace, metric: str
    ) -> FloorModel:
        """Ridge regression."""
        model = ridge(penalty[1], train.rows, np.array(train.labels, dtype=float))

        def predict(rows: Rows, counts: Sequence[int]) -> list[Any]:
            return list(model.predict(rows).tolist())

        return FloorModel(predict, dict([penalty]))


def number(label: str) -> float | None:
    """A finite number, or None when `label` is not one; `1_5` is not one for people, whatever Python says."""
    try:
        value = float(label if "_" not in label else "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _scored(example: Example) -> Example:
    value = number(str(example.label))
    if value is None:
        problem = say(
            "score '{label}' is not a finite number; fix it, or give --task for classes",
            label=shown(str(example.label)),
        )
        raise InputError(problem, where=example.where)
    return replace(example, label=value)


def _one(label: Any) -> float:
    if not isinstance(label, (int, float)):
        raise TypeError(f"a score task has the label {label!r}")
    return float(label)


def _numbers(gold: Labels, predicted: Labels) -> tuple[Floats, Floats]:
    y = np.asarray(predicted, dtype=float)
    return np.asarray(gold, dtype=float), np.where(np.isfinite(y), y, 0.0)


def _moments(gold: Labels, predicted: Labels) -> Floats:
    """(items, 6): 1, x, y, xx, yy, xy, less the mean gold score: a shift changes no correlation and keeps digits."""
    x, y = _numbers(gold, predicted)
    centre = x.mean()
    x, y = x - centre, y - centre
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def _correlation(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = np.moveaxis(np.asarray(sums), -1, 0)
    x_spread, y_spread = n * xx - x * x, n * yy - y * y  # n squared times the variance
    gold_varies, varies = x_spread > CONSTANT * n * xx, y_spread > CONSTANT * n * yy
    product = np.where(varies, np.sqrt(np.maximum(x_spread, 0)) * np.sqrt(np.maximum(y_spread, 0)), 0.0)
    found: Floats = np.where(gold_varies, np.clip(ratio(n * xy - x * y, product), -1.0, 1.0), np.nan)
    return found


def _first(gold: Labels) -> list[Any]:
    return [gold[0]] * len(gold)


def _pearson() -> Measure:
    return Measure(_moments, of_sums(_correlation), _first, shares=False)


def _spearman() -> Measure:
    return Measure(lambda gold, said: np.stack(_numbers(gold, said), 1), rank_correlations, _first, shares=False)
