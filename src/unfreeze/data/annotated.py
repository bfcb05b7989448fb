"""Texts with spans of characters become tagged words: words cut, spans laid on them, what does not fit counted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

from unfreeze.data.conll import Sentence
from unfreeze.data.examples import SplitName
from unfreeze.data.span_offsets import Document, Span, in_characters
from unfreeze.data.tally import Tally
from unfreeze.data.word_cutting import words_in
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say

NESTED = say("Spans inside another, which were left out")
CROSSING = say("Spans that overlap a longer one, which were left out")
TWICE = say("Spans with the ends of another and another type, of which the first was kept")
SHARED = say("Spans that share a word with a longer one, which were left out")
CUT = say("Spans that begin or end inside a word, which belongs to them as a whole")
TRIMMED = say("Spans with white space at their ends, which was taken off")
NOTHING = say("Spans of no visible character, which were left out")
BARE = say("Texts without a span, all of whose words are tagged O")
EMPTY = say("Texts without a word, which were left out")
_WARNINGS = (NESTED, CROSSING, TWICE, SHARED, CUT)
_REMARKS = (TRIMMED, NOTHING, BARE, EMPTY)
MOST_CUT, MANY = 0.5, 10
"""When more than this share of the spans cut words, and there are at least that many spans, their offsets are wrong."""


def tagged_words(
    documents: Mapping[SplitName, Sequence[Document]],
) -> tuple[dict[SplitName, list[Sentence]], list[str]]:
    """One sentence a document, tagged in BIO, and what was found, in sentences.

    A word belongs to a span that contains one of its characters. Of spans that overlap the longest is kept, of equally
    long ones the first.

    Raises:
        InputError: as `in_characters`; most spans cut words; a split has no word.
    """
    places = [(split, document) for split, found in documents.items() for document in found]
    converted, said = in_characters([document for _, document in places])
    tally = Tally()
    sentences: dict[SplitName, list[Sentence]] = {split: [] for split in documents}
    spans = 0
    for (split, _), document in zip(places, converted, strict=True):
        spans += len(document.spans)
        sentence = _sentence(document, split, tally)
        if sentence is not None:
            sentences[split].append(sentence)
    if spans >= MANY and tally.total(CUT) > MOST_CUT * spans:
        problem = say(
            "{cut:,} of {spans:,} spans begin or end inside a word; do offsets count characters from 0?",
            cut=tally.total(CUT),
            spans=spans,
        )
        raise InputError(problem, where=tally.first[CUT])
    for split, found in sentences.items():
        if not found:
            raise InputError(
                say("{split} has no text with a word", split=split),
                where=next((d.where for s, d in places if s == split), split),
            )
    said += [line for what in _WARNINGS for line in tally.notes(what, warning=True)]
    return sentences, said + [line for what in _REMARKS for line in tally.notes(what)]


def _sentence(document: Document, split: str, tally: Tally) -> Sentence | None:
    text = document.text
    words = document.words if document.words is not None else tuple(words_in(text))
    words = tuple((start, end) for start, end in words if text[start:end].strip())
    if not words:
        tally.add(EMPTY, split, document.where)
        return None
    if not document.spans:
        tally.add(BARE, split, document.where)
    tags = ["O"] * len(words)
    owners: list[Span | None] = [None] * len(words)
    starts, ends = [start for start, _ in words], [end for _, end in words]
    trimmed = [_trimmed(text, span) for span in document.spans]
    tally.add(TRIMMED, split, document.where, sum(a != b for a, b in zip(trimmed, document.spans, strict=True)))
    for span in sorted(trimmed, key=lambda span: span.start - span.end):
        first, last = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if span.start >= span.end or first >= last:
            tally.add(NOTHING, split, document.where)
            continue
        over = [owner for owner in owners[first:last] if owner]
        if over:
            what = _clash(span, over)
            tally.add(what or "", split, document.where, what is not None)
            continue
        owners[first:last] = [span] * (last - first)
        tags[first:last] = [f"B-{span.kind}", *[f"I-{span.kind}"] * (last - first - 1)]
        if starts[first] < span.start or ends[last - 1] > span.end:
            inner, whole = text[span.start : span.end], text[starts[first] : ends[last - 1]]
            tally.add(CUT, split, f"{document.where} ('{shown(inner)}' of '{shown(whole)}')")
    return Sentence(tuple(text[a:b] for a, b in words), tuple(tags), (document.line,) * len(words))


def _trimmed(text: str, span: Span) -> Span:
    inner = text[span.start : span.end]
    start = span.start + len(inner) - len(inner.lstrip())
    return replace(span, start=start, end=max(start, span.end - len(inner) + len(inner.rstrip())))


def _clash(span: Span, over: Sequence[Span]) -> str | None:
    """What to call a span that has words of kept ones; None for one that is written twice."""
    if any((o.start, o.end, o.kind) == (span.start, span.end, span.kind) for o in over):
        return None
    if any((o.start, o.end) == (span.start, span.end) for o in over):
        return TWICE
    if any(o.start <= span.start and span.end <= o.end for o in over):
        return NESTED
    return CROSSING if any(o.start < span.end and span.start < o.end for o in over) else SHARED
