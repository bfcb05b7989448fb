"""A study's page as plain data: tables, a figure, claims, and what differs from the paper. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from unfreeze.judging.planning import Had

Held = Literal["holds", "does not hold", "open"]


@dataclass(frozen=True)
class Entry:
    """A cell of a table: our number in words, and the paper's beside it where it printed one."""

    ours: str
    published: str = ""


@dataclass(frozen=True)
class Table:
    """A table; the first column names the rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | Entry, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A finding of the paper put to the test here.

    Attributes:
        text: what should be true.
        about: the encoder and set.
        held: `open` where the interval allows both yes and no.
        evidence: the numbers, with their interval.
        conclusion: which of the five practitioners' conclusions it is evidence for, 1 to 5; None for none.
        p: two-sided, of the finding alone: the error of the interval that just decides it; None where there is none.
        had: the variance behind it, from which is planned what would decide it; None where that is said, or not known.
    """

    text: str
    about: str
    held: Held
    evidence: str
    conclusion: int | None = None
    p: float | None = None
    had: Had | None = None


@dataclass(frozen=True)
class Figure:
    """A Vega-Lite chart and what it shows."""

    spec: Mapping[str, Any]
    caption: str


@dataclass(frozen=True)
class Page:
    """What a study found.

    Attributes:
        lead: the answer in a sentence or two.
        differs: from the paper: encoders, corpus, splits, sizes.
        settings: names and values, for repeating it.
    """

    name: str
    question: str
    source: str
    lead: str
    tables: tuple[Table, ...]
    claims: tuple[Claim, ...]
    differs: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    figure: Figure | None = None
