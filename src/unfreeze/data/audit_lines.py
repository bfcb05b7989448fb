"""An audit in plain sentences for the terminal and the report, warnings first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unfreeze.data.audit import RARE, Audit, SplitAudit
from unfreeze.data.examples import Dataset
from unfreeze.data.unread import unread_lines
from unfreeze.tasks.kinds import task

TOP = 8
"""Labels listed by name; the rest are counted."""
SMALL = 100
"""A dev or test split with fewer examples gives intervals too wide to distinguish methods."""
LOPSIDED = 0.9
"""A majority class above this share makes accuracy look good for nothing."""


def audit_lines(found: Audit) -> list[str]:
    """Findings, one sentence each; those that may spoil a comparison come first and start with `Warning:`."""
    return [f"Warning: {line}" for line in _warnings(found)] + list(_notes(found))


def lines_of(dataset: Dataset, found: Audit) -> list[str]:
    """`audit_lines`, and what else there is to say of this kind of label."""
    return [*audit_lines(found), *dataset.task.target.notes([e.label for e in dataset.train])]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _listed(counts: Mapping[str, int], total: int | None = None) -> str:
    shown = [f"{name} {_percent(n / total) if total else f'{n:,}'}" for name, n in list(counts.items())[:TOP]]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _warnings(found: Audit) -> Iterator[str]:
    for o in found.overlaps:
        what = f"{_of(o.count, found.splits[o.later])} {o.later} texts ({_percent(o.share)})"
        yield f"also in {o.earlier}: {what}, such as {o.where[0][0]} = {o.where[0][1]}."
    if found.clashing:
        yield f"texts that occur with different labels: {found.clashing:,}{_first_clash(found)}."
    for split, part in found.splits.items():
        if part.empty:
            yield f"empty texts: {_of(part.empty, part)} in {split}."
    for split, counts in found.unseen.items():
        if counts:
            unseen = task(found.task or "tagging").target.words.unseen.format(split)
            what = f"{unseen}, which count as missed: {sum(counts.values()):,}"
            yield f"{what} ({_listed(counts)})."
    if found.rare:
        yield f"labels with fewer than {RARE} training examples: {_listed(found.rare)}."
    for split, n in (found.over_limit or {}).items():
        if n:
            yield f"longer than the encoder reads at once: {_of(n, found.splits[split])} {split} examples."
    yield from unread_lines(found.unread or {})
    yield from _doubtful_splits(found)


def _doubtful_splits(found: Audit) -> Iterator[str]:
    for split, part in found.splits.items():
        if split == "dev" and part.examples == 1:
            yield "dev has 1 example, which cannot choose among recipes: of those that get it right the first is taken."
        elif split != "train" and part.examples < SMALL:
            yield f"{split} is small ({part.examples:,} examples); differences between methods will be hard to see."
        if part.majority is not None and part.majority > LOPSIDED and part.examples > 1:
            label = next(iter(part.labels))
            yield f"{_percent(part.majority)} of {split} has the label {label}; compare macro-F1, not accuracy."


def _of(count: int, part: SplitAudit) -> str:
    return f"{count:,} of {part.examples:,}"


def _first_clash(found: Audit) -> str:
    clash = found.clashes[0]
    if any(len(label) > 40 for label in clash.labels):
        return f", such as {clash.where[0]} and {clash.where[1]}"
    return f", such as {clash.where[0]} ({clash.labels[0]}) and {clash.where[1]} ({clash.labels[1]})"


def _notes(found: Audit) -> Iterator[str]:
    yield "Examples: " + ", ".join(f"{split} {part.examples:,}" for split, part in found.splits.items()) + "."
    train = found.splits["train"]
    if train.labels:
        yield f"Labels in train: {_listed(train.labels, sum(train.labels.values()))}."
    for split, part in found.splits.items():
        if part.duplicates:
            share = _percent(part.duplicates / part.examples)
            yield f"Repeated texts in {split}: {_of(part.duplicates, part)} ({share})."
    yield f"Length of train texts: {_length(train)}."


def _length(part: SplitAudit) -> str:
    """Quantiles in words, or in characters where words are as long as in text without spaces."""
    spaced = part.characters.median <= 12 * part.words.median
    unit, q = ("words", part.words) if spaced else ("characters", part.characters)
    return f"half have up to {q.median:,} {unit}, nine in ten up to {q.p90:,}, the longest {q.longest:,}"
