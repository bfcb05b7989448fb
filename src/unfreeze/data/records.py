"""Records with typed values from jsonl, parquet and Arrow files, column by column; what they mean is decided above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unfreeze.data.arrow import Columns, read_arrow
from unfreeze.data.json_records import read_json
from unfreeze.data.text_files import Format


@dataclass(frozen=True)
class Records:
    """A file's records, their values as the file types them.

    Attributes:
        columns: name to its values, one a record; None where a record has no value.
        lines: line (parquet, Arrow: row) of the file at which each record is, from 1.
        class_names: columns whose whole numbers stand for classes (in lists too), with the names in order; -1 and None
            are not a class there.
        nested: columns with lists or objects.
        notes: how a file was read that does not have one object per line, in sentences.
    """

    path: Path
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nested: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def first(self, name: str, count: int) -> Sequence[Any]:
        """The values of the first records in a column; of parquet and Arrow no others are made."""
        if isinstance(self.columns, Columns):
            return self.columns.first(name, count)
        return self.columns[name][:count]


def read_records(path: Path, kind: Format, text: str) -> Records:
    """Read a jsonl, parquet or Arrow file.

    Args:
        text: the content of a jsonl file.

    Raises:
        InputError: broken JSON, parquet or Arrow; a line that is not an object; with parquet and Arrow also when a
            column is asked for whose values cannot be read.
    """
    if kind == "jsonl":
        columns, lines, said = read_json(path, text)
        nested = frozenset(name for name, values in columns.items() if any(isinstance(v, (list, dict)) for v in values))
        return Records(path, columns, lines, nested=nested, notes=(said,) if said else ())
    found = read_arrow(path)
    return Records(path, found.columns, range(1, found.rows + 1), found.class_names, found.nested)
