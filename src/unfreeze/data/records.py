"""Records with typed values from jsonl, parquet and Arrow files, column by column; what they mean is decided above."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unfreeze.data.arrow import read_arrow
from unfreeze.data.text_files import Format, lines_of
from unfreeze.errors import InputError


@dataclass(frozen=True)
class Records:
    """A file's records, their values as the file types them.

    Attributes:
        columns: name to its values, one a record; None where a record has no value.
        lines: line (parquet, Arrow: row) of the file at which each record is, from 1.
        class_names: columns whose whole numbers stand for classes (in lists too), with the names in order; -1 and None
            are no class there.
        nested: columns that hold lists or objects.
    """

    path: Path
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nested: frozenset[str] = frozenset()


def read_records(path: Path, kind: Format, text: str) -> Records:
    """Read a jsonl, parquet or Arrow file.

    Args:
        text: the content of a jsonl file.

    Raises:
        InputError: broken JSON, parquet or Arrow; a line that is not an object; with parquet and Arrow also when a
            column is asked for whose values cannot be read.
    """
    if kind == "jsonl":
        return _jsonl(path, text)
    found = read_arrow(path)
    return Records(path, found.columns, range(1, found.rows + 1), found.class_names, found.nested)


def _columns(records: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    names = {key: None for record in records for key in record}
    return {name: [record.get(name) for record in records] for name in names}


def _jsonl(path: Path, text: str) -> Records:
    records, lines = [], []
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            problem = f"is no JSON ({error.msg}); one JSON object a line is expected"
            raise InputError(problem, where=f"{path}:{number}") from None
        if "\\u" in line and not _is_text(record):
            problem = "holds half of a pair of \\u escapes, which is no character; mend or remove it"
            raise InputError(problem, where=f"{path}:{number}")
        if not isinstance(record, dict):
            problem = f"found a JSON {type(record).__name__}; one JSON object a line is expected"
            raise InputError(problem, where=f"{path}:{number}")
        records.append(record)
        lines.append(number)
    columns = _columns(records)
    nested = frozenset(name for name, values in columns.items() if any(isinstance(v, (list, dict)) for v in values))
    return Records(path, columns, lines, nested=nested)


def _is_text(record: object) -> bool:
    """Whether JSON holds only characters: its escapes can spell surrogates that stand alone."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
