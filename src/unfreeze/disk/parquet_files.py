"""Parquet files of a few columns, written whole and read with their types checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from unfreeze.disk.json_files import in_words
from unfreeze.errors import InputError
from unfreeze.language.message import say

Kind = Literal["text", "text or none", "number", "numbers", "texts or none", "label"]
"""The kind of a column's cells; `numbers` are equally many in each, a label is a text, a number, or several texts."""


Cells = Sequence[Any] | npt.NDArray[np.float32]
"""Cells of a column to be written."""


def read_columns(path: Path, columns: Mapping[str, Kind], optional: Mapping[str, Kind] | None = None) -> dict[str, Any]:
    """Columns as lists of texts, of numbers, or of lists of texts, and arrays (rows, N); others are ignored.

    Args:
        columns: names and what their cells are. optional: those that may be missing.

    Raises:
        InputError: the file is missing, torn or not Parquet, or a column is missing or of another kind.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            there = set(file.schema_arrow.names)
            wanted = {**columns, **{name: kind for name, kind in (optional or {}).items() if name in there}}
            if lacking := [name for name in wanted if name not in there]:
                raise InputError(say("has no column '{lacking}'", lacking=lacking[0]), where=str(path))
            table = file.read(list(wanted))
            table.validate(full=True)
            return {name: _cells(table[name], kind, f"{path}: column '{name}'") for name, kind in wanted.items()}
    except (OSError, ValueError, TypeError, KeyError, MemoryError, pa.ArrowException) as error:
        problem = getattr(error, "strerror", None) or in_words(error)
        raise InputError(say("cannot be read: {problem}", problem=problem), where=str(path)) from None


def _cells(column: Any, kind: Kind, where: str) -> Any:
    found = next((what for what, is_one in _kinds().items() if is_one(column.type)), None)
    allowed = _ALLOWED[kind]
    if found not in allowed:
        raise InputError(say("contains {type}, not {allowed}", type=column.type, allowed=allowed[0]), where=where)
    if column.null_count and not kind.endswith("or none"):
        raise InputError(say("has {null_count} empty cells", null_count=column.null_count), where=where)
    if found == "texts":
        return _texts_of_lists(column, where)
    if found == "numbers":
        return _rows_of_numbers(column, where)
    return _same(column) if found == "text" else list(column.to_pylist())


_ALLOWED: Mapping[Kind, tuple[str, ...]] = {
    "text": ("text",), "text or none": ("text", "nothing"), "number": ("number",), "numbers": ("numbers",),
    "texts or none": ("texts", "nothing"), "label": ("text", "number", "texts"),
}  # fmt: skip


def _kinds() -> dict[str, Callable[[Any], bool]]:
    from pyarrow import types as of

    def text(kind: Any) -> bool:
        plain = kind.value_type if of.is_dictionary(kind) else kind
        return bool(of.is_string(plain) or of.is_large_string(plain))

    def text_or_none(kind: Any) -> bool:
        return text(kind) or bool(of.is_null(kind))  # where every list is empty

    return {
        "text": text,
        "number": lambda kind: of.is_floating(kind) or of.is_integer(kind),
        "numbers": lambda kind: of.is_fixed_size_list(kind) and of.is_float32(kind.value_type),
        "texts": lambda kind: (of.is_list(kind) or of.is_large_list(kind)) and text_or_none(kind.value_type),
        "nothing": of.is_null,
    }


def _texts_of_lists(column: Any, where: str) -> list[Any]:
    if any(chunk.flatten().null_count for chunk in column.chunks):
        raise InputError("has empty cells in its lists", where=where)
    return column.to_pylist()  # type: ignore[no-any-return]


def _rows_of_numbers(column: Any, where: str) -> Any:
    """(rows, numbers of a row) float32."""
    flat = [chunk.flatten() for chunk in column.chunks]
    if any(chunk.null_count for chunk in flat):
        raise InputError("has empty cells in its lists", where=where)
    values = [chunk.to_numpy() for chunk in flat]
    return np.concatenate([np.zeros(0, np.float32), *values]).reshape(len(column), column.type.list_size)


def _same(column: Any) -> list[Any]:
    """Texts; equal ones, such as classes, are rarely two objects."""
    found: list[Any] = []
    for chunk in column.chunks:
        encoded = chunk if hasattr(chunk, "dictionary") else chunk.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        found += [None if index is None else texts[index] for index in encoded.indices.to_pylist()]
    return found


def write_columns(path: Path, columns: Mapping[str, Cells]) -> None:
    """Write columns of equal length to `path`, which should be a hidden name until this has returned.

    Args:
        columns: names to cells; an array (rows, N) is a column of N numbers a row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({name: _written(cells) for name, cells in columns.items()}), path, compression="zstd")


def _written(cells: Cells) -> Any:
    import pyarrow as pa

    if isinstance(cells, np.ndarray) and cells.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(cells.ravel()), cells.shape[1])
    return pa.array(cells)
