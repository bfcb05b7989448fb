"""Parquet and Arrow files: values as written, columns on demand, and one line about whatever is wrong."""

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

from unfreeze.data.arrow import read_arrow
from unfreeze.errors import InputError

TABLE = pyarrow.table({"text": ["good", None, "bad"], "label": [1, 0, 1], "tags": [["a"], [], None]})


def written(folder: Path, name: str, table: pyarrow.Table = TABLE) -> Path:
    """The table in the format that the name tells."""
    path = folder / name
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    elif path.suffix == ".feather":
        pyarrow.feather.write_feather(table, path, compression="zstd")
    else:
        make = pyarrow.ipc.new_stream if "stream" in name else pyarrow.ipc.new_file
        with make(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    return path


NAMES = ["a.parquet", "a.feather", "file.arrow", "stream.arrow", "stream.arrows", "file.ipc"]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_values_written(tmp_path: Path, name: str) -> None:
    found = read_arrow(written(tmp_path, name))
    assert {column: list(values) for column, values in found.columns.items()} == TABLE.to_pydict()
    assert (found.rows, found.nested, dict(found.class_names)) == (3, {"tags"}, {})


@pytest.mark.parametrize("name", ["a.parquet", "stream.arrow", "a.feather"])
def test_names_of_class_numbers_are_found(tmp_path: Path, name: str) -> None:
    features = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    found = read_arrow(written(tmp_path, name, TABLE.replace_schema_metadata(metadata)))
    assert dict(found.class_names) == {"label": ("neg", "pos")}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError) as caught:
            read_arrow(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 500


def test_a_column_name_that_occurs_twice(tmp_path: Path) -> None:
    twice = pyarrow.Table.from_arrays([pyarrow.array(["a"])] * 2, names=["label", "label"])
    for name in ("a.parquet", "file.arrow"):
        with pytest.raises(InputError, match="column 'label' occurs twice"):
            read_arrow(written(tmp_path, name, twice))


def test_feathers_first_version_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.feather").write_bytes(b"FEA1" + bytes(60) + b"FEA1")
    with pytest.raises(InputError, match="Feather's first version"):
        read_arrow(tmp_path / "a.feather")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_arrow(tmp_path / "no.parquet")


def test_a_path_with_an_equals_sign_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "lang=en").mkdir()
    assert list(read_arrow(written(tmp_path / "lang=en", "a.parquet")).columns) == ["text", "label", "tags"]


def test_what_cannot_be_read_stops_only_who_asks_for_it(tmp_path: Path) -> None:
    offsets = pyarrow.py_buffer(b"\0\0\0\0\1\0\0\0")
    damaged = pyarrow.Array.from_buffers(pyarrow.string(), 1, [None, offsets, pyarrow.py_buffer(b"\xff")])
    late = pyarrow.array([2**30], pyarrow.date32())
    found = read_arrow(written(tmp_path, "a.parquet", pyarrow.table({"text": ["a"], "raw": damaged, "day": late})))
    assert (found.columns["text"], found.columns["raw"]) == (["a"], [b"\xff"])
    with pytest.raises(InputError, match="column 'day' cannot be read: a date or time is past the year 9999"):
        found.columns["day"]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([0.1, None, 16777216.0], pyarrow.float32(), [0.1, None, 16777216.0]),
        ([2**64 - 1], pyarrow.uint64(), [2**64 - 1]),
        (["a", None], pyarrow.string_view(), ["a", None]),
        (["a", "a"], pyarrow.dictionary(pyarrow.int8(), pyarrow.large_string()), ["a", "a"]),
        ([1], pyarrow.timestamp("ns"), ["1970-01-01T00:00:00.000000001"]),
        ([10**9], pyarrow.timestamp("ns"), [datetime.datetime(1970, 1, 1, 0, 0, 1)]),
        ([1], pyarrow.time64("ns"), ["00:00:00.000000001"]),
        ([1, 86_400 * 10**9, None], pyarrow.duration("ns"), ["P0DT0.000000001S", "P1DT0S", None]),
        ([-1_500, 90_061_500], pyarrow.duration("ms"), ["-P0DT1.500S", "P1DT3661.500S"]),
        ([0.1, 0.1], pyarrow.dictionary(pyarrow.int8(), pyarrow.float32()), [0.1, 0.1]),
        ([0.1, 0.1], pyarrow.run_end_encoded(pyarrow.int16(), pyarrow.float32()), [0.1, 0.1]),
        ([(1, 2, 3)], pyarrow.month_day_nano_interval(), ["P1M2DT0.000000003S"]),
    ],
)
def test_types(tmp_path: Path, values: list[Any], kind: pyarrow.DataType, expected: list[Any]) -> None:
    table = pyarrow.table({"x": pyarrow.array(values, kind)})
    assert read_arrow(written(tmp_path, "file.arrow", table)).columns["x"] == expected


def test_a_dictionary_of_times_finer_than_pythons(tmp_path: Path) -> None:
    times = pyarrow.array([1, 1], pyarrow.timestamp("ns")).dictionary_encode()
    found = read_arrow(written(tmp_path, "file.arrow", pyarrow.table({"x": times})))
    assert found.columns["x"] == ["1970-01-01T00:00:00.000000001"] * 2


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pyarrow.list_(pyarrow.timestamp("ns")), [datetime.datetime(1970, 1, 1, 0, 0, 1)]),
        (
            pyarrow.large_list(pyarrow.timestamp("ns", "UTC")),
            [datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=datetime.UTC)],
        ),
        (pyarrow.list_(pyarrow.timestamp("ns"), 1), [datetime.datetime(1970, 1, 1, 0, 0, 1)]),
        (pyarrow.list_(pyarrow.duration("ns")), [datetime.timedelta(seconds=1)]),
    ],
)
def test_times_inside_of_lists_are_pythons_own(kind: pyarrow.DataType, expected: list[Any], tmp_path: Path) -> None:
    """Whether or not pandas is installed, of whose values pyarrow would else make them."""
    values = pyarrow.array([[1_000_000_000]] * 2, kind)
    pyarrow.parquet.write_table(pyarrow.table({"x": values}), tmp_path / "a.parquet")
    for row in read_arrow(tmp_path / "a.parquet").columns["x"]:
        assert list(row) == expected
        assert [type(value) for value in row] == [type(value) for value in expected]


def test_times_inside_of_records_are_pythons_own(tmp_path: Path) -> None:
    kind = pyarrow.struct([("when", pyarrow.timestamp("ns")), ("who", pyarrow.string())])
    pyarrow.parquet.write_table(
        pyarrow.table({"x": pyarrow.array([{"when": 1_000, "who": "a"}], kind)}), tmp_path / "a.parquet"
    )
    (row,) = read_arrow(tmp_path / "a.parquet").columns["x"]
    assert row == {"when": datetime.datetime(1970, 1, 1, 0, 0, 0, 1), "who": "a"}
    assert type(row["when"]) is datetime.datetime
