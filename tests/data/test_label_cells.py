"""Label columns of typed files: types, class names, rows without a label, and files that write them differently."""

import datetime
import json
import math
import tempfile
import uuid
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unfreeze.data.examples import Dataset, SplitName
from unfreeze.data.label_cells import named_labels
from unfreeze.data.read import read_dataset
from unfreeze.errors import InputError

CLASSES = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}


def parquet(path: Path, values: Any, features: Any = None, kind: pyarrow.DataType | None = None) -> Path:
    """Labels, each beside a text of its own; `features` as `datasets` describes them."""
    labels = values if isinstance(values, pyarrow.Array) else pyarrow.array(values, kind)
    table = pyarrow.table({"text": [f"text {i}" for i in range(len(labels))], "label": labels})
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pyarrow.parquet.write_table(table, path)
    return path


def jsonl(path: Path, values: Sequence[Any]) -> Path:
    rows = [json.dumps({"text": f"text {i}", "label": value}) for i, value in enumerate(values)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def labels(dataset: Dataset, split: SplitName = "train") -> list[Any]:
    return [example.label for example in dataset.split(split)]


def read(train: Path, test: Path | None = None) -> Dataset:
    """With dev the same as train, so that nothing is cut from train when there is a test file."""
    return read_dataset(None, train=train, dev=train, test=test or train)


ARRAYS = [
    (pyarrow.array([b"pos", b"neg"], pyarrow.large_binary()), ["pos", "neg"]),
    (pyarrow.array([b"pos", b"neg"], pyarrow.binary(3)), ["pos", "neg"]),
    (pyarrow.array([b"pos", b"neg"]).dictionary_encode(), ["pos", "neg"]),
    (pyarrow.array(["pos", "neg"], pyarrow.string_view()), ["pos", "neg"]),
    (pyarrow.array([Decimal("1.00"), Decimal("0.00")]), ["1", "0"]),
    (pyarrow.array([1.0, 0.0], pyarrow.float16()), ["1", "0"]),
    (pyarrow.array([2**64 - 1, 0], pyarrow.uint64()), [str(2**64 - 1), "0"]),
    (pyarrow.array([True, False]), ["true", "false"]),
    (pyarrow.ExtensionArray.from_storage(pyarrow.bool8(), pyarrow.array([1, 0], pyarrow.int8())), ["true", "false"]),
    (pyarrow.array(['"pos"', '"neg"'], pyarrow.json_()), ["pos", "neg"]),
    (pyarrow.array([bytes(16), bytes([17] * 16)], pyarrow.uuid()), [str(uuid.UUID(c * 32)) for c in "01"]),
    (pyarrow.array([datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)]), ["2020-01-01", "2021-01-01"]),
    (pyarrow.array([0, 10**9], pyarrow.timestamp("ns")), ["1970-01-01T00:00:00", "1970-01-01T00:00:01"]),
    (pyarrow.array([0, 1], pyarrow.duration("s")), ["P0DT0S", "P0DT1S"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), ARRAYS, ids=lambda part: str(getattr(part, "type", "")))
def test_every_type_of_a_column(tmp_path: Path, values: pyarrow.Array, expected: list[str]) -> None:
    assert labels(read(parquet(tmp_path / "a.parquet", values))) == expected


def test_run_ends_in_an_arrow_file(tmp_path: Path) -> None:
    runs = pyarrow.RunEndEncodedArray.from_arrays([2, 3], ["pos", "neg"])
    table = pyarrow.table({"text": ["a", "b", "c"], "label": runs})
    with pyarrow.ipc.new_file(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    assert labels(read(tmp_path / "a.arrow")) == ["pos", "pos", "neg"]


def test_decimals_and_text_are_scores(tmp_path: Path) -> None:
    for path in (
        parquet(tmp_path / "a.parquet", [Decimal("0.20"), Decimal("1.40")]),
        jsonl(tmp_path / "a.jsonl", ["0.2", "1.4"]),
        jsonl(tmp_path / "b.jsonl", [0.2, "1.4"]),
        parquet(tmp_path / "b.parquet", [0.2, 1.4], kind=pyarrow.float32()),
    ):
        assert labels(read(path)) == [0.2, 1.4]


@pytest.mark.parametrize("values", [[1, 0, 1.0, 0.0], [1, 0, "1", "0.0"], [1, 0, True, False], [1, 0, "true", "False"]])
def test_mixtures_that_are_safe(tmp_path: Path, values: list[Any]) -> None:
    dataset = read(jsonl(tmp_path / "a.jsonl", values))
    assert labels(dataset)[:2] == labels(dataset)[2:]
    assert len(set(labels(dataset))) == 2


NUMBERS = st.integers(-3, 3) | st.sampled_from([0.0, -0.0, 1.0, 2.0, 1e0]) | st.sampled_from(["0", "1.0", "2", "-1.00"])


@settings(max_examples=40)
@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_there_are_as_many_classes_as_numbers(values: list[Any]) -> None:
    values = [0, 1, *values]
    with tempfile.TemporaryDirectory() as folder:
        dataset = read(jsonl(Path(folder) / "a.jsonl", values))
    numbers = {Decimal(str(value)) for value in values}
    assert {Decimal(name) for name in dataset.labels.names} == numbers
    assert len(dataset.labels.names) == len(numbers)
    assert [Decimal(label) for label in labels(dataset)] == [Decimal(str(value)) for value in values]


@pytest.mark.parametrize(
    ("values", "line", "found"),
    [
        ([0, 1, "spam", 1], 3, "mixes 3 numbers (such as '0') and 1 text (such as 'spam')"),
        ([True, False, "maybe"], 3, "mixes 2 truth values (such as 'true') and 1 text (such as 'maybe')"),
        ([0, 1, 2, True], 4, "mixes 3 numbers (such as '0') and 1 truth value (such as 'true')"),
    ],
)
def test_mixtures_that_are_reported(tmp_path: Path, values: list[Any], line: int, found: str) -> None:
    with pytest.raises(InputError) as caught:
        read(jsonl(tmp_path / "a.jsonl", values))
    assert str(caught.value) == f"{tmp_path}/a.jsonl:{line}: column 'label' {found}; write all labels as one kind"


def test_rows_without_agreement_are_no_mixture(tmp_path: Path) -> None:
    assert labels(read(jsonl(tmp_path / "a.jsonl", [0, 1, "-"]))) == ["0", "1"]


@pytest.mark.parametrize("write", [parquet, jsonl])
def test_what_is_not_a_number_is_no_value(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path / f"a.{write.__name__}", [1.0, math.nan, 0.0, None])
    with pytest.raises(InputError, match=r":2: no value for 'label' in this row \(as in 2 of 4 rows\)"):
        read(path)


@pytest.mark.parametrize("label", ["\0", "\ufeff", " \u200b ", "\u00a0"])
def test_labels_that_nobody_sees_are_empty(tmp_path: Path, label: str) -> None:
    with pytest.raises(InputError, match=r":2: the label \(column 'label'\) is empty"):
        read(jsonl(tmp_path / "a.jsonl", ["a", label, "b"]))


def test_a_byte_order_mark_makes_no_class(tmp_path: Path) -> None:
    assert labels(read(jsonl(tmp_path / "a.jsonl", ["a", "\ufeffa", "b"]))) == ["a", "a", "b"]


def test_names_in_place_of_class_numbers(tmp_path: Path) -> None:
    dataset = read(parquet(tmp_path / "a.parquet", [0, 1, -1, None, 1], CLASSES))
    assert (labels(dataset), dataset.labels.names) == (["neg", "pos", "pos"], ("neg", "pos"))
    assert [line for line in dataset.notes if "no label" in line] == [
        f"{split}: 2 of 5 rows have no label (-1 or no value) and were left out." for split in ("train", "dev", "test")
    ]


def test_without_names_minus_one_is_a_class(tmp_path: Path) -> None:
    assert labels(read(parquet(tmp_path / "a.parquet", [0, 1, -1]))) == ["0", "1", "-1"]


def test_many_classes_with_numbers_as_names_are_no_scores(tmp_path: Path) -> None:
    features = {"label": {"names": [str(n) for n in range(100, 130)], "_type": "ClassLabel"}}
    dataset = read(parquet(tmp_path / "a.parquet", list(range(30)), features))
    assert (dataset.task.kind, labels(dataset)[:2]) == ("classification", ["100", "101"])


@pytest.mark.parametrize("number", [2, -2, 1000])
def test_a_number_without_a_name(tmp_path: Path, number: int) -> None:
    with pytest.raises(InputError, match=rf"parquet:2: '{number}' in column 'label' is not a class: .* 2 classes"):
        read(parquet(tmp_path / "a.parquet", [0, number], CLASSES))


def test_two_classes_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two classes of column 'label' have the name 'a'"):
        read(parquet(tmp_path / "a.parquet", [0, 1], {"label": {"names": ["a", "a"], "_type": "ClassLabel"}}))


def test_a_split_without_any_label(tmp_path: Path) -> None:
    train = parquet(tmp_path / "a.parquet", [0, 1], CLASSES)
    with pytest.raises(InputError, match=r"every row of test is without a label .*leave the file out"):
        read(train, parquet(tmp_path / "b.parquet", [-1, -1], CLASSES))


def test_names_of_the_training_file_serve_files_without(tmp_path: Path) -> None:
    train = parquet(tmp_path / "a.parquet", [0, 1], CLASSES)
    for test in (parquet(tmp_path / "b.parquet", [1.0, 0.0, -1.0]), jsonl(tmp_path / "b.jsonl", ["1", 0, -1])):
        dataset = read(train, test)
        assert labels(dataset, "test") == ["pos", "neg"]
        assert "test: class numbers were read with the names of the training file." in dataset.notes
    assert labels(read(train, jsonl(tmp_path / "c.jsonl", ["pos", "neg"])), "test") == ["pos", "neg"]
    turned = {"label": {"names": ["pos", "neg"], "_type": "ClassLabel"}}
    assert labels(read(train, parquet(tmp_path / "d.parquet", [0, 1], turned)), "test") == ["pos", "neg"]


def test_numbers_that_may_be_names_are_not_guessed(tmp_path: Path) -> None:
    train = parquet(tmp_path / "a.parquet", [0, 1], {"label": {"names": ["1", "2"], "_type": "ClassLabel"}})
    with pytest.raises(InputError, match="may be class numbers or names"):
        read(train, jsonl(tmp_path / "b.jsonl", [1, 1]))


def test_a_test_file_without_labels_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("id,text,target\n1,a,x\n2,b,y\n")
    (tmp_path / "test.csv").write_text("id,text\n3,c\n")
    with pytest.raises(InputError, match=r"test\.csv: no column 'target'.* leave the file out, and a test set is cut"):
        read_dataset(tmp_path)


def test_lists_in_the_label_column_of_another_split(tmp_path: Path) -> None:
    train = jsonl(tmp_path / "a.jsonl", ["x", "y"])
    with pytest.raises(InputError, match=r"b\.jsonl: column 'label' contains lists or objects"):
        read(train, jsonl(tmp_path / "b.jsonl", [["x"], ["y"]]))


def test_names_that_are_numerals_are_names_where_the_column_holds_texts() -> None:
    names = ["1", "2", "3"]
    assert named_labels(["1", "3", None, "2"], names, "label", str) == ["1", "3", None, "2"]
    assert named_labels([0, 2, None, 1], names, "label", str) == ["1", "3", None, "2"]
