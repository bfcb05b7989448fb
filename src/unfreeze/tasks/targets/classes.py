"""One of several classes for each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say
from unfreeze.tasks.items import Example, LabelSpace
from unfreeze.tasks.measures import Measure, class_columns, of_counts, of_sums
from unfreeze.tasks.targets.likelihoods import Likely, of_one_name
from unfreeze.tasks.targets.precision import average_precision
from unfreeze.tasks.targets.regressions import logistic
from unfreeze.tasks.targets.sums import Floats, Found, Ints, f1, macro_f1, matthews, share
from unfreeze.tasks.targets.target import (
    OF_PROBABILITIES,
    Bools,
    FloorModel,
    FloorSplit,
    Labels,
    Metric,
    Penalty,
    Rows,
    Singles,
    Target,
    Words,
)

AFFIRMATIVE = frozenset({"1", "1.0", "+1", "+", "true", "yes", "y", "positive", "pos"})


class Classes(Target):
    """Labels are class names; see `Target` for what each method is."""

    tensors = "unfreeze.training.targets.classes:ClassTensors"
    one_name = True
    single_tells = True
    chart = "confusion"
    words = Words(
        shows=say("whether classes are distinguished"),
        cut_by=say("by class, "),
        errors=say(
            "Rows are gold classes, columns predictions; figures are per cent of the gold class, all seeds together."
        ),
        mistakes=say("Wrong answers of each method's best run on dev, the most confident first."),
    )
    measures = (
        Metric("accuracy", say("accuracy"), measure=lambda labels: Measure(_right, of_sums(share), _most_frequent)),
        Metric("macro_f1", say("macro F1"), measure=lambda labels: _counted(macro_f1, labels)),
        Metric(
            "matthews", say("Matthews correlation"), "correlation",
            measure=lambda labels: _counted(matthews, labels, shares=False), also="mcc",
        ),
        Metric(
            "f1_positive", say("F1 of the positive class"), unfit=lambda labels: positive_class(labels.names) is None,
            measure=lambda labels: _f1_of(positive_class(labels.names)),
        ),
        Metric("f1", say("F1"), of_class=lambda labels, name: _f1_of(name)),
        Metric(
            "average_precision", say("average precision"), ranks=True, also="ap",
            measure=lambda labels: _ranked(labels, positive_class(labels.names)),
            of_class=lambda labels, name: _ranked(labels, name),
        ),
    )  # fmt: skip
    seconds = OF_PROBABILITIES

    def space(self, train: Sequence[Example], scheme: str | None = None) -> LabelSpace:
        """The classes of the training split. Raises `InputError` where there is one only."""
        names = tuple(sorted({str(e.label) for e in train}))
        if len(names) < 2:
            found = say("every training row has the label '{names}'", names=shown(names[0]))
            raise InputError(
                say("{found}; two classes are needed, is it the label column?", found=found), where=train[0].where
            )
        return LabelSpace(names)

    def check_known(self, split: str, examples: Sequence[Example], space: LabelSpace) -> None:
        """Raise `InputError` for a class that is not among those of train."""
        known = frozenset(space.names)
        for example in examples:
            if example.label not in known:
                found = say("class '{label}' of {split}", label=shown(str(example.label)), split=split)
                problem = say(
                    "{found} is not in the training split, which has {names}", found=found, names=listed(space.names)
                )
                raise InputError(
                    say("{problem}; add training rows of it or take the row out", problem=problem), where=example.where
                )

    def one_answer(self, labels: Labels, scheme: str | None) -> str | None:
        """One class."""
        different = set(labels)
        return say("every row has the label '{pop}'", pop=different.pop()) if len(different) == 1 else None

    def answer(self, label: Any) -> str:
        """The class."""
        return str(label)

    def strata(self, labels: Labels) -> Ints:
        """The class as its rank by rareness, then name."""
        names = [str(label) for label in labels]
        counts = Counter(names)
        rank = {name: i for i, name in enumerate(sorted(counts, key=lambda c: (counts[c], c)))}
        return np.array([rank[name] for name in names], np.int64)

    def names_in(self, label: Any) -> tuple[str, ...]:
        """The class."""
        return (str(label),)

    def counts(self, labels: Labels, scheme: str | None) -> Counter[str]:
        """Items of each class."""
        return Counter(map(str, labels))

    def majority(self, counts: Mapping[str, int], items: int) -> float | None:
        """Share of the most frequent class."""
        return max(counts.values()) / items if counts else None

    def several(self, counts: Mapping[str, int], scheme: str | None) -> bool:
        """Two classes or more."""
        return len(counts) > 1

    def size_in_words(self, space: LabelSpace) -> str:
        """How many classes."""
        return say("{names} classes", names=len(space.names))

    def space_problem(self, space: LabelSpace, kind: str) -> str | None:
        """Fewer than two names, a name that occurs twice, or a scheme."""
        return names_problem(space, kind) or scheme_problem(space, kind)

    def label_problem(self, label: Any, item: Example, known: frozenset[str], gold: bool) -> str | None:
        """Another name than those of the label space."""
        if not isinstance(label, str) or label not in known:
            return say("{label} is none of the {known} classes", label=briefly(label), known=len(known))
        return None

    def metrics(self, gold: Labels, predicted: Labels, names: Sequence[str], scheme: str | None) -> dict[str, float]:
        """`accuracy`, `macro_f1`, `matthews`, and `f1_positive` of two classes."""
        seen = sorted({*gold, *predicted})
        found = self.found(gold, predicted, scheme)
        counts = np.array([[of[name] for name in seen] for of in (found.both, found.gold, found.predicted)], float)
        metrics = {
            "accuracy": float(counts[0].sum() / len(gold)),
            "macro_f1": float(macro_f1(counts)),
            "matthews": float(matthews(counts)),
        }
        positive = positive_class(names or seen)
        if positive is not None:
            units = found.gold[positive] + found.predicted[positive]
            metrics["f1_positive"] = 2 * found.both[positive] / units if units else 0.0
        return metrics

    def constant_words(self, label: Any) -> str:
        """The class."""
        return say("always answering '{label}'", label=label)

    def item_error(self, gold: Any, predicted: Any, scheme: str | None) -> float:
        """0 or 1."""
        return float(gold != predicted)

    def how_wrong(self, errors: Sequence[float]) -> str:
        """How many are wrong."""
        return say(
            "{error:,} of {errors:,} test items are wrong", error=sum(error > 0 for error in errors), errors=len(errors)
        )

    def item_losses(self, gold: Labels, likely: Likely, names: Sequence[str]) -> Floats:
        """Of the probability of the gold class, and of all of them."""
        index = {name: i for i, name in enumerate(names)}
        return of_one_name(likely, np.array([index[str(label)] for label in gold], np.int64))

    def came_true(self, gold: Labels, predicted: Labels, names: Sequence[str]) -> Bools:
        """(items,) whether the predicted class is right."""
        return np.array([g == p for g, p in zip(gold, predicted, strict=True)], bool)

    def found(self, gold: Labels, predicted: Labels, scheme: str | None) -> Found:
        """Items of each class."""
        both = Counter(str(g) for g, p in zip(gold, predicted, strict=True) if g == p)
        return Found(Counter(map(str, gold)), Counter(map(str, predicted)), both)

    def linear(
        self, penalty: Penalty, train: FloorSplit, dev: FloorSplit, space: LabelSpace, metric: str
    ) -> FloorModel:
        """Logistic regression."""
        model = logistic(penalty[1], train.rows, np.array(train.labels))
        index = space.index()
        places = [index[known] for known in model.classes_.tolist()]

        def predict(rows: Rows, counts: Sequence[int]) -> list[Any]:
            return list(model.predict(rows).tolist())

        def likely(rows: Rows) -> Singles:
            """(items, C); 0 for a class that no row was used of."""
            each = np.zeros((rows.shape[0], len(index)), np.float32)
            each[:, places] = model.predict_proba(rows)
            return each

        return FloorModel(predict, dict([penalty]), likely)


def _right(gold: Labels, predicted: Labels) -> Floats:
    """(items, 2): whether it is right, 1."""
    right = [g == p for g, p in zip(gold, predicted, strict=True)]
    return np.stack([np.array(right, float), np.ones(len(gold))], axis=1)


def _most_frequent(gold: Labels) -> list[Any]:
    ((label, _),) = Counter(gold).most_common(1)
    return [label] * len(gold)


def _counted(metric: Callable[[Floats], Floats], labels: LabelSpace, shares: bool = True) -> Measure:
    """A metric of how many items of each class are right, gold and predicted."""
    index = labels.index()

    def indices(gold: Labels, predicted: Labels) -> Floats:
        """(items, 2) index of the gold and of the predicted class."""
        return np.array([(index[g], index[p]) for g, p in zip(gold, predicted, strict=True)], float)

    return Measure(indices, of_counts(metric, class_columns(len(index))), _most_frequent, shares)


def _f1_of(name: str | None) -> Measure:
    """F1 of one class; not defined where it is neither in gold nor predicted."""

    def units(gold: Labels, predicted: Labels) -> Floats:
        """(items, 3): the class is in both, in gold, predicted."""
        is_gold, said = (np.array([label == name for label in labels], float) for labels in (gold, predicted))
        return np.stack([is_gold * said, is_gold, said], axis=1)

    return Measure(units, of_sums(f1), lambda gold: [name] * len(gold))


def _ranked(labels: LabelSpace, name: str | None) -> Measure:
    """Average precision of one class, or of None the mean over all."""
    names = labels.names if name is None else (name,)
    return average_precision(labels, names, lambda gold: [(label,) for label in gold])


def positive_class(names: Sequence[str]) -> str | None:
    """The class whose F1 `f1_positive` is, None unless there are two.

    It is the one named 1, true, yes, positive or the like (case aside); if neither or both are, the last in sorted
    order, so `entailment` / `not_entailment` gives the F1 of `not_entailment`.
    """
    classes = sorted(set(names))
    if len(classes) != 2:
        return None
    affirmative = [name for name in classes if name.strip().lower() in AFFIRMATIVE]
    return affirmative[0] if len(affirmative) == 1 else classes[-1]


def names_problem(space: LabelSpace, kind: str) -> str | None:
    """Fewer than two names, or a name that occurs twice."""
    if len(space.names) < 2 or len(set(space.names)) < len(space.names):
        return say(
            "{names} labels, {names2} of them different, for {kind}",
            names=len(space.names),
            names2=len(set(space.names)),
            kind=kind,
        )
    return None


def scheme_problem(space: LabelSpace, kind: str) -> str | None:
    """A tagging scheme of what is not tagged."""
    return (
        None
        if space.scheme is None
        else say("the tagging scheme {scheme} for {kind}", scheme=briefly(space.scheme), kind=kind)
    )
