"""Tagging schemes: recognised, checked, converted; the spans they mean; which tag may follow which.

Spans are `(type, start, end)` with `end` exclusive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from unfreeze.language.message import say

Scheme = Literal["IO", "IOB1", "BIO", "BIOES", "BILOU", "BMES", "BMEWO", "plain"]
Span = tuple[str, int, int]
Flags = npt.NDArray[np.bool_]

CANONICAL: dict[str, Literal["BIO", "BIOES"] | None] = {
    **dict.fromkeys(("IO", "IOB1", "BIO"), "BIO"),
    **dict.fromkeys(("BIOES", "BILOU", "BMES", "BMEWO"), "BIOES"),
    "plain": None,
}
"""The scheme that tags of each scheme are converted to; None leaves them as they are."""

_TAG = re.compile(r"([BIESMLUW])(?:-(.+))?")
_LETTERS = {"M": "I", "L": "E", "U": "S", "W": "S"}
_MOSTLY = 0.9


@lru_cache(maxsize=65536)
def split_tag(tag: str) -> tuple[str, str] | None:
    """`"B-PER"` gives `("B", "PER")`, `"O"` gives `("O", "")`, with letters of BMES, BMEWO and BILOU as in BIOES.

    A bare letter (`"B"`) has the type `""`. None when it is not a tag of any scheme.
    """
    if tag == "O":
        return "O", ""
    match = _TAG.fullmatch(tag)
    return (_LETTERS.get(match[1], match[1]), match[2] or "") if match else None


def recognise(sequences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme that tag sequences follow, by their letters, and between BIO (IOB2) and IOB1 by fewest breaches.

    Tags that are mostly `letter-type` (or are all bare letters, `B` or `I` among them) are in a scheme even when a few
    are not: `fault` then finds those. Anything else (part of speech) is `"plain"`.
    """
    sequences = list(sequences)
    counts = Counter(tag for tags in sequences for tag in tags)
    marked = {tag: n for tag, n in counts.items() if tag != "O"}
    typed = sum(n for tag, n in marked.items() if "-" in tag and _TAG.fullmatch(tag))
    bare = all(len(tag) == 1 and _TAG.fullmatch(tag) for tag in marked) and not marked.keys().isdisjoint("BI")
    if not bare and typed < max(_MOSTLY * sum(marked.values()), 1):
        return "plain"
    letters = {tag[0] for tag in marked if _TAG.fullmatch(tag)}
    if letters <= {"B", "I"}:
        return _iob_kind(sequences) if "B" in letters else "IO"
    if letters <= set("BIES"):
        return "BIOES"
    if letters <= set("BILU"):
        return "BILOU"
    return "BMEWO" if "W" in letters else "BMES"


def _iob_kind(sequences: Sequence[Sequence[str]]) -> Scheme:
    """BIO when fewer tags breach its rule (I only inside a span) than IOB1's (B only between touching spans)."""
    breaches: Counter[str] = Counter()
    for tags in sequences:
        previous: tuple[str, str] | None = ("O", "")
        for tag in tags:
            now = split_tag(tag)
            if now and now[0] != "O":
                inside = previous is not None and previous[0] != "O" and previous[1] == now[1]
                breaches["BIO"] += now[0] == "I" and not inside
                breaches["IOB1"] += now[0] == "B" and not inside
            previous = now
    return "IOB1" if breaches["IOB1"] < breaches["BIO"] else "BIO"


@lru_cache(maxsize=65536)
def _may_follow(before: str, after: str, scheme: str) -> bool:
    """Whether a canonical tag may follow another; the edges of a sentence count as `O`."""
    (a, type_a), (b, type_b) = split_tag(before) or ("O", ""), split_tag(after) or ("O", "")
    if scheme == "BIO":
        return b != "I" or (a != "O" and type_a == type_b)
    within = a in "BI"
    return within == (b in "IE") and (not within or type_a == type_b)


def fault(tags: Sequence[str], scheme: Scheme, before: str = "O", after: str = "O") -> tuple[int, str] | None:
    """The first tag that breaks a scheme: its index and what is wrong; None when all is well.

    IO and IOB1 have no order to break: any `B-` and `I-` has one reading there.

    Args:
        before, after: the tags next to the sentence, where a span runs over its edge (`is_torn`).
    """
    canonical = CANONICAL[scheme]
    if canonical is None:
        return None
    letters = "BIO" if canonical == "BIO" else "BIOES"
    last = before
    for i, tag in enumerate(tags):
        parts = split_tag(tag)
        if parts is None or parts[0] not in letters:
            return i, say(
                "tag '{tag}' is not a tag of the scheme {scheme} that the training tags follow", tag=tag, scheme=scheme
            )
        if scheme not in ("IO", "IOB1") and not _may_follow(last, tag, canonical):
            place = say("after '{last}'", last=last) if i else say("at the start of a sentence")
            return i, say(
                "tag '{tag}' {place} breaks the scheme {scheme} that the training tags follow; fix the tag",
                tag=tag,
                place=place,
                scheme=scheme,
            )
        last = tag
    if not _may_follow(last, after, canonical):
        return len(tags) - 1, say(
            "tag '{last}' ends the sentence inside a span, which breaks {scheme}; fix the tag", last=last, scheme=scheme
        )
    return None


def is_torn(first: Sequence[str], second: Sequence[str], scheme: Scheme) -> bool:
    """Whether a span of one sentence goes on in the next, as where a sentence was split at an abbreviation's dot."""
    canonical = CANONICAL[scheme]
    letter, _ = split_tag(second[0]) or ("O", "")
    return canonical is not None and letter in ("I", "E") and _may_follow(first[-1], second[0], canonical)


def convert(tags: Sequence[str], from_scheme: Scheme, to_scheme: Literal["BIO", "BIOES"] | None) -> tuple[str, ...]:
    """Tags of one scheme written in another, broken ones by conlleval's reading.

    Plain tags, and any tags without a target, stay as they are.
    """
    if to_scheme is None or CANONICAL[from_scheme] is None:
        return tuple(tags)
    written = ["O"] * len(tags)
    for kind, start, end in spans_conlleval(tags):
        tail = f"-{kind}" if kind else ""
        letters = ["B"] + ["I"] * (end - start - 1)
        if to_scheme == "BIOES":
            letters[-1] = "E" if end - start > 1 else "S"
        written[start:end] = [letter + tail for letter in letters]
    return tuple(written)


_ENDS = frozenset({("B", "B"), ("B", "S"), ("B", "O"), ("I", "B"), ("I", "S"), ("I", "O")})
_STARTS = frozenset((a, b) for a in "ESO" for b in "EI")


def spans_conlleval(tags: Sequence[str]) -> list[Span]:
    """Spans as the shared task's scorer counts them: any tag but `O` belongs to one, however odd the order.

    Source: `endOfChunk` and `startOfChunk` of conlleval.pl (Tjong Kim Sang, 2004), with `S` as in its later ports.
    A tag of no scheme counts as `O`.
    """
    spans: list[Span] = []
    start, a, type_a = 0, "O", ""
    for i, tag in enumerate([*tags, "O"]):
        b, type_b = split_tag(tag) or ("O", "")
        other_type = type_a != type_b
        if a != "O" and (a in "ES" or (a, b) in _ENDS or other_type):
            spans.append((type_a, start, i))
        if b != "O" and (b in "BS" or (a, b) in _STARTS or other_type):
            start = i
        a, type_a = b, type_b
    return spans


def spans_strict(tags: Sequence[str], scheme: str) -> list[Span]:
    """Only spans that are written wholly by the rules of `"BIO"` or `"BIOES"`; the rest of the tags mean nothing.

    Source: seqeval's strict mode (IOB2, IOBES).
    """
    spans: list[Span] = []
    start: int | None = None
    for i, tag in enumerate([*tags, "O"]):
        before = tags[i - 1] if i else "O"
        letter, _ = split_tag(tag) or ("O", "")
        if start is not None and (letter not in ("I", "E") or not _may_follow(before, tag, scheme)):
            last, kind = split_tag(before) or ("O", "")
            if scheme == "BIO" or last in "ES":
                spans.append((kind, start, i))
            start = None
        if letter in ("B", "S"):
            start = i
    return spans


def spans(tags: Sequence[str], scheme: str | None) -> list[Span]:
    """Spans by conlleval's rules, or, where there is no scheme, every word as a span with its tag as type."""
    return spans_conlleval(tags) if scheme else [(tag, i, i + 1) for i, tag in enumerate(tags)]


def allowed_transitions(names: Sequence[str], scheme: str | None) -> tuple[Flags, Flags, Flags]:
    """Which tag may follow which, for a CRF's constraints.

    Args:
        names: the K tags in index order, in a canonical scheme.
        scheme: `"BIO"`, `"BIOES"`, or None, which allows everything.

    Returns:
        `(K, K)` from row to column, `(K,)` may start a sentence, `(K,)` may end it; all bool.
    """
    if scheme is None:
        k = len(names)
        return np.ones((k, k), bool), np.ones(k, bool), np.ones(k, bool)
    steps = np.array([[_may_follow(a, b, scheme) for b in names] for a in names], bool)
    start = np.array([_may_follow("O", name, scheme) for name in names], bool)
    end = np.array([_may_follow(name, "O", scheme) for name in names], bool)
    return steps, start, end
