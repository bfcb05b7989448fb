"""One tag for each word of a sentence: spans in a scheme, or plain tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError
from unfreeze.language.message import say, template
from unfreeze.tasks.items import Example, LabelSpace
from unfreeze.tasks.measures import Measure, of_sums
from unfreeze.tasks.schemes import Span, spans, spans_conlleval, spans_strict
from unfreeze.tasks.targets.classes import names_problem
from unfreeze.tasks.targets.regressions import logistic
from unfreeze.tasks.targets.sums import Floats, Found, f1, ratio, share
from unfreeze.tasks.targets.target import MARKED, FloorModel, FloorSplit, Labels, Metric, Penalty, Rows, Target, Words

C = (0.3, 1.0, 3.0, 10.0)  # inverse penalties on counts, of which a word has about twenty
_SCHEMES = (None, "BIO", "BIOES")


def _plain(labels: LabelSpace) -> bool:
    """Tags in no scheme have no spans."""
    return labels.scheme is None


class Tags(Target):
    """Labels are tuples of tags, one per word; see `Target` for what each method is."""

    tensors = "unfreeze.training.targets.tags:TagTensors"
    per_word = True
    may_lack = True
    words = Words(
        shows=say("whether tags are found"),
        cut_by="",
        errors=say("A span counts as found when its words and its type are both right."),
        mistakes=say(
            "Sentences with the most missed and false spans, of each method's best run on dev. Green: gold has "
            "exactly the same span; red and dashed: it does not."
        ),
        unseen=template("spans or words of {split} with tags that train lacks"),
    )
    measures = (
        Metric("span_f1", say("span F1"), measure=lambda labels: _span_measure(spans_conlleval), unfit=_plain),
        Metric(
            "span_f1_strict", say("strict span F1"), unfit=_plain,
            measure=lambda labels: _span_measure(lambda tags: spans_strict(tags, labels.scheme or "")),
        ),
        Metric("precision", say("precision")),
        Metric("recall", say("recall")),
        Metric(
            "accuracy", say("accuracy"),
            measure=lambda labels: Measure(_word_counts, of_sums(share), _most_frequent),
        ),
    )  # fmt: skip

    def space(self, train: Sequence[Example], scheme: str | None = None) -> LabelSpace:
        """The tags of the training split, `O` first. Raises `InputError` where there is one only."""
        names = {tag for e in train if isinstance(e.label, tuple) for tag in e.label}
        if len(names) < 2:
            problem = say(
                "every training word has the tag '{pop}'; two are needed, is it the label column?", pop=names.pop()
            )
            raise InputError(problem, where=train[0].where)
        return LabelSpace(tuple(sorted(names, key=lambda tag: (tag != "O", tag))), scheme)

    def one_answer(self, labels: Labels, scheme: str | None) -> str | None:
        """One tag; in a scheme, no span: spans are counted, of whatever kind."""
        tags = {tag for label in labels for tag in label}
        if scheme is not None:
            return say("no word is in a span") if labels and tags <= {"O"} else None
        return say("every word has the tag '{tags}'", tags=min(tags)) if len(tags) == 1 else None

    def answer(self, label: Any) -> str | None:
        """Tags mark something or nothing."""
        return None if set(label or ()) <= {"O"} else MARKED

    def counts(self, labels: Labels, scheme: str | None) -> Counter[str]:
        """Spans of each type; without a scheme words of each tag."""
        return Counter(kind for label in labels for kind, _, _ in spans(label, scheme))

    def unseen(self, train: Labels, labels: Labels, scheme: str | None) -> dict[str, int] | None:
        """Span type to the spans with a tag that is not among the training tags."""
        known = {tag for tags in train for tag in tags}
        counts: Counter[str] = Counter()
        for tags in labels:
            if known.issuperset(tags):
                continue
            for kind, start, end in spans(tags, scheme):
                counts[kind] += not known.issuperset(tags[start:end])
        return {kind: n for kind, n in counts.most_common() if n}

    def several(self, counts: Mapping[str, int], scheme: str | None) -> bool:
        """Spans of one type are beside words in none."""
        return len(counts) > (0 if scheme else 1)

    def size_in_words(self, space: LabelSpace) -> str:
        """How many tags."""
        return say("{names} tags", names=len(space.names))

    def cell(self, label: Any) -> str:
        """The tags."""
        return " ".join(label)

    def space_problem(self, space: LabelSpace, kind: str) -> str | None:
        """Fewer than two names, a name that occurs twice, or an unknown scheme."""
        if problem := names_problem(space, kind):
            return problem
        return (
            None
            if space.scheme in _SCHEMES
            else say("the tagging scheme {scheme} for {kind}", scheme=briefly(space.scheme), kind=kind)
        )

    def label_problem(self, label: Any, item: Example, known: frozenset[str], gold: bool) -> str | None:
        """Not one tag a word, or a predicted tag of none in the label space; gold tags may be new in test."""
        words = len(item.words or ())
        if not isinstance(label, tuple) or len(label) != words:
            return say("{label} for {words} words", label=briefly(label), words=words)
        if not gold and not known.issuperset(label):
            return say(
                "the tag {known} is none of the {known2} tags",
                known=briefly(min(set(label) - known)),
                known2=len(known),
            )
        return None

    def main(self, metric: str, scheme: str | None) -> str:
        """Without a scheme there are no spans, so words are counted."""
        return "accuracy" if scheme is None else metric

    def check_items(self, gold: Labels, predicted: Labels) -> None:
        """Raise `ValueError` for an item with different numbers of tags."""
        for i, (g, p) in enumerate(zip(gold, predicted, strict=True)):
            if len(g) != len(p):
                raise ValueError(f"item {i} has {len(g)} gold and {len(p)} predicted tags")

    def metrics(self, gold: Labels, predicted: Labels, names: Sequence[str], scheme: str | None) -> dict[str, float]:
        """`span_f1`, `span_f1_strict`, `precision`, `recall` in a scheme, and `accuracy` of words."""
        correct, words = _word_counts(gold, predicted).sum(0)
        accuracy = {"accuracy": float(ratio(correct, words))}
        if scheme is None:
            return accuracy
        sums = _span_counts(gold, predicted, spans_conlleval).sum(0)
        strict = _span_counts(gold, predicted, lambda tags: spans_strict(tags, scheme)).sum(0)
        return {
            "span_f1": float(f1(sums)),
            "span_f1_strict": float(f1(strict)),
            "precision": float(ratio(sums[0], sums[2])),
            "recall": float(ratio(sums[0], sums[1])),
            **accuracy,
        }

    def answers(self, labels: Labels) -> Sequence[Hashable]:
        """The tags of all words."""
        return [tag for tags in labels for tag in tags]

    def item_error(self, gold: Any, predicted: Any, scheme: str | None) -> float:
        """Missed plus false spans."""
        return float(len(set(spans(gold, scheme)) ^ set(spans(predicted, scheme))))

    def how_wrong(self, errors: Sequence[float]) -> str:
        """How many sentences have an error."""
        return say(
            "{error:,} of {errors:,} test sentences have an error",
            error=sum(error > 0 for error in errors),
            errors=len(errors),
        )

    def found(self, gold: Labels, predicted: Labels, scheme: str | None) -> Found | None:
        """Spans of each type."""
        counts = Found()
        for g, p in zip(gold, predicted, strict=True):
            marked, said = set(spans(g, scheme)), set(spans(p, scheme))
            for counter, units in ((counts.gold, marked), (counts.predicted, said), (counts.both, marked & said)):
                counter.update(kind for kind, _, _ in units)
        return counts

    def marks(self, label: Any, scheme: str | None) -> set[Span] | None:
        """The spans."""
        return set(spans(label, scheme)) if isinstance(label, tuple) else set()

    def penalties(self) -> tuple[Penalty, ...]:
        """Inverse penalties of logistic regression."""
        return tuple(("C", c) for c in C)

    def linear(
        self, penalty: Penalty, train: FloorSplit, dev: FloorSplit, space: LabelSpace, metric: str
    ) -> FloorModel:
        """Logistic regression of each word independently."""
        model = logistic(penalty[1], train.rows, np.array([tag for tags in train.labels for tag in tags]))

        def predict(rows: Rows, counts: Sequence[int]) -> list[Any]:
            flat, ends = model.predict(rows).tolist(), np.cumsum(counts).tolist()
            return [tuple(flat[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)]

        return FloorModel(predict, dict([penalty]))


def _span_measure(spans: Callable[[Sequence[str]], list[Span]]) -> Measure:
    def counts(gold: Labels, predicted: Labels) -> Floats:
        return _span_counts(gold, predicted, spans)

    return Measure(counts, of_sums(f1), lambda gold: [("O",) * len(tags) for tags in gold])


def _most_frequent(gold: Labels) -> list[tuple[str, ...]]:
    """The most frequent tag for every word."""
    ((tag, _),) = Counter(tag for tags in gold for tag in tags).most_common(1)
    return [(tag,) * len(tags) for tags in gold]


def _word_counts(gold: Labels, predicted: Labels) -> Floats:
    rows = [(sum(a == b for a, b in zip(g, p, strict=True)), len(g)) for g, p in zip(gold, predicted, strict=True)]
    return np.array(rows, dtype=float)


def _span_counts(gold: Labels, predicted: Labels, spans: Callable[[Sequence[str]], list[Span]]) -> Floats:
    """(items, 3): spans that agree in type, start and end; gold spans; predicted spans."""
    rows = []
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        g, p = set(spans(gold_tags)), set(spans(predicted_tags))
        rows.append((len(g & p), len(g), len(p)))
    return np.array(rows, dtype=float)
