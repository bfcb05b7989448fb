"""An audit in plain sentences for the terminal and the report, warnings first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unfreeze.data.audit import RARE, Audit, SplitAudit
from unfreeze.data.examples import Dataset
from unfreeze.data.unread import unread_lines
from unfreeze.language.message import joined, say, template
from unfreeze.tasks.kinds import task

TOP = 8
"""Labels listed by name; the rest are counted."""
SMALL = 100
"""A dev or test split with fewer examples gives intervals too wide to distinguish methods."""
LOPSIDED = 0.9
"""A majority class above this share makes accuracy look good for nothing."""


def audit_lines(found: Audit) -> list[str]:
    """Findings, one sentence each; those that may spoil a comparison come first and start with `Warning:`."""
    return [say("Warning: {line}", line=line) for line in _warnings(found)] + list(_notes(found))


def lines_of(dataset: Dataset, found: Audit) -> list[str]:
    """`audit_lines`, and what else there is to say of this kind of label."""
    return [*audit_lines(found), *dataset.task.target.notes([e.label for e in dataset.train])]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _listed(counts: Mapping[str, int], total: int | None = None) -> str:
    shown = joined(f"{name} {_percent(n / total) if total else f'{n:,}'}" for name, n in list(counts.items())[:TOP])
    more = len(counts) - TOP
    return say("{labels} and {more} more", labels=shown, more=more) if more > 0 else shown


def _warnings(found: Audit) -> Iterator[str]:
    for o in found.overlaps:
        yield say(
            "also in {earlier}: {count:,} of {all:,} {later} texts ({share}), such as {where} = {other}.",
            earlier=say(o.earlier), later=say(o.later), count=o.count, all=found.splits[o.later].examples,
            share=_percent(o.share), where=o.where[0][0], other=o.where[0][1],
        )  # fmt: skip
    if found.clashing:
        yield say(
            "texts that occur with different labels: {number:,}{such_as}.",
            number=found.clashing, such_as=_first_clash(found),
        )  # fmt: skip
    for split, part in found.splits.items():
        if part.empty:
            yield say("empty texts: {empty} in {split}.", empty=_of(part.empty, part), split=say(split))
    for split, counts in found.unseen.items():
        if counts:
            yield say(
                "{unseen}, which count as missed: {number:,} ({labels}).",
                unseen=say(task(found.task or "tagging").target.words.unseen, split=say(split)),
                number=sum(counts.values()), labels=_listed(counts),
            )  # fmt: skip
    if found.rare:
        yield say("labels with fewer than {least} training examples: {labels}.", least=RARE, labels=_listed(found.rare))
    for split, n in (found.over_limit or {}).items():
        if n:
            yield say(
                "longer than the encoder reads at once: {number} {split} examples.",
                number=_of(n, found.splits[split]), split=say(split),
            )  # fmt: skip
    yield from unread_lines(found.unread or {})
    yield from _doubtful_splits(found)


def _doubtful_splits(found: Audit) -> Iterator[str]:
    for split, part in found.splits.items():
        if split == "dev" and part.examples == 1:
            yield say(
                "dev has 1 example, which cannot choose among recipes: of those that get it right the first is taken."
            )
        elif split != "train" and part.examples < SMALL:
            yield say(
                "{split} is small ({examples:,} examples); differences between methods will be hard to see.",
                split=say(split), examples=part.examples,
            )  # fmt: skip
        if part.majority is not None and part.majority > LOPSIDED and part.examples > 1:
            yield say(
                "{share} of {split} has the label {label}; compare macro-F1, not accuracy.",
                share=_percent(part.majority), split=say(split), label=next(iter(part.labels)),
            )  # fmt: skip


def _of(count: int, part: SplitAudit) -> str:
    return say("{number:,} of {all:,}", number=count, all=part.examples)


def _first_clash(found: Audit) -> str:
    clash = found.clashes[0]
    first, second = clash.where[:2]
    if any(len(label) > 40 for label in clash.labels):
        return say(", such as {first} and {second}", first=first, second=second)
    return say(
        ", such as {first} ({label}) and {second} ({other})",
        first=first, label=clash.labels[0], second=second, other=clash.labels[1],
    )  # fmt: skip


def _notes(found: Audit) -> Iterator[str]:
    sizes = joined(
        say("{split} {number:,}", split=say(split), number=part.examples) for split, part in found.splits.items()
    )
    yield say("Examples: {sizes}.", sizes=sizes)
    train = found.splits["train"]
    if train.labels:
        yield say("Labels in train: {labels}.", labels=_listed(train.labels, sum(train.labels.values())))
    for split, part in found.splits.items():
        if part.duplicates:
            yield say(
                "Repeated texts in {split}: {number} ({share}).",
                split=say(split), number=_of(part.duplicates, part), share=_percent(part.duplicates / part.examples),
            )  # fmt: skip
    yield _length(train)


def _length(part: SplitAudit) -> str:
    """Quantiles in words, or in characters where words are as long as in text without spaces."""
    spaced = part.characters.median <= 12 * part.words.median
    q = part.words if spaced else part.characters
    return say(_IN_WORDS if spaced else _IN_CHARACTERS, median=q.median, p90=q.p90, longest=q.longest)


_IN_WORDS = template(
    "Length of train texts: half have up to {median:,} words, nine in ten up to {p90:,}, the longest {longest:,}."
)
_IN_CHARACTERS = template(
    "Length of train texts: half have up to {median:,} characters, nine in ten up to {p90:,}, the longest {longest:,}."
)
