"""How much of a text an encoder makes nothing of: counts, and the sentences about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from unfreeze.language.message import joined, say, template

MUCH = 0.10
"""A larger share of unknown pieces is worth a warning."""
MOST = 0.25
"""From this share on, an encoder was made for texts of another kind."""
NEARLY_ALL = 0.50
"""From this share on, it does not know the script or the language."""
SPELT = 0.5
"""A larger share of single letters means that words are spelt, not known."""


@dataclass(frozen=True)
class Unread:
    """Pieces of texts, without special ones.

    Attributes:
        unit: what a piece is.
        pieces: all of them.
        unknown: those that stand for anything that the encoder does not know.
        parts: those that are bytes of a character, where an encoder spells what it does not know in bytes.
        letters: single letters of an alphabet other than Latin.
    """

    unit: Literal["pieces", "words"]
    pieces: int
    unknown: int
    parts: int = 0
    letters: int = 0

    @property
    def share(self) -> float:
        """Share of pieces that say nothing."""
        return (self.unknown + self.parts) / self.pieces if self.pieces else 0.0

    @property
    def spelt(self) -> float:
        """Share of pieces that are single letters."""
        return self.letters / self.pieces if self.pieces else 0.0

    @property
    def lost(self) -> float:
        """Share of pieces that say nothing; single letters are among them where words are spelt."""
        return self.share + self.spelt if self.spelt > SPELT else self.share

    def __add__(self, other: Unread) -> Unread:
        """Of both texts together."""
        return Unread(
            self.unit,
            self.pieces + other.pieces,
            self.unknown + other.unknown,
            self.parts + other.parts,
            self.letters + other.letters,
        )


def unread_lines(found: Mapping[str, Unread]) -> Iterator[str]:
    """Sentences on splits (or files) of which the encoder makes little; none where it reads them well."""
    spelt = {name: part for name, part in found.items() if part.spelt > SPELT}
    lost = {name: part for name, part in found.items() if part.share > MUCH and name not in spelt}
    if lost:
        parts = list(lost.values())
        in_bytes = sum(part.parts for part in parts) > sum(part.unknown for part in parts)
        what = _IN_BYTES if in_bytes else _UNKNOWN[parts[0].unit]
        why = _why(max(part.share for part in parts))
        yield say("{shares} are {what}: {why}", shares=_shares(lost, "share"), what=say(what), why=why)
    if spelt:
        yield say("{shares} are single letters: {why}", shares=_shares(spelt, "spelt"), why=_why(1.0))


_IN_BYTES = template("parts of a character")
_UNKNOWN = {"pieces": template("the unknown piece"), "words": template("the unknown word")}
_OF = {
    "pieces": template("{share:.1f} % of the pieces of {split}"),
    "words": template("{share:.1f} % of the words of {split}"),
}


def _shares(found: Mapping[str, Unread], name: str) -> str:
    (first, part), *more = found.items()
    told = [say(_OF[part.unit], share=100 * getattr(part, name), split=say(first))]
    told += [say("{share:.1f} % of {split}", share=100 * getattr(one, name), split=say(split)) for split, one in more]
    return joined(told)


def _why(share: float) -> str:
    if share < MOST:
        return say("what they say is lost on this encoder.")
    return say(_KNOWS_NONE if share >= NEARLY_ALL else _KNOWS_LITTLE)


_KNOWS_NONE = template(
    "this encoder does not know this script or language. Try --encoder with one that was pretrained on such text, as a "
    "multilingual one may be."
)
_KNOWS_LITTLE = template(
    "this encoder knows little of this kind of text. Try --encoder with one that was pretrained on such text, as a "
    "multilingual one may be."
)
