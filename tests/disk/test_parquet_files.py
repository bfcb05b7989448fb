"""Columns come back as they were, and those of another kind are reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unfreeze.disk.parquet_files import Kind, read_columns, write_columns
from unfreeze.errors import InputError


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("text", ["a", "", "\u2028\n是"]),
        ("text or none", ["a", None]),
        ("text or none", [None, None]),
        ("number", [0.1 + 0.2, -0.0, 1e-300]),
        ("number", [1, 2]),
        ("texts or none", [["a", "b"], [], None]),
        ("texts or none", [[], []]),
        ("label", ["x", "y"]),
        ("label", [1.5, float("inf")]),
        ("label", [["O"], ["B-PER", "O"]]),
        ("text", []),
    ],
)
def test_columns_come_back(kind: Kind, cells: list[Any], tmp_path: Path) -> None:
    data: Any = cells or pa.array(cells, pa.string())
    write_columns(tmp_path / "x.parquet", {"c": data, "other": list(range(len(cells)))})
    assert read_columns(tmp_path / "x.parquet", {"c": kind}) == {"c": cells}
    assert read_columns(tmp_path / "x.parquet", {"c": kind}, {"none": "text"}) == {"c": cells}


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_rows_of_numbers_come_back_as_an_array(rows: int, tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((rows, 2), np.float32)
    write_columns(tmp_path / "x.parquet", {"c": values, "other": list(range(rows))})
    (found,) = read_columns(tmp_path / "x.parquet", {}, {"c": "numbers"}).values()
    assert found.dtype == np.float32
    assert np.array_equal(found, values)
    assert found.shape == values.shape


def test_rows_of_numbers_with_a_hole_are_reported(tmp_path: Path) -> None:
    for cells in ([[1.0, 2.0], [None, 3.0]], [[1.0, 2.0], None]):
        pq.write_table(pa.table({"c": pa.array(cells, pa.list_(pa.float32(), 2))}), tmp_path / "x.parquet")
        with pytest.raises(InputError, match="empty cells"):
            read_columns(tmp_path / "x.parquet", {"c": "numbers"})


@pytest.mark.parametrize(
    ("kind", "cells", "problem"),
    [
        ("text", [1, 2], "column 'c': contains int64, not text"),
        ("text", ["a", None], "column 'c': has 1 empty cells"),
        ("text", [["a"]], "column 'c': contains list<"),
        ("text", [b"a"], "column 'c': contains binary, not text"),
        ("text or none", [1.5], "column 'c': contains double, not text"),
        ("number", ["a"], "column 'c': contains string, not number"),
        ("number", [True], "column 'c': contains bool, not number"),
        ("number", [None, 1.0], "column 'c': has 1 empty cells"),
        ("numbers", [1.0], "column 'c': contains double, not numbers"),
        ("numbers", [[1.0, 2.0]], "column 'c': contains list<"),
        ("texts or none", ["a"], "column 'c': contains string, not texts"),
        ("texts or none", [["a", None]], "column 'c': has empty cells in its lists"),
        ("texts or none", [[1]], "column 'c': contains list<"),
        ("label", [None], "column 'c': contains null, not text"),
        ("label", [{"a": 1}], "column 'c': contains struct<"),
        ("label", [[["a"]]], "column 'c': contains list<"),
    ],
)
def test_columns_of_another_kind_are_reported(kind: Kind, cells: list[Any], problem: str, tmp_path: Path) -> None:
    write_columns(tmp_path / "x.parquet", {"c": cells})
    with pytest.raises(InputError) as raised:
        read_columns(tmp_path / "x.parquet", {"c": kind})
    assert str(raised.value).startswith(f"{tmp_path / 'x.parquet'}: {problem}")


def test_dictionaries_and_large_texts_are_texts_too(tmp_path: Path) -> None:
    for array in (pa.array(["a", "b", "a"]).dictionary_encode(), pa.array(["a", "b", "a"], pa.large_string())):
        pq.write_table(pa.table({"c": array}), tmp_path / "x.parquet")
        assert read_columns(tmp_path / "x.parquet", {"c": "label"}) == {"c": ["a", "b", "a"]}


def test_missing_column_file_and_torn_ones_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with pytest.raises(InputError, match=r"x\.parquet: cannot be read: "):
        read_columns(path, {"c": "text"})
    write_columns(path, {"c": ["a"]})
    with pytest.raises(InputError, match=r"x\.parquet: has no column 'd'"):
        read_columns(path, {"d": "text"})
    whole = path.read_bytes()
    for torn in (b"", whole[:-20], whole[:40], b"PAR1" + bytes(40) + b"PAR1", b"text\nof lines\n"):
        path.write_bytes(torn)
        with pytest.raises(InputError, match=r"x\.parquet: cannot be read: ") as raised:
            read_columns(path, {"c": "text"})
        assert "\n" not in str(raised.value)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match=r"x\.parquet: cannot be read: "):
        read_columns(path, {"c": "text"})


def test_flipped_bits_are_reported_or_change_a_text(tmp_path: Path) -> None:
    """Uncompressed, so that bits of the texts themselves are flipped too."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"c": ["first text", "second text"]}), path, compression="none", use_dictionary=False)
    whole, told = path.read_bytes(), 0
    for place in range(4, len(whole) - 8):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])
        try:
            read = read_columns(path, {"c": "text"})["c"]
        except InputError:
            told += 1
        else:
            assert all(isinstance(text, str) for text in read)
    assert told > 50
