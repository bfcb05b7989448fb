"""What is wrong or odd in a data set, counted before any training; sentences about it are `audit_lines.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from unfreeze.data.collector import collector_paused
from unfreeze.data.examples import SPLITS, Dataset, Example, Label, SplitName
from unfreeze.data.splits import Ints, text_groups
from unfreeze.data.unread import Unread

RARE = 10
"""Labels with fewer training examples (tagging: spans) than this are rare."""
SHOWN = 3
"""Examples given of each kind of finding."""

Groups = Mapping[SplitName, Ints]


@dataclass(frozen=True)
class Lengths:
    """Quantiles over the examples of a split, both texts of a pair together."""

    median: int = 0
    p90: int = 0
    p99: int = 0
    longest: int = 0


@dataclass(frozen=True)
class SplitAudit:
    """One split.

    Attributes:
        examples: rows, pairs or sentences.
        labels: label to its examples, most frequent first; for tagging, span type to spans (without a scheme: tag to
            words); empty for scores.
        majority: share of the most frequent class; None for scores and tags.
        empty: examples with an empty text.
        duplicates: examples whose text occurs earlier in the split.
        words, characters: lengths; characters tell more where the text has no spaces.
    """

    examples: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    majority: float | None = None
    empty: int = 0
    duplicates: int = 0
    words: Lengths = Lengths()
    characters: Lengths = Lengths()


@dataclass(frozen=True)
class Overlap:
    """Texts of the split `later` that are also in `earlier`.

    Attributes:
        count, share: of the examples of `later`.
        where: some of them, each with the place of its double in `earlier`.
    """

    earlier: str
    later: str
    count: int
    share: float = 0.0
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Clash:
    """One text with two labels, at two places; for tagging the labels are the tags."""

    where: tuple[str, str]
    labels: tuple[str, str]


@dataclass(frozen=True)
class Audit:
    """Findings about a data set; `dataclasses.asdict` gives plain JSON values. Defaults stand for what was not counted.

    Attributes:
        overlaps: of each two splits that share texts; texts are equal but for case and white space.
        clashing: how many texts carry more than one label, over all splits.
        clashes: some of them.
        rare: labels (tagging: span types) with fewer than 10 training examples.
        unseen: tagging: split to span type (without a scheme: tag) to the spans with a tag that train lacks, so that
            no model can get them right.
        over_limit: split to the inputs that pass the encoder's limit; None until an encoder is known.
        unread: split to what its encoder makes nothing of; None until one is known, or where that cannot be counted.
    """

    task: str | None = None
    splits: dict[str, SplitAudit] = field(default_factory=dict)
    overlaps: tuple[Overlap, ...] = ()
    clashing: int = 0
    clashes: tuple[Clash, ...] = ()
    rare: dict[str, int] = field(default_factory=dict)
    unseen: dict[str, dict[str, int]] = field(default_factory=dict)
    over_limit: dict[str, int] | None = None
    unread: dict[str, Unread] | None = None


@collector_paused()
def audit(dataset: Dataset) -> Audit:
    """Count what may mislead: leaks, duplicates, clashing and rare labels, empty and long texts."""
    groups = _groups(dataset)
    splits: dict[str, SplitAudit] = {split: _split_audit(dataset, split, groups[split]) for split in SPLITS}
    clashing, clashes = _clashes(dataset, groups)
    target, scheme = dataset.task.target, dataset.labels.scheme
    unseen = {s: target.unseen(_labels(dataset.train), _labels(dataset.split(s)), scheme) for s in SPLITS[1:]}
    return Audit(
        task=dataset.task.kind,
        splits=splits,
        overlaps=tuple(o for pair in combinations(SPLITS, 2) for o in _overlap(dataset, groups, *pair)),
        clashing=clashing,
        clashes=clashes,
        rare={label: n for label, n in splits["train"].labels.items() if n < RARE},
        unseen={split: counts for split, counts in unseen.items() if counts is not None},
    )


def _groups(dataset: Dataset) -> Groups:
    """`text_groups` over all splits."""
    numbers = text_groups(e for split in SPLITS for e in dataset.split(split))
    ends = np.cumsum([len(dataset.split(split)) for split in SPLITS])
    return dict(zip(SPLITS, np.split(numbers, ends[:-1]), strict=True))


def read_by(found: Audit, over_limit: Mapping[str, int], unread: Mapping[str, Unread]) -> Audit:
    """The audit with what became of the texts in an encoder: how many pass its limit, how much says nothing to it."""
    return replace(found, over_limit=dict(over_limit), unread=dict(unread) or None)


def _lengths(values: Sequence[int]) -> Lengths:
    if not values:
        return Lengths(0, 0, 0, 0)
    return Lengths(*(int(q) for q in np.quantile(values, (0.5, 0.9, 0.99, 1.0), method="higher")))


def _split_audit(dataset: Dataset, split: SplitName, groups: Ints) -> SplitAudit:
    examples = dataset.split(split)
    labels = dataset.task.target.counts(_labels(examples), dataset.labels.scheme)
    return SplitAudit(
        examples=len(examples),
        labels=dict(sorted(labels.items(), key=lambda item: (-item[1], item[0]))),
        majority=dataset.task.target.majority(labels, len(examples)),
        empty=sum(not e.text.strip() or (e.text_b is not None and not e.text_b.strip()) for e in examples),
        duplicates=len(groups) - int(np.count_nonzero(np.bincount(groups))),
        words=_lengths([_words(e) for e in examples]),
        characters=_lengths([_characters(e) for e in examples]),
    )


def _words(example: Example) -> int:
    return len(example.words) if example.words else len(example.text.split()) + len((example.text_b or "").split())


def _characters(example: Example) -> int:
    return sum(map(len, example.words)) if example.words else len(example.text) + len(example.text_b or "")


def _labels(examples: Sequence[Example]) -> list[Label | None]:
    return [e.label for e in examples]


def _overlap(dataset: Dataset, groups: Groups, earlier: SplitName, later: SplitName) -> list[Overlap]:
    """At most one `Overlap`."""
    known, at = np.unique(groups[earlier], return_index=True)
    doubles = np.flatnonzero(np.isin(groups[later], known))
    if not len(doubles):
        return []
    first, second = dataset.split(earlier), dataset.split(later)
    shown = doubles[:SHOWN]
    pairs = zip(shown.tolist(), at[np.searchsorted(known, groups[later][shown])].tolist(), strict=True)
    where = tuple((second[i].where, first[j].where) for i, j in pairs)
    return [Overlap(earlier, later, len(doubles), len(doubles) / len(second), where)]


def _clashes(dataset: Dataset, groups: Groups) -> tuple[int, tuple[Clash, ...]]:
    """Texts with more than one label: how many, and some of them."""
    examples = [e for split in SPLITS for e in dataset.split(split)]
    group = np.concatenate([groups[split] for split in SPLITS])
    codes: dict[Label | None, int] = {}
    label = np.fromiter((codes.setdefault(e.label, len(codes)) for e in examples), np.int64)
    first = np.unique(group, return_index=True)[1][group]  # (examples,) where each text occurs first
    clashing = np.flatnonzero(label != label[first])
    texts, places = np.unique(group[clashing], return_index=True)
    some = [(examples[first[i]], examples[i]) for i in clashing[np.sort(places)[:SHOWN]]]
    shown = dataset.task.target.shown
    return len(texts), tuple(Clash((a.where, b.where), (shown(a.label, "g"), shown(b.label, "g"))) for a, b in some)
