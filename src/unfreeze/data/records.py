"""Records with typed values from jsonl, parquet and Arrow files, column by column; what they mean is decided above."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unfreeze.data.text_files import Format, lines_of
from unfreeze.errors import InputError


@dataclass(frozen=True)
class Records:
    """A file's records, their values as the file types them.

    Attributes:
        columns: name to its values, one a record; None where a record has no value.
        lines: line (parquet, Arrow: row) of the file at which each record is, from 1.
        class_names: columns whose whole numbers stand for classes (in lists too), with the names in order.
    """

    path: Path
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_records(path: Path, kind: Format, text: str) -> Records:
    """Read a jsonl or parquet file.

    Args:
        text: the content of a jsonl file.

    Raises:
        InputError: broken JSON or parquet; a line that is not an object.
    """
    return _parquet(path) if kind == "parquet" else _jsonl(path, text)


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
    return Records(path, _columns(records), lines)


def _is_text(record: object) -> bool:
    """Whether JSON holds only characters: its escapes can spell surrogates that stand alone."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _parquet(path: Path) -> Records:
    import pyarrow  # costs a noticeable part of a second, and few files need it
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
        columns = {name: table[name].to_pylist() for name in table.column_names}
    except FileNotFoundError:
        raise InputError("no such file; check the path", where=str(path)) from None
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"is no readable parquet file: {str(error).splitlines()[0]}", where=str(path)) from None
    return Records(path, columns, range(1, len(table) + 1))
