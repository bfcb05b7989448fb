"""How much of a text an encoder makes nothing of: counts, and the sentences about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

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
        what = "parts of a character" if in_bytes else f"the unknown {parts[0].unit.removesuffix('s')}"
        yield f"{_shares(lost, 'share')} are {what}: {_why(max(part.share for part in parts))}"
    if spelt:
        yield f"{_shares(spelt, 'spelt')} are single letters: {_why(1.0)}"


def _shares(found: Mapping[str, Unread], name: str) -> str:
    first, *more = (f"{100 * getattr(part, name):.1f} % {{}}of {split}" for split, part in found.items())
    unit = next(iter(found.values())).unit
    return ", ".join([first.format(f"of the {unit} "), *(one.format("") for one in more)])


def _why(share: float) -> str:
    if share < MOST:
        return "what they say is lost on this encoder."
    known = "does not know this script or language" if share >= NEARLY_ALL else "knows little of this kind of text"
    return (
        f"this encoder {known}. Try --encoder with one that was pretrained on such text, as a multilingual one may be."
    )
