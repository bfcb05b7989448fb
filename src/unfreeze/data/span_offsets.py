"""What the offsets of spans count: code points, or UTF-16 units or bytes, as some tools do; found by what fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from unfreeze.data.word_cutting import words_in
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say


@dataclass(frozen=True, slots=True)
class Span:
    """A span of characters: its ends (the second exclusive), its type, and the text that its file says it has."""

    start: int
    end: int
    kind: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its spans.

    Attributes:
        where: `file:line`.
        line: the line on its own.
        words: ends of the words that the file itself names; None leaves them to be cut.
    """

    where: str
    line: int
    text: str
    spans: tuple[Span, ...]
    words: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True)
class Count:
    """What offsets count, and whether ends are the last character's own."""

    name: str
    size: Callable[[str], int]
    inclusive: bool = False

    def places(self, text: str) -> dict[int, int] | None:
        """Offset to code point for every boundary in a text; None where both are the same."""
        if not self.inclusive and (self == POINTS or (text.isascii() and self != _LINES)):
            return None
        sizes = accumulate(map(self.size, text), initial=0)
        return {offset: at for at, offset in enumerate(sizes)}

    def ends(self, span: Span, places: dict[int, int] | None) -> tuple[int, int] | None:
        """A span's ends in code points; None where they fall inside a character or past the end."""
        end = span.end + self.inclusive
        if places is None:
            return span.start, end
        return (places[span.start], places[end]) if span.start in places and end in places else None


POINTS = Count("characters", lambda character: 1)
_UTF16 = Count(say("UTF-16 units (two for an emoji)"), lambda character: 1 + (character > "\uffff"))
_BYTES = Count(say("bytes of UTF-8"), lambda character: len(character.encode()))
_LINES = Count(say("line ends (\\r\\n) as one character"), lambda character: int(character != "\r"))
COUNTS = (_UTF16, _BYTES, _LINES, *(replace(count, inclusive=True) for count in (POINTS, _UTF16, _BYTES)))
"""Other ways to count than characters, the likelier ones first."""
_FEW = 3


def in_characters(documents: Sequence[Document]) -> tuple[list[Document], list[str]]:
    """The documents with the ends of spans in code points, and what was found, in sentences.

    Where files name the text of spans, all of it must be found at the offsets, in whatever way they count. Where they
    name none, offsets count UTF-16 units or bytes if, behind characters for which that matters, spans so begin and end
    with words and do not otherwise.

    Raises:
        InputError: no way to count fits all spans; a span ends past its text.
    """
    named = [(d, s) for d in documents for s in d.spans if s.text is not None]
    said = []
    count = POINTS
    if named and not _all_fit(documents, POINTS):
        fitting = [count for count in COUNTS if _all_fit(documents, count)]
        if not fitting:
            raise _misfit(named)
        count = fitting[0]
        said = [
            say(
                "Offsets of spans count {count}, as the texts of {named:,} spans show.",
                count=_what(count),
                named=len(named),
            )
        ]
    elif not named:
        guessed = _by_words(documents)
        if guessed is not None:
            count = guessed
            said = [
                say(
                    "Warning: offsets of spans seem to count {count}: only so do spans begin and end with words.",
                    count=_what(count),
                )
            ]
    return [_converted(document, count) for document in documents], said


def _what(count: Count) -> str:
    return count.name + (say(", and ends are those of the last character") if count.inclusive else "")


def _squeezed(text: str) -> str:
    """A text without white space, which tools change, and without line ends written as escapes."""
    return "".join(text.replace("\\n", "").split())


def _all_fit(documents: Iterable[Document], count: Count) -> bool:
    for document in documents:
        places = count.places(document.text) if document.spans else None
        for span in document.spans:
            if span.text is None:
                continue
            ends = count.ends(span, places)
            if ends is None or _squeezed(document.text[ends[0] : ends[1]]) != _squeezed(span.text):
                return False
    return True


def _misfit(named: Sequence[tuple[Document, Span]]) -> InputError:
    """The first span whose text stands elsewhere, and how many there are."""
    wrong = [(d, s) for d, s in named if _squeezed(d.text[s.start : s.end]) != _squeezed(s.text or "")]
    document, span = wrong[0]
    found = say(
        "the text at {start} to {end} is '{text}'",
        start=span.start,
        end=span.end,
        text=shown(document.text[span.start : span.end]),
    )
    problem = say("{found}, but its span says '{shown}'", found=found, shown=shown(span.text or ""))
    others = say(" ({wrong:,} of {named:,} spans do not fit)", wrong=len(wrong), named=len(named)) if wrong[1:] else ""
    advice = say("was the text changed after it was annotated? Export text and spans again, or take the row out")
    return InputError(
        say("{problem}{others}; {advice}", problem=problem, others=others, advice=advice), where=document.where
    )


def _by_words(documents: Sequence[Document]) -> Count | None:
    """Another count than characters under which all spans for which it matters keep to words, which they else cut."""
    for count in COUNTS:
        moved = cut = kept = 0
        for document in documents:
            places = count.places(document.text) if document.spans else None
            if places is None:
                continue
            words = tuple(document.words or words_in(document.text))
            starts, ends = {start for start, _ in words}, {end for _, end in words}
            for span in document.spans:
                found = count.ends(span, places)
                if found != (span.start, span.end):
                    moved += 1
                    cut += span.start not in starts or span.end not in ends
                    kept += found is not None and found[0] in starts and found[1] in ends
        if moved >= _FEW and kept == moved and 2 * cut >= moved:
            return count
    return None


def _converted(document: Document, count: Count) -> Document:
    places = count.places(document.text) if document.spans else None
    spans = []
    for span in document.spans:
        ends = count.ends(span, places)
        if ends is None or ends[1] > len(document.text) or ends[0] < 0:
            problem = say(
                "the span {start} to {end} ('{kind}') is not within its text",
                start=span.start,
                end=span.end,
                kind=shown(span.kind),
            )
            advice = say("which has {text:,} characters; fix the offsets or take the row out", text=len(document.text))
            raise InputError(say("{problem}, {advice}", problem=problem, advice=advice), where=document.where)
        spans.append(replace(span, start=ends[0], end=ends[1]))
    return replace(document, spans=tuple(spans))
