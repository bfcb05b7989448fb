"""Columns of parquet and Arrow files: damage is reported, and values are made when a column is asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from unfreeze.data.class_names import names_in_schema
from unfreeze.errors import InputError
from unfreeze.language.message import say

T = TypeVar("T")
_STREAM_END = b"\xff\xff\xff\xff\x00\x00\x00\x00", b"\x00\x00\x00\x00"
"""How writers close an Arrow stream: since format 0.15, and before."""


@dataclass(frozen=True)
class ArrowColumns:
    """A file's columns.

    Attributes:
        columns: name to its values; they are made again each time that a column is asked for.
        rows: number of rows.
        nested: columns of lists, structs and maps.
        class_names: columns whose numbers stand for classes, with the names in order.
    """

    columns: Mapping[str, Sequence[Any]]
    rows: int
    nested: frozenset[str]
    class_names: Mapping[str, tuple[str, ...]]


def read_arrow(path: Path) -> ArrowColumns:
    """Read a parquet file, or an Arrow file or stream (Feather's second version is an Arrow file).

    Raises:
        InputError: a missing, torn or damaged file, or a column name that occurs twice.
    """
    parquet = _is_parquet(path)
    return _columns_of(path, _guarded(path, _unreadable(path), lambda: _table(path, parquet)))


def arrow_parts(path: Path, rows: int) -> Iterator[tuple[ArrowColumns, int]]:
    """Such a file in parts of at most `rows` rows, in flat memory; with each, how many rows stand before it.

    Raises:
        InputError: as `read_arrow`.
    """
    import pyarrow

    batches, before = _batches(path, rows), 0
    while (batch := _guarded(path, _unreadable(path), lambda: next(batches, None))) is not None:
        table = _with_texts_as_names(pyarrow.Table.from_batches([batch]))
        for start in range(0, len(table), rows):
            part = table.slice(start, rows)
            yield _columns_of(path, part), before
            before += len(part)


def _batches(path: Path, rows: int) -> Iterator[Any]:
    import pyarrow.parquet

    kind = _kind(path, _is_parquet(path))
    if kind == "parquet":
        with pyarrow.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            yield from file.iter_batches(batch_size=rows)
        return
    with pyarrow.OSFile(str(path)) as source:
        if kind == "file":
            reader = pyarrow.ipc.open_file(source)
            yield from map(reader.get_batch, range(reader.num_record_batches))
        else:
            yield from pyarrow.ipc.open_stream(source)
            _check_end(path)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def _unreadable(path: Path) -> str:
    return say("is not a readable {path} file", path="parquet" if _is_parquet(path) else "Arrow")


def _columns_of(path: Path, table: Any) -> ArrowColumns:
    columns = Columns(path, table)
    twice = [name for name, count in Counter(iter(columns)).items() if count > 1]
    if twice:
        raise InputError(say("column '{twice}' occurs twice; rename one", twice=twice[0]), where=str(path))
    nested = frozenset(field.name for field in table.schema if _is_nested(field.type))
    nested |= {f.name for f in table.schema if _is_json(f.type) and any(map(_is_list, columns[f.name]))}
    named = names_in_schema(table.schema.metadata)
    return ArrowColumns(columns, len(table), nested, named)


def _guarded(path: Path, problem: str, read: Callable[[], T]) -> T:
    """What `read` gives; whatever it finds wrong with the file is bad input, reported in one line."""
    import pyarrow  # costs a noticeable part of a second, and few files need it

    try:
        return read()
    except FileNotFoundError:
        raise InputError("no such file; check the path", where=str(path)) from None
    except (
        OSError,
        ValueError,
        ArithmeticError,
        LookupError,
        TypeError,
        MemoryError,
        RecursionError,
        pyarrow.ArrowException,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(say("{problem}: {reason}", problem=problem, reason=reason[:200]), where=str(path)) from None


def _table(path: Path, parquet: bool) -> Any:
    return _with_texts_as_names(_unchecked(path, parquet))


def _with_texts_as_names(table: Any) -> Any:
    for field in table.schema:
        field.name.encode()  # decoded only here: a damaged name is not text
    return table


def _unchecked(path: Path, parquet: bool) -> Any:
    import pyarrow.compute
    import pyarrow.parquet

    kind = _kind(path, parquet)
    if kind == "parquet":
        # `read_table` would take `lang=en/` in the path for a column.
        with pyarrow.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            return file.read()
    with pyarrow.OSFile(str(path)) as source:
        if kind == "file":
            return pyarrow.ipc.open_file(source).read_all()
        table = pyarrow.ipc.open_stream(source).read_all()
    _check_end(path)
    return table


def _kind(path: Path, parquet: bool) -> Literal["parquet", "file", "stream"]:
    """What a file is by its first bytes, whatever its name."""
    with path.open("rb") as opened:
        start = opened.read(8)
    if start.startswith(b"FEA1"):
        raise ValueError("it is Feather's first version, which Arrow no longer supports; save it again as parquet")
    if start.startswith(b"ARROW1"):
        return "file"
    return "parquet" if parquet or start.startswith(b"PAR1") else "stream"


def _check_end(path: Path) -> None:
    with path.open("rb") as opened:
        opened.seek(max(0, path.stat().st_size - 8))
        if not opened.read().endswith(_STREAM_END):
            raise ValueError("the stream has no end mark, so rows may be missing; save it again")


def _is_nested(kind: Any) -> bool:
    import pyarrow

    if isinstance(kind, pyarrow.BaseExtensionType):
        return _is_nested(kind.storage_type)
    if pyarrow.types.is_dictionary(kind) or pyarrow.types.is_run_end_encoded(kind):
        return _is_nested(kind.value_type)
    return bool(pyarrow.types.is_nested(kind))


def _is_json(kind: Any) -> bool:
    import pyarrow

    return isinstance(kind, pyarrow.JsonType)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, dict))


class Columns(Mapping[str, Sequence[Any]]):
    """A table's columns as Python values: made when asked for, so that a column without use costs nothing."""

    def __init__(self, path: Path, table: Any) -> None:
        self._path, self._table = path, table

    def __getitem__(self, name: str) -> list[Any]:
        at = self._table.schema.get_field_index(name)
        if at < 0:
            raise KeyError(name)
        return _guarded(
            self._path, say("column '{name}' cannot be read", name=name), lambda: _values(self._table.column(at))
        )

    def first(self, name: str, count: int) -> list[Any]:
        """The values of the first rows."""
        column = self._table.column(self._table.schema.get_field_index(name)).slice(0, count)
        return _guarded(self._path, say("column '{name}' cannot be read", name=name), lambda: _values(column))

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.column_names)

    def __len__(self) -> int:
        return int(self._table.num_columns)


def _values(column: Any) -> list[Any]:
    """Values of a column whose buffers were checked: damaged offsets would read memory that is not the file's."""
    import pyarrow
    from pyarrow import types

    try:
        column.validate(full=True)
    except pyarrow.ArrowInvalid:
        if not (types.is_string(column.type) or types.is_large_string(column.type)):
            raise
        column = column.cast(pyarrow.binary() if types.is_string(column.type) else pyarrow.large_binary())
        column.validate(full=True)  # then it is text that is not UTF-8, which is reported with its row where it is used
    column = _plain(column)
    if types.is_float16(column.type) or types.is_float32(column.type):
        # 0.1 of 32 bits is 0.1 for people, not 0.10000000149011612.
        return list(column.cast(pyarrow.string()).cast(pyarrow.float64()).to_pylist())
    if types.is_duration(column.type):
        return [value if value is None else _duration(value, column.type.unit) for value in _numbers(column)]
    if types.is_interval(column.type):
        return [v if v is None else f"P{v[0]}M{v[1]}DT{v[2] / 1e9:.9f}S" for v in column.to_pylist()]
    if _is_json(column.type):
        return [value if value is None else json.loads(value) for value in column.to_pylist()]
    try:
        return list(_to_microseconds(column).to_pylist())
    except (ValueError, OverflowError, pyarrow.ArrowException):
        if not types.is_temporal(column.type):
            raise
    return _finer_times(column)


def _to_microseconds(column: Any) -> Any:
    """A column whose times Python's own types can hold.

    Of times in nanoseconds pyarrow makes values of pandas where that is installed, which are written in another way.

    Raises:
        pyarrow.ArrowInvalid: a time is finer than that.
    """
    coarser = _coarser(column.type)
    return column if coarser == column.type else column.cast(coarser)


def _coarser(kind: Any) -> Any:
    """A type with microseconds in the place of nanoseconds, inside of lists and structs too."""
    import pyarrow
    from pyarrow import types

    if types.is_timestamp(kind) and kind.unit == "ns":
        return pyarrow.timestamp("us", kind.tz)
    if types.is_duration(kind) and kind.unit == "ns":
        return pyarrow.duration("us")
    if types.is_time64(kind) and kind.unit == "ns":  # with pandas, what is finer is cut off
        return pyarrow.time64("us")
    if types.is_struct(kind):
        return pyarrow.struct([field.with_type(_coarser(field.type)) for field in kind])
    if types.is_fixed_size_list(kind):
        return pyarrow.list_(kind.value_field.with_type(_coarser(kind.value_type)), kind.list_size)
    if types.is_large_list(kind):
        return pyarrow.large_list(kind.value_field.with_type(_coarser(kind.value_type)))
    if types.is_list(kind):
        return pyarrow.list_(kind.value_field.with_type(_coarser(kind.value_type)))
    return kind


def _plain(column: Any) -> Any:
    """A column without dictionary or runs, where its values are not what pyarrow gives for them."""
    import pyarrow
    from pyarrow import types

    if types.is_run_end_encoded(column.type):
        decoded = [pyarrow.compute.run_end_decode(chunk) for chunk in column.chunks]
        return pyarrow.chunked_array(decoded, column.type.value_type)
    if types.is_dictionary(column.type) and (
        types.is_floating(column.type.value_type) or types.is_temporal(column.type.value_type)
    ):
        return column.cast(column.type.value_type)
    return column


def _numbers(column: Any) -> list[int | None]:
    import pyarrow

    return list(column.cast(pyarrow.int64()).to_pylist())


def _duration(count: int, unit: str) -> str:
    """A duration in the form of ISO 8601, days and seconds."""
    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]
    seconds, fraction = divmod(abs(count), 10**digits)
    days, seconds = divmod(seconds, 86400)
    text = f"{seconds}.{fraction:0{digits}}" if fraction else f"{seconds}"
    return f"{'-' if count < 0 else ''}P{days}DT{text}S"


def _finer_times(column: Any) -> list[str | None]:
    """Times finer than Python's, as text in the form of ISO 8601."""
    import pyarrow

    texts = column.cast(pyarrow.string()).to_pylist()
    if any(text and text.startswith("<") for text in texts):
        raise ValueError("a date or time is past the year 9999, or before the year 1")
    return [text and text.replace(" ", "T") for text in texts]
