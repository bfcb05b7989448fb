"""What was found or changed while reading, counted by split, with the first place of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from unfreeze.language.message import say


@dataclass
class Tally:
    """Counts by what happened and split."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, split: str, where: str, number: int = 1) -> None:
        """Count something that happened at a place."""
        if number:
            self.counts.setdefault(what, Counter())[split] += number
            self.first.setdefault(what, where)

    def total(self, what: str) -> int:
        """How often something happened in all splits."""
        return self.counts.get(what, Counter()).total()

    def notes(self, what: str, warning: bool = False) -> list[str]:
        """At most one sentence: what happened, how often in which split, and where first."""
        if not self.total(what):
            return []
        by_split = ", ".join(f"{number:,} in {split}" for split, number in self.counts[what].items())
        begin = f"Warning: {what[0].lower()}{what[1:]}" if warning else what
        return [say("{begin}: {by_split}, such as {first}.", begin=begin, by_split=by_split, first=self.first[what])]


def take_others(options: Sequence[str]) -> str:
    """The end of a sentence about guesses: which options take other columns."""
    return f"; {' and '.join(options)} {'take others' if options[1:] else 'takes another'}" if options else ""
