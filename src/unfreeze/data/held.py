"""Labelled data that a program holds, as files that are read like any others: frames, Arrow tables, `datasets`, lists.

What is held is written once, as Parquet, into a folder named by its content. So the same data are the same files at
the next start, by which a comparison is resumed, and all that is checked and guessed of files is checked of these. No
package of frames is imported here: each is known by what it can do.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unfreeze.data.examples import SPLITS
from unfreeze.data.split_names import split_of
from unfreeze.disk.files import new_folder
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say

GIVEN = "given"
"""The folder of these files among what can be fetched or computed again."""
FORMS = (
    "a file, a folder, a pandas or polars frame, a pyarrow table, a Dataset or DatasetDict, (texts, labels), rows as "
    "dictionaries, columns as a dictionary of lists, or a dictionary of these by split"
)


def is_held(data: object) -> bool:
    """Whether data are something else than the name of a file or folder."""
    return data is not None and not isinstance(data, str | os.PathLike)


def kept(data: object, folder: Path, where: str = "data") -> Path:
    """The file, or the folder of one file a split, in which held data are kept below `folder`.

    Raises:
        InputError: they have another form than `FORMS`, or an unknown split.
    """
    tables = _splits(data, where)
    path = folder / _digest(tables)
    if not path.exists():
        with new_folder(path) as unfinished:
            for name, table in tables.items():
                pq.write_table(table, unfinished / f"{name}.parquet")
    return path / "data.parquet" if set(tables) == {"data"} else path


def _splits(data: object, where: str) -> dict[str, pa.Table]:
    """Split to table; `data` alone where there are no splits."""
    if isinstance(data, Mapping) and data and not any(_is_column(value) for value in data.values()):
        unknown = [str(name) for name in data if split_of(str(name)) is None]
        if unknown:
            problem = say(
                "'{unknown}' is not a split; known: {splits}, and their usual other names",
                unknown=shown(unknown[0]),
                splits=listed(SPLITS),
            )
            raise InputError(problem, where=where)
        return {str(name): _table(value, f"{where}[{name!r}]") for name, value in data.items()}
    return {"data": _table(data, where)}


def _is_column(value: object) -> bool:
    """Whether it is the values of a column: a sequence of numbers, texts, lists of words or pairs, not of rows."""
    if isinstance(value, str | bytes | tuple) or not isinstance(value, Sequence):
        return hasattr(value, "tolist") and not hasattr(value, "columns")
    return not value or not isinstance(value[0], Mapping)


def _table(data: Any, where: str) -> pa.Table:
    try:
        table = _as_arrow(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        line = " ".join(str(error).split())
        raise InputError(say("cannot be read as a table: {line}", line=line), where=where) from None
    if table is None:
        raise InputError(
            say("is of type {name}, which is not read; known: {forms}", name=type(data).__name__, forms=FORMS),
            where=where,
        )
    if table.num_rows == 0:
        raise InputError("has no rows", where=where)
    return table


def _as_arrow(data: Any) -> pa.Table | None:
    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "with_format") and hasattr(data, "features"):  # datasets.Dataset, with its names of classes
        columns = data.with_format("arrow")[:]
        return columns.replace_schema_metadata(data.features.arrow_schema.metadata)
    if hasattr(data, "collect") and hasattr(data, "collect_schema"):  # polars.LazyFrame
        data = data.collect()
    if hasattr(data, "to_arrow"):  # polars.DataFrame
        return data.to_arrow()
    if hasattr(data, "iloc") and hasattr(data, "columns"):  # pandas.DataFrame
        return pa.Table.from_pandas(data, preserve_index=False).replace_schema_metadata(None)
    if isinstance(data, Mapping):
        return pa.table({str(name): _values(column) for name, column in data.items()})
    if isinstance(data, tuple) and len(data) == 2:
        return _texts_and_labels(*data)
    if isinstance(data, Sequence) and not isinstance(data, str | bytes) and data and isinstance(data[0], Mapping):
        return pa.Table.from_pylist([dict(row) for row in data])
    return None


def _texts_and_labels(texts: Any, labels: Any) -> pa.Table:
    texts, labels = _values(texts), _values(labels)
    if len(texts) != len(labels):
        raise ValueError(f"there are {len(texts):,} texts and {len(labels):,} labels")
    if all(isinstance(text, tuple) and len(text) == 2 for text in texts):
        return pa.table({"text": [a for a, _ in texts], "text_b": [b for _, b in texts], "label": labels})
    if all(isinstance(text, list) for text in texts) and texts:
        return pa.table({"tokens": texts, "tags": labels})
    return pa.table({"text": texts, "label": labels})


def _values(column: Any) -> list[Any]:
    """Of a list, an array or a series."""
    return list(column.tolist() if hasattr(column, "tolist") else column)


def _digest(tables: Mapping[str, pa.Table]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name, table in sorted(tables.items()):
        digest.update(name.encode())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        digest.update(sink.getvalue())
    return digest.hexdigest()
