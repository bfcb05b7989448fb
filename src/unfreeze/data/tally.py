"""What was found or changed while reading, counted by split, with the first place of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from unfreeze.language.message import inside, joined, say, template


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
        by_split = joined(
            say("{number:,} in {split}", number=number, split=say(split)) for split, number in self.counts[what].items()
        )
        begin = say("Warning: {line}", line=inside(what)) if warning else what
        return [say("{begin}: {by_split}, such as {first}.", begin=begin, by_split=by_split, first=self.first[what])]


def take_others(options: Sequence[str]) -> str:
    """The end of a sentence about guesses: which options take other columns."""
    if not options:
        return ""
    return say(_TAKE_OTHERS if options[1:] else _TAKES_ANOTHER, options=joined(options, " and "))


_TAKE_OTHERS, _TAKES_ANOTHER = template("; {options} take others"), template("; {options} takes another")
