"""One labelled text, and what can be predicted of it."""

from __future__ import annotations

from dataclasses import dataclass

Label = str | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled item.

    Attributes:
        where: `file:line` it was read from, for error messages and the report.
        text: the text; for tagging, the words joined by spaces.
        text_b: the second text of a pair.
        words: the gold words, tagging only.
        label: a class name, a number, or one tag a word (in the data set's `LabelSpace.scheme`); None when unlabelled.
        group: what it shares with others that no split may part it from, such as its author; None if there is none.
    """

    where: str
    text: str
    text_b: str | None = None
    words: tuple[str, ...] | None = None
    label: Label | None = None
    group: str | None = None


@dataclass(frozen=True)
class LabelSpace:
    """What can be predicted.

    Attributes:
        names: classes or tags, in index order (sorted; for tagging `O` first); empty for regression.
        scheme: tagging scheme of `names` after conversion: `"BIO"` (IOB2), `"BIOES"`, or None for plain tags (POS).
        low, high: range of the training scores, regression only.
    """

    names: tuple[str, ...] = ()
    scheme: str | None = None
    low: float | None = None
    high: float | None = None

    def index(self) -> dict[str, int]:
        """Name to index."""
        return {name: i for i, name in enumerate(self.names)}


NO_NAMES = LabelSpace()
"""Where a metric does not depend on the names."""
