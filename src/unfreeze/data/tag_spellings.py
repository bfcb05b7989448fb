"""How files spell span tags: found on the training tags, so that all are read as `B-PER`, `I-PER` and `O`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from unfreeze.language.message import opening, say, template

Form = Literal["before", "behind", "letter", "type", "none"]

OUTSIDE = ("o", "other", "outside", "out", "none", "null", "_", "-", "0")
"""Names that people give the tag of words outside all spans, in lower case, the usual one first."""
MANY_TYPES = 64
"""Bare types beside `O` are at most that many; more are another kind of tag."""
_SEPARATORS = "-_:/.+\u2010\u2011\u2013\u2014"
_LETTERS = "BIESMLUW"
_FORMS: tuple[Form, Form] = ("before", "behind")
_MOSTLY = 0.9
_OFTEN = 0.4
_PARTLY = 0.3
_RARELY = 0.1


@dataclass(frozen=True, slots=True)
class Spelling:
    """How span tags are written.

    Attributes:
        form: the letter stands before the type (`B-PER`), behind it (`PER-B`), alone (`B`); the type stands alone
            (`PER`: no letters, so touching spans of a type are one); or the tags are not span tags.
        separators: what may stand between letter and type; empty where nothing does.
        outside: the tag of words outside all spans.
        example: a frequent tag as it is written.
        sure: whether nothing else is likely to be meant.
    """

    form: Form
    separators: str = ""
    outside: str = "O"
    example: str = ""
    sure: bool = True

    def read(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Tags as `B-PER`, `I-PER`, `O`; those that are not spelled so stay as they are."""
        return tuple(map(self._read, tags))

    def _read(self, tag: str) -> str:
        if self.form == "none":
            return tag
        if tag == self.outside:
            return "O"
        if self.form == "type":  # another spelling or another outside tag would be a fault, to be reported
            return tag if _parts(tag, "before", "-") or tag in ("O", "o", "_", "-", "0") else f"I-{tag}"
        if self.form == "letter":
            return tag.upper() if tag.upper() in _LETTERS else tag
        letter, kind = _parts(tag, self.form, self.separators) or ("", "")
        return f"{letter}-{kind}" if letter else tag


def _parts(tag: str, form: Form, separators: str) -> tuple[str, str] | None:
    """Letter (in upper case) and type of a tag that is written in this way; None when it is not."""
    if len(tag) < 3:
        return None
    if not separators:
        return (tag[0], tag[1:]) if tag[0] in _LETTERS else None
    letter, sign, kind = (tag[0], tag[1], tag[2:]) if form == "before" else (tag[-1], tag[-2], tag[:-2])
    return (letter.upper(), kind) if sign in separators and letter.upper() in _LETTERS else None


def _lettered(counts: Counter[str]) -> Counter[str]:
    """The tags that look like a letter with a type, however written."""
    return Counter({tag: n for tag, n in counts.items() if any(_parts(tag, form, _SEPARATORS) for form in _FORMS)})


def spelling_of(sequences: Iterable[Sequence[str]]) -> Spelling:
    """How these tags are spelled.

    Nine tenths of the tags but the outside one must be spelled in one way; the rest are then faults to be reported.
    Bare types are taken for spans when a usual outside tag is the most frequent (or `O` has a fifth of the words, and
    all others are longer), the types are few, and equal ones stand side by side as often as by chance where that tag is
    `O`, twice as often elsewhere: parts of speech do not.
    """
    sequences = list(sequences)
    counts = Counter(tag for tags in sequences for tag in tags)
    best, most = None, (0, 0)
    for separators in (*_SEPARATORS, _SEPARATORS):
        for form in _FORMS:
            found = _with_letters(counts, form, separators)
            read = {tag: parts[0] for tag in counts if (parts := _parts(tag, form, separators))} if found else {}
            fit = sum(counts[tag] for tag in read), len(set(read.values()))
            if found and fit > most:  # `B:a_b` may be read in two ways, `I:a_b` and `B:PER` tell which
                best, most = found, fit
    return best or _bare_letters(counts) or _glued(counts) or _bare_types(counts, sequences) or Spelling("none")


def _with_letters(counts: Counter[str], form: Form, separators: str) -> Spelling | None:
    marked = {tag: parts for tag in counts if (parts := _parts(tag, form, separators))}
    if not marked:
        return None
    usual = form == "before" and separators == "-" and all(tag[0].isupper() for tag in marked)
    if not usual and {letter for letter, _ in marked.values()}.isdisjoint("BI"):
        return None
    outside, sure = _outside(Counter({tag: n for tag, n in counts.items() if tag not in marked}), counts.total())
    number = sum(counts[tag] for tag in marked)
    if number < _MOSTLY * (counts.total() - counts[outside]):
        return None
    return Spelling(form, separators, outside, max(marked, key=lambda tag: counts[tag]), sure)


def _glued(counts: Counter[str]) -> Spelling | None:
    """Letters right before types, as in `BPER` and `IPER`: every tag is one, and all types have a `B`, some an `I`."""
    outside = next((tag for tag, _ in counts.most_common() if tag.casefold() in OUTSIDE), "O")
    marked = [tag for tag in counts if tag != outside]
    if not all(len(tag) > 2 and tag[0] in "BIES" and tag[1:].isalnum() for tag in marked):
        return None
    kinds = {letter: {tag[1:] for tag in marked if tag[0] == letter} for letter in "BIES"}
    inside = kinds["I"] | kinds["E"]
    if not inside or not inside <= kinds["B"]:
        return None
    return Spelling("before", "", outside, max(marked, key=lambda tag: counts[tag]), sure=True)


def _outside(others: Counter[str], total: int) -> tuple[str, bool]:
    """Which of the tags without letters is the outside one, and whether that is sure."""
    for name in ("O", *OUTSIDE):
        found = [tag for tag in others if name in (tag, tag.casefold())]
        if found:
            return max(found, key=lambda tag: others[tag]), True
    (only, number), *more = others.most_common() or [("O", 0)]
    return ("O", True) if more or number < _RARELY * total else (only, False)


def _bare_letters(counts: Counter[str]) -> Spelling | None:
    """Letters without types: every tag is one, `B` or `I` among them."""
    outside = "o" if "o" in counts and "O" not in counts else "O"
    letters = [tag for tag in counts if tag != outside]
    one_case = all(map(str.isupper, letters)) or all(map(str.islower, letters))
    if not one_case or any(len(tag) != 1 or tag.upper() not in _LETTERS for tag in letters):
        return None
    if {tag.upper() for tag in letters}.isdisjoint("BI"):
        return None
    return Spelling("letter", outside=outside, example=letters[0])


def _bare_types(counts: Counter[str], sequences: Sequence[Sequence[str]]) -> Spelling | None:
    if not 2 <= len(counts) <= MANY_TYPES + 1:
        return None
    outside = _outside_of_types(counts)
    types = Counter({tag: n for tag, n in counts.items() if tag != outside})
    if outside is None or all(tag.isdecimal() for tag in types) or _lettered(counts).total() >= _RARELY * types.total():
        return None
    if not _runs(counts, outside, sequences, 1 if outside in ("O", "o") else 2):
        return None
    return Spelling("type", outside=outside, example=types.most_common(1)[0][0], sure=False)


def _outside_of_types(counts: Counter[str]) -> str | None:
    """The most frequent tag, if it is called as the outside one is, or an `O` among longer tags that is not rare."""
    most = counts.most_common(1)[0][0]
    if most.casefold() in OUTSIDE:
        return most
    usual = next((tag for tag in ("O", "o") if counts[tag] >= _OFTEN / 2 * counts.total()), None)
    return usual if all(len(tag) > 1 for tag in counts if tag != usual) else None


def _runs(counts: Counter[str], outside: str, sequences: Iterable[Sequence[str]], times: int = 2) -> bool:
    """Whether equal tags but the outside one stand side by side that many times as often as by chance."""
    repeats = sum(a == b != outside for tags in sequences for a, b in pairwise(tags))
    by_chance = sum(n**2 for tag, n in counts.items() if tag != outside) / counts.total()
    return repeats >= max(1, times * by_chance)


def spelling_said(spelling: Spelling, scheme: str, canonical: str | None, sequences: Sequence[Sequence[str]]) -> str:
    """What was found, in a sentence; it starts with `Warning:` where something else may be meant.

    Args:
        scheme, canonical: of the tags as they were read, and what they were turned into.
        sequences: the training tags as they are written.
    """
    counts = Counter(tag for tags in sequences for tag in tags)
    if spelling.form == "none":
        return _plain_said(counts, sequences)
    if spelling.form == "type":
        types = ", ".join(tag for tag, _ in counts.most_common(4) if tag != spelling.outside)
        return say(
            "Warning: the tags are bare types ({types}) beside '{outside}'. They were read as spans, a run "
            "of one type as one (IO), and turned into BIO; write B-{example} and I-{example} to part spans "
            "that touch. If they are not spans, rename the tag '{outside}'.",
            types=types,
            outside=spelling.outside,
            example=spelling.example,
        )
    read = spelling.read([spelling.example])[0]
    parts = {"scheme": scheme, "canonical": canonical, "example": spelling.example, "outside": spelling.outside,
             "tag": f"B{read[1:]}"}  # fmt: skip
    way = _WAYS[read != spelling.example, spelling.outside != "O"]
    if way is None:
        way = _AS_IS if scheme == canonical else _CHANGED
    line = say(way, **parts)
    if spelling.sure:
        return opening(line)
    return say(
        "Warning: {line} If '{outside}' is a type of spans, write B-{outside}.", line=line, outside=spelling.outside
    )


_WAYS: Mapping[tuple[bool, bool], str | None] = {
    (True, True): template(
        "the tags follow {scheme}, written as '{example}' with '{outside}' for O. They were turned into {canonical} "
        "('{tag}', 'O'), and so reports and predictions write them."
    ),
    (True, False): template(
        "the tags follow {scheme}, written as '{example}'. They were turned into {canonical} ('{tag}', 'O'), and so "
        "reports and predictions write them."
    ),
    (False, True): template(
        "the tags follow {scheme}, with '{outside}' for O. They were turned into {canonical} ('{tag}', 'O'), and so "
        "reports and predictions write them."
    ),
    (False, False): None,
}
"""By whether tags are spelt otherwise than here, and whether `O` is."""
_AS_IS = template("the tags follow {scheme}.")
_CHANGED = template("the tags follow {scheme} and were turned into {canonical}.")


def _plain_said(counts: Counter[str], sequences: Sequence[Sequence[str]]) -> str:
    (most, number), *_ = counts.most_common(1)
    others = [tag for tag, _ in counts.most_common() if tag != most]
    judged = say("judged by accuracy of words, not by spans")
    lettered = _lettered(counts)
    outside = sum(n for tag, n in counts.items() if tag.casefold() in OUTSIDE)
    if lettered.total() >= max(1, _PARTLY * (counts.total() - outside)):
        odd = [f"'{tag}'" for tag in others if tag not in lettered and tag.casefold() not in OUTSIDE]
        found = say(", but too many do not ({odd})", odd=_short(odd)) if odd else say(", but not in one way")
        return say(
            "Warning: many tags look like span tags ('{lettered}'){found}; they are taken as plain tags, "
            "{judged}. Write all but O as B-TYPE and I-TYPE.",
            lettered=next(iter(lettered)),
            found=found,
            judged=judged,
        )
    if _are_wrapped(counts):
        return say(
            "Warning: the tags look like span tags with something around each (such as '{counts}'); they are "
            "taken as plain tags, {judged}. Write all but O as B-TYPE and I-TYPE.",
            counts=max(counts, key=len),
            judged=judged,
        )
    often = number >= _OFTEN * counts.total() and _runs(counts, most, sequences)
    if others and (often or most.casefold() in OUTSIDE):
        share = f"{100 * number / counts.total():.0f} %"
        like = say("as in data of spans") if most.casefold() in OUTSIDE else say("as O is in data of spans")
        return say(
            "Warning: '{most}' is the most frequent tag ({share}), {like}, but the others ({others}) follow "
            "no span scheme; they are taken as plain tags, {judged}. If they are spans, write them B-TYPE "
            "and I-TYPE, and O for no span.",
            most=most,
            share=share,
            like=like,
            others=_short(others),
            judged=judged,
        )
    return say("The tags are plain tags, in no span scheme.")


def _are_wrapped(counts: Counter[str]) -> bool:
    """Whether tags are span tags but for what stands around each of them, as in `<B-PER>` or `__label__B-PER`."""
    tags = list(counts)
    before, behind = _common(tags), _common([tag[::-1] for tag in tags])
    if len(tags) < 2 or not before + behind or any(len(tag) <= len(before) + len(behind) for tag in tags):
        return False
    inner = [tag[len(before) : len(tag) - len(behind)] for tag in tags]
    return spelling_of([inner]).form in ("before", "behind")


def _common(tags: Sequence[str]) -> str:
    """The beginning that all have."""
    low, high = min(tags), max(tags)
    return low[: next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))]


def _short(names: Sequence[str]) -> str:
    line = ", ".join(names)
    return line if len(line) <= 60 else re.sub(r",[^,]*$", ", ...", line[:60])
