"""Several files read as one: their texts or records put together, and each place named in the file where it is.

What is read is one text, or one table of records, whose lines are numbered on from part to part, under the name
`Source.shown`; so columns, types, tags and schemes are decided over the whole split. Afterwards `told_in_parts` and
`dataset_in_parts` put the parts' own names and lines in the place of those.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from unfreeze.data.examples import Dataset, Example, SplitName
from unfreeze.data.records import Records, read_records
from unfreeze.data.sources import Source
from unfreeze.data.tables import Table, read_table, table_of
from unfreeze.data.text_files import Format, load, read_text
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say

FEW = 8  # numbers in a sentence
TYPED = ("jsonl", "parquet", "arrow")


@dataclass(frozen=True)
class Joined:
    """A split as it was read.

    Attributes:
        kind: format of every part.
        text: of all parts, where the format is text; empty for what is in `table`.
        table: what was read already.
        before: lines of the parts before each; empty for a single file.
    """

    source: Source
    kind: Format
    text: str = ""
    table: Table | None = None
    before: tuple[int, ...] = ()

    def place(self, line: int) -> str:
        """`file:line` in its part of a line of the whole, from 1."""
        part = bisect_right(self.before, line - 1) - 1
        return f"{self.source.paths[part]}:{line - self.before[part]}"

    def notes(self, lines: Sequence[int], what: str) -> str | None:
        """How many rows each part has, in a sentence; None for a single file.

        Args:
            lines: of the whole, at which the rows are.
            what: the rows are.
        """
        if len(self.before) < 2 or self.source.classes:
            return None
        counts = [0] * len(self.before)
        for line in lines:
            counts[bisect_right(self.before, line - 1) - 1] += 1
        first, last = self.source.paths[0].name, self.source.paths[-1].name
        each = " + ".join(f"{count:,}" for count in counts)
        if len(counts) > FEW:
            each = say(
                "{counts:,} to {counts2:,} each, {counts3:,} in all",
                counts=min(counts),
                counts2=max(counts),
                counts3=sum(counts),
            )
        return say(
            "{counts:,} files, {first} to {last}: {each} {what}.",
            counts=len(counts),
            first=first,
            last=last,
            each=each,
            what=what,
        )


def joined(source: Source, *, tagged: bool, wanted: Collection[str]) -> Joined:
    """Read a split's files.

    Args:
        tagged: see `load`.
        wanted: column names that tell a header, see `read_table`.

    Raises:
        InputError: as `load` and `read_table`; parts of different formats or with different columns.
    """
    if source.classes:
        return _texts(source)
    if len(source.paths) == 1 and not source.class_names and source.rows is None:
        kind, text = load(source.paths[0], tagged=tagged)
        return Joined(source, kind, text)
    loaded = [load(path, tagged=tagged) for path in source.paths]
    kinds = [kind for kind, _ in loaded]
    odd = next((i for i, kind in enumerate(kinds) if kind != kinds[0]), None)
    if odd is not None:
        problem = say(
            "is {kinds}, the part {name} is {kinds2}; parts must be of one format",
            kinds=kinds[odd],
            name=source.paths[0].name,
            kinds2=kinds[0],
        )
        raise InputError(problem, where=str(source.paths[odd]))
    if kinds[0] in TYPED:
        return _records(source, kinds[0], [text for _, text in loaded])
    if kinds[0] == "txt":
        return Joined(source, "txt")
    return _lines(source, kinds[0], [text for _, text in loaded], wanted)


def _texts(source: Source) -> Joined:
    """A table with one text per file, with the folder's name as its class."""
    texts = [read_text(path, may_be_empty=True) for path in source.paths]
    columns = {"text": texts, "label": list(source.classes)}
    count = len(texts)
    records = Records(source.shown, columns, range(1, count + 1))
    return Joined(source, "jsonl", table=table_of(records), before=tuple(range(count)))


def _records(source: Source, kind: Format, texts: Sequence[str]) -> Joined:
    parts = [read_records(path, kind, text) for path, text in zip(source.paths, texts, strict=True)]
    names = list(parts[0].columns)
    for path, part in zip(source.paths, parts, strict=True):
        if kind != "jsonl" and set(part.columns) != set(names):
            problem = say(
                "has the columns {columns}, the part {name} has {names}",
                columns=listed(list(part.columns)),
                name=source.paths[0].name,
                names=listed(names),
            )
            raise InputError(say("{problem}; parts of one split have the same", problem=problem), where=str(path))
    lengths = [max(part.lines, default=0) for part in parts]
    before = tuple(accumulate(lengths, initial=0))[:-1]
    lines = [line + first for part, first in zip(parts, before, strict=True) for line in part.lines]
    rows = None if source.rows is None else list(source.rows)
    if rows is not None:
        lost = next((row for row in rows if row >= len(lines)), None)
        if lost is not None:
            problem = say(
                "row {lost:,} was selected, but there are {lines:,}; save the set again", lost=lost, lines=len(lines)
            )
            raise InputError(problem, where=str(source.shown))
        lines = [lines[row] for row in rows]
    records = Records(
        source.shown,
        _Columns(parts, rows),
        lines,
        {**source.class_names, **_names(source, parts)},
        frozenset().union(*(part.nested for part in parts)),
        tuple(dict.fromkeys(sentence for part in parts for sentence in part.notes)),
    )
    return Joined(source, kind, table=table_of(records), before=before)


def _names(source: Source, parts: Sequence[Records]) -> dict[str, tuple[str, ...]]:
    """Class names that the parts agree on."""
    known: dict[str, tuple[str, ...]] = {}
    for path, part in zip(source.paths, parts, strict=True):
        for column, names in part.class_names.items():
            if known.setdefault(column, names) != names:
                problem = say(
                    "names the classes of '{column}' otherwise than the parts before; write all in one way",
                    column=column,
                )
                raise InputError(problem, where=str(path))
    return known


class _Columns(Mapping[str, Sequence[Any]]):
    """Columns of all parts, put together when one is asked for; what a part lacks is None in its rows."""

    def __init__(self, parts: Sequence[Records], rows: Sequence[int] | None) -> None:
        self._parts, self._rows = parts, rows
        self._names = list(dict.fromkeys(name for part in parts for name in part.columns))

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self._names:
            raise KeyError(name)
        values: list[Any] = []
        for part in self._parts:
            values += part.columns[name] if name in part.columns else [None] * len(part.lines)
        return values if self._rows is None else [values[row] for row in self._rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _lines(source: Source, kind: Format, texts: Sequence[str], wanted: Collection[str]) -> Joined:
    """Texts one after the other: sentences of parts are parted, a header that each part has stands once."""
    header = kind in ("csv", "tsv") and read_table(source.paths[0], kind, texts[0], wanted=wanted).header
    heads = 2 if texts[0][:4].lower() == "sep=" else 1  # a first line that tells spreadsheets the delimiter
    first = _first_lines(texts[0], heads)
    kept: list[str] = []
    before = [0]
    for path, text in zip(source.paths, texts, strict=True):
        if header and kept:
            if _first_lines(text, heads) != first:
                problem = say(
                    "begins with another line than the part {name}, whose first line names the ",
                    name=source.paths[0].name,
                )
                problem += say("columns; give each part the same, or join the parts into one file")
                raise InputError(problem, where=f"{path}:1")
            text = "\n" * heads + text.split("\n", heads)[-1] if text.count("\n") >= heads else "\n" * heads
        text = text if text.endswith("\n") else f"{text}\n"
        kept.append(f"{text}\n" if kind in ("conll", "conllu") else text)
        before.append(before[-1] + kept[-1].count("\n"))
    return Joined(source, kind, "".join(kept), before=tuple(before[:-1]))


def _first_lines(text: str, count: int) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n", count)[:count]]


@contextmanager
def told_in_parts(splits: Mapping[SplitName, Joined]) -> Iterator[None]:
    """Errors in the block are reported with the names and lines of the parts."""
    try:
        yield
    except InputError as error:
        problem, where = (_told(text, splits) for text in (error.message, error.where or ""))
        raise InputError(problem, where=where or None) from None


def dataset_in_parts(dataset: Dataset, splits: Mapping[SplitName, Joined]) -> Dataset:
    """The data set with each example's place named in its part."""
    if not any(one.before for one in splits.values()):
        return dataset
    known = {f"{one.source.shown}:": one for one in splits.values() if one.before}

    def placed(example: Example) -> Example:
        name, colon, line = example.where.rpartition(":")
        one = known.get(name + colon)
        return example if one is None else replace(example, where=one.place(int(line)))

    return replace(
        dataset,
        train=tuple(map(placed, dataset.train)),
        dev=tuple(map(placed, dataset.dev)),
        test=tuple(map(placed, dataset.test)),
        notes=tuple(_told(line, splits) for line in dataset.notes),
    )


def _told(text: str, splits: Mapping[SplitName, Joined]) -> str:
    """A text in which places of the whole are named in their parts."""
    for one in splits.values():
        if one.before:
            pieces = re.split(re.escape(str(one.source.shown)) + r":(\d+)", text)
            text = "".join(one.place(int(piece)) if at % 2 else piece for at, piece in enumerate(pieces))
    return text
