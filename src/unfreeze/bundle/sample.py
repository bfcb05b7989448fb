"""A few test texts that a bundle keeps, so that whatever is made of it can be checked where the data is not.

sample.json          items without their labels
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from unfreeze.bundle.description import REMEDY
from unfreeze.data.examples import Example
from unfreeze.disk.files import write_json
from unfreeze.disk.json_files import read_json
from unfreeze.disk.typed import typed

FILE = "sample.json"
KEPT = 24


@dataclass(frozen=True)
class _Item:
    text: str
    text_b: str | None = None
    words: tuple[str, ...] | None = None


def sampled(items: Sequence[Example]) -> list[Example]:
    """At most `KEPT` items, from the shortest to the longest in even steps."""
    by_length = sorted(items, key=lambda item: (len(item.text) + len(item.text_b or ""), item.text, item.text_b or ""))
    last = len(by_length) - 1
    places = {round(i * last / (KEPT - 1)) for i in range(KEPT)} if by_length else set()
    return [by_length[place] for place in sorted(places)]


def write_sample(folder: Path, items: Sequence[Example]) -> None:
    """Write some of these items; no file where there are none."""
    kept = [asdict(_Item(item.text, item.text_b, item.words)) for item in sampled(items)]
    if kept:
        write_json(folder / FILE, kept)


def read_sample(folder: Path) -> tuple[Example, ...]:
    """The items that a bundle keeps; none of bundles of before."""
    path = folder / FILE
    if not path.exists():
        return ()
    rows = typed(read_json(path), tuple[_Item, ...], str(path), REMEDY)
    return tuple(Example(f"{FILE}[{i}]", row.text, row.text_b, row.words) for i, row in enumerate(rows))
