"""Any number of labels for each item, none allowed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say, template
from unfreeze.tasks.items import Example, LabelSpace
from unfreeze.tasks.measures import Measure, label_columns, of_counts, of_sums
from unfreeze.tasks.targets.classes import names_problem, scheme_problem
from unfreeze.tasks.targets.likelihoods import Likely, of_each_name
from unfreeze.tasks.targets.precision import average_precision
from unfreeze.tasks.targets.regressions import logistic
from unfreeze.tasks.targets.sums import Floats, Found, Ints, f1, macro_f1, ratio, share
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
from unfreeze.tasks.targets.thresholds import as_rows, as_sets, best_thresholds

SEPARATOR = ";"


class LabelSets(Target):
    """Labels are tuples of names, sorted, each once; see `Target` for what each method is."""

    tensors = "unfreeze.training.targets.label_sets:LabelSetTensors"
    many = True
    may_lack = True
    words = Words(
        shows=say("whether labels are distinguished"),
        cut_by=say("by the rarest label of a text, "),
        errors=say("A label of a text counts as found when it is in both gold and prediction."),
        mistakes=say("Texts with the most missed and false labels, of each method's best run on dev."),
        unseen=template("labels of {split} that train lacks"),
    )
    measures = (
        Metric("micro_f1", say("micro F1"), measure=lambda labels: Measure(_units, of_sums(f1), _best_for_micro)),
        Metric(
            "macro_f1", say("macro F1"),
            measure=lambda labels: Measure(_marked(labels), of_counts(macro_f1, label_columns), _every_label),
        ),
        Metric(
            "subset_accuracy", say("subset accuracy"),
            measure=lambda labels: Measure(_equal, of_sums(share), _most_frequent),
        ),
        Metric(
            "average_precision", say("average precision"), ranks=True, also="ap",
            measure=lambda labels: average_precision(labels, labels.names, lambda gold: gold),
            of_class=lambda labels, name: average_precision(labels, (name,), lambda gold: gold),
        ),
        Metric("precision", say("precision")),
        Metric("recall", say("recall")),
    )  # fmt: skip
    seconds = OF_PROBABILITIES

    def typed(self, examples: tuple[Example, ...]) -> tuple[Example, ...]:
        """Each label once, in alphabetical order: in a file their order says nothing."""
        return tuple(replace(e, label=tuple(sorted(set(_names(e.label))))) for e in examples)

    def space(self, train: Sequence[Example], scheme: str | None = None) -> LabelSpace:
        """The labels of the training split. Raises `InputError` where there are fewer than two."""
        names = tuple(sorted({name for e in train for name in _names(e.label)}))
        if not names:
            raise InputError("no training row has a label; is it the label column?", where=train[0].where)
        if len(names) < 2:
            found = say("the training rows have one label only, '{names}'", names=shown(names[0]))
            raise InputError(
                say("{found}; two are needed, or --task classification of yes and no", found=found),
                where=train[0].where,
            )
        return LabelSpace(names)

    def one_answer(self, labels: Labels, scheme: str | None) -> str | None:
        """No label at all, or the same labels for every text."""
        different = set(labels)
        if len(different) != 1:
            return None
        (label,) = different
        return (
            say("every row has the labels '{label}'", label=self.shown(label)) if label else say("no row has a label")
        )

    def answer(self, label: Any) -> tuple[str, ...]:
        """The labels."""
        return tuple(label)

    def strata(self, labels: Labels) -> Ints:
        """The rarest label of a text as its rank by rareness; texts without a label come last.

        Simpler than the iterative stratification of Sechidis et al. 2011, which shares out every label of a text: here
        equal texts stay together and a cut follows from the seed alone, and rare labels, which would suffer most, are
        shared out as well as there.
        """
        counts = self.counts(labels, None)
        rank = {name: i for i, name in enumerate(sorted(counts, key=lambda name: (counts[name], name)))}
        rarest = np.array([min((rank[name] for name in label), default=len(rank)) for label in labels], np.int64)
        return np.unique(rarest, return_inverse=True)[1].astype(np.int64)

    def names_in(self, label: Any) -> tuple[str, ...]:
        """The labels."""
        return tuple(label)

    def counts(self, labels: Labels, scheme: str | None) -> Counter[str]:
        """Texts with each label."""
        return Counter(name for label in labels for name in label)

    def unseen(self, train: Labels, labels: Labels, scheme: str | None) -> dict[str, int] | None:
        """Labels that no training text has."""
        known = set(self.counts(train, scheme))
        return {name: n for name, n in self.counts(labels, scheme).most_common() if name not in known}

    def several(self, counts: Mapping[str, int], scheme: str | None) -> bool:
        """A label is there or not."""
        return len(counts) > 0

    def size_in_words(self, space: LabelSpace) -> str:
        """How many labels."""
        return say("{names} labels, any number of them for a text", names=len(space.names))

    def notes(self, labels: Labels) -> list[str]:
        """Labels per text, texts without any, and which labels occur together most often."""
        sizes, items = np.array([len(label) for label in labels]), len(labels)
        sentences = [
            say("Labels per train text: {mean:.2f} on average, at most {max}.", mean=sizes.mean(), max=sizes.max())
        ]
        if (none := int((sizes == 0).sum())) > 0:
            sentences.append(
                say(
                    "Train texts without any label: {none:,} of {items:,} ({items2:.1f} %).",
                    none=none,
                    items=items,
                    items2=100 * none / items,
                )
            )
        together = Counter((a, b) for label in labels for i, a in enumerate(label) for b in label[i + 1 :])
        if together:
            pairs = ", ".join(say("{a} and {b} {n:,}", a=a, b=b, n=n) for (a, b), n in together.most_common(3))
            sentences.append(say("Labels that occur together most often in train: {pairs}.", pairs=pairs))
        return sentences

    def shown(self, label: Any, spec: str = ".2f") -> str:
        """The labels, with commas."""
        return ", ".join(label) or say("(no label)")

    def cell(self, label: Any) -> str:
        """The labels joined by `;`, or a JSON list where a label has that sign."""
        if any(SEPARATOR in name for name in label):
            return json.dumps(list(label), ensure_ascii=False)
        return SEPARATOR.join(label)

    def space_problem(self, space: LabelSpace, kind: str) -> str | None:
        """Fewer than two names, a name that occurs twice, or a scheme."""
        return names_problem(space, kind) or scheme_problem(space, kind)

    def label_problem(self, label: Any, item: Example, known: frozenset[str], gold: bool) -> str | None:
        """Not a sorted tuple of names; a predicted name of none in the label space; gold ones may be new in test."""
        if not isinstance(label, tuple) or list(label) != sorted(set(label)):
            return say("{label} is not a set of labels in alphabetical order", label=briefly(label))
        if not gold and not known.issuperset(label):
            return say(
                "the label {known} is none of the {known2} labels",
                known=briefly(min(set(label) - known)),
                known2=len(known),
            )
        return None

    def metrics(self, gold: Labels, predicted: Labels, names: Sequence[str], scheme: str | None) -> dict[str, float]:
        """`micro_f1`, `macro_f1` (over the labels in gold or predicted), `subset_accuracy`, `precision`, `recall`."""
        found = self.found(gold, predicted, scheme)
        either = sorted(found.gold | found.predicted)
        counts = np.array([[of[name] for name in either] for of in (found.both, found.gold, found.predicted)], float)
        sums = counts.sum(-1)
        return {
            "micro_f1": float(f1(sums)),
            "macro_f1": float(macro_f1(counts)),
            "subset_accuracy": float(share(_equal(gold, predicted).sum(0))),
            "precision": float(ratio(sums[0], sums[2])),
            "recall": float(ratio(sums[0], sums[1])),
        }

    def constant_words(self, label: Any) -> str:
        """The labels."""
        return say("always answering '{label}'", label=self.shown(label))

    def item_error(self, gold: Any, predicted: Any, scheme: str | None) -> float:
        """Missed plus false labels."""
        return float(len(set(gold) ^ set(predicted)))

    def how_wrong(self, errors: Sequence[float]) -> str:
        """How many texts have an error."""
        return say(
            "{error:,} of {errors:,} test texts have a missed or false label",
            error=sum(error > 0 for error in errors),
            errors=len(errors),
        )

    def item_losses(self, gold: Labels, likely: Likely, names: Sequence[str]) -> Floats:
        """Means over the labels of train; one that train lacks is not among them."""
        return of_each_name(likely, as_rows(gold, names))

    def came_true(self, gold: Labels, predicted: Labels, names: Sequence[str]) -> Bools:
        """(items, C) which labels of train each item has."""
        return as_rows(gold, names)

    def found(self, gold: Labels, predicted: Labels, scheme: str | None) -> Found:
        """Texts with each label."""
        both = Counter(name for g, p in zip(gold, predicted, strict=True) for name in set(g) & set(p))
        return Found(self.counts(gold, scheme), self.counts(predicted, scheme), both)

    def linear(
        self, penalty: Penalty, train: FloorSplit, dev: FloorSplit, space: LabelSpace, metric: str
    ) -> FloorModel:
        """Logistic regression of each label against the rest, with thresholds chosen on dev."""
        gold = as_rows(train.labels, space.names)
        models = [logistic(penalty[1], train.rows, column) for column in gold.T]

        def likely(rows: Rows) -> Singles:
            """(items, C); a label that all or no training texts have is as likely as there."""
            columns = [model.predict_proba(rows) for model in models]
            some = [p[:, list(m.classes_).index(True)] if True in m.classes_ else np.zeros(len(p)) for m, p in
                    zip(models, columns, strict=True)]  # fmt: skip
            return np.stack(some, axis=1).astype(np.float32)

        chosen = best_thresholds(likely(dev.rows).astype(float), as_rows(dev.labels, space.names), metric)

        def predict(rows: Rows, counts: Sequence[int]) -> list[Any]:
            return list(as_sets(likely(rows) >= chosen.values, space.names))

        return FloorModel(predict, {**dict([penalty]), "threshold": chosen.common}, likely)


def _units(gold: Labels, predicted: Labels) -> Floats:
    """(items, 3): labels in both, in gold, predicted."""
    rows = [(len(set(g) & set(p)), len(g), len(p)) for g, p in zip(gold, predicted, strict=True)]
    return np.array(rows, dtype=float)


def _equal(gold: Labels, predicted: Labels) -> Floats:
    """(items, 2): whether all labels are right, 1."""
    return np.array([(set(g) == set(p), 1) for g, p in zip(gold, predicted, strict=True)], float)


def _marked(labels: LabelSpace) -> Callable[[Labels, Labels], Floats]:
    """(items, labels), see `label_columns`; after the label space the gold labels that train lacks."""

    def marks(gold: Labels, predicted: Labels) -> Floats:
        new = {name for label in gold for name in label} - set(labels.names)
        names = (*labels.names, *sorted(new))
        return as_rows(gold, names) + 2.0 * as_rows(predicted, names)

    return marks


def _by_frequency(gold: Labels) -> list[tuple[str, int]]:
    counts = Counter(name for label in gold for name in label)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _best_for_micro(gold: Labels) -> list[tuple[str, ...]]:
    """The most frequent labels, as many of them as are best."""
    names, counts = zip(*_by_frequency(gold), strict=True) if any(gold) else ((), ())
    if not names:
        return [()] * len(gold)
    scores = 2 * np.cumsum(counts) / (len(gold) * np.arange(1, len(names) + 1) + sum(counts))
    return [names[: int(np.argmax(scores)) + 1]] * len(gold)


def _every_label(gold: Labels) -> list[tuple[str, ...]]:
    return [tuple(name for name, _ in _by_frequency(gold))] * len(gold)


def _most_frequent(gold: Labels) -> list[tuple[str, ...]]:
    ((label, _),) = Counter(map(tuple, gold)).most_common(1)
    return [label] * len(gold)


def _names(label: Any) -> tuple[str, ...]:
    return label if isinstance(label, tuple) else ()
