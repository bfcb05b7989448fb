"""Several labels a text, in every form that files have them in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unfreeze.data.examples import Dataset
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

KIND = "multilabel-classification"
SETS: list[list[str]] = [["war", "sport"], [], ["sport"], ["war"], ["war", "arts"], ["arts"]] * 5
EXPECTED = [tuple(sorted(labels)) for labels in SETS]


def jsonl(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def table(path: Path, header: str, rows: Sequence[str]) -> Path:
    path.write_text("\n".join([header, *rows, ""]))
    return path


def read(path: Path, **told: str) -> Dataset:
    """The file as all three splits, so that nothing is cut."""
    return read_dataset(None, train=path, dev=path, test=path, **told)


def labels(data: Dataset) -> list[Any]:
    return [e.label for e in data.train]


def test_a_list_column_beside_texts_is_certain_and_reported(tmp_path: Path) -> None:
    data = read(jsonl(tmp_path / "a.jsonl", [{"text": f"t{i}", "labels": one} for i, one in enumerate(SETS)]))
    assert data.task is TASKS[KIND]
    assert labels(data) == EXPECTED
    assert data.labels.names == ("arts", "sport", "war")
    assert any("guessed from the labels, --task KIND overrides" in line for line in data.notes)


@pytest.mark.parametrize("sign", [";", "|", ",", "; "])
def test_labels_joined_by_a_sign(sign: str, tmp_path: Path) -> None:
    rows = [f"t{i}\t{sign.join(one)}" for i, one in enumerate(SETS)]
    data = read(table(tmp_path / "a.tsv", "text\tlabels", rows), task=KIND)
    assert labels(data) == EXPECTED
    assert f"Labels: those of a text are parted by '{sign.strip()}' in 'labels'." in data.notes


def test_commas_inside_labels_that_are_joined_by_another_sign(tmp_path: Path) -> None:
    rows = ["x\tarts, old;war", "y\twar", "z\t", "v\tarts, old"]
    assert labels(read(table(tmp_path / "a.tsv", "text\tlabels", rows), task=KIND))[0] == ("arts, old", "war")


def test_lists_printed_into_cells(tmp_path: Path) -> None:
    rows = [f"t{i}\t{json.dumps(one)}" for i, one in enumerate(SETS)]
    assert labels(read(table(tmp_path / "a.tsv", "text\tlabels", rows), task=KIND)) == EXPECTED
    rows = [f"t{i}\t{one}" for i, one in enumerate(SETS)]  # as Python prints them
    assert labels(read(table(tmp_path / "b.tsv", "text\tlabels", rows), task=KIND)) == EXPECTED


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("True", "False"), ("1.0", "0.0")])
def test_a_column_of_yes_and_no_for_each_label(yes: str, no: str, tmp_path: Path) -> None:
    names = ("war", "arts", "sport", "never")
    rows = [",".join([f"t{i}", *(yes if name in one else no for name in names)]) for i, one in enumerate(SETS)]
    path = table(tmp_path / "a.csv", ",".join(["text", *names]), rows)
    data = read(path, task=KIND, label="war,arts,sport,never")
    assert labels(data) == EXPECTED
    assert "Warning: no training row has the label 'never', so it is left out." in data.notes
    assert data.labels.names == ("arts", "sport", "war")


def test_class_numbers_have_the_names_of_the_schema(tmp_path: Path) -> None:
    names = ["war", "sport", "arts"]
    features = {"labels": {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}}
    columns = {"text": [f"t{i}" for i in range(len(SETS))], "labels": [[names.index(x) for x in one] for one in SETS]}
    made = pa.table(columns).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(made, tmp_path / "a.parquet")
    assert labels(read(tmp_path / "a.parquet")) == EXPECTED
    columns["labels"][4] = [7]
    made = pa.table(columns).replace_schema_metadata(made.schema.metadata)
    pq.write_table(made, tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"b.parquet:5: 7 in column 'labels' is not a class: the file has 3"):
        read(tmp_path / "b.parquet")


def test_a_label_twice_counts_once_and_is_said(tmp_path: Path) -> None:
    rows = [{"text": f"t{i}", "labels": [*one, *one[:1]]} for i, one in enumerate(SETS)]
    data = read(jsonl(tmp_path / "a.jsonl", rows))
    assert labels(data) == EXPECTED
    assert "train: 25 of 30 rows have a label twice, which counts once." in data.notes


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (None, "no value for 'labels' in this row"),
        ("war", "'labels' has no list in this row, unlike others: 'war'"),
        (["war", " "], "a label in column 'labels' is empty"),
        (["war", None], "'None' in a list of column 'labels' is not a label"),
        ([["war"]], "in a list of column 'labels' is not a label"),
        ([0.5], "'0.5' in a list of column 'labels' is not a label"),
    ],
)
def test_what_is_damaged_is_reported_with_its_place(bad: Any, problem: str, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"text": f"t{i}", "labels": one} for i, one in enumerate(SETS)]
    rows[6]["labels"] = bad
    with pytest.raises(InputError) as caught:
        read(jsonl(tmp_path / "a.jsonl", rows), task=KIND)
    assert str(caught.value).startswith(f"{tmp_path}/a.jsonl:7: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (["x\ta;b", "y\ta|b"], "labels in column 'labels' are parted by ';' and '|'"),
        (["x\ta;b", "y\ta;;b"], "a.tsv:3: a label in column 'labels' is empty"),
        (["x\ta", "y\ta"], "the training rows have one label only, 'a'"),
        (["x\t", "y\t"], "no training row has a label"),
    ],
)
def test_cells_that_cannot_be_parted(rows: list[str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(table(tmp_path / "a.tsv", "text\tlabels", rows), task=KIND)
    assert problem in str(caught.value)


def test_other_values_than_yes_and_no_are_reported(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "text,a,b", ["x,1,0", "y,0,2"])
    with pytest.raises(InputError, match=r"a.csv:3: '2' in column 'b' is neither 0 nor 1"):
        read(path, task=KIND, label="a,b")


def test_a_test_set_without_any_label_is_refused(tmp_path: Path) -> None:
    train = jsonl(tmp_path / "a.jsonl", [{"text": f"t{i}", "labels": one} for i, one in enumerate(SETS)])
    test = jsonl(tmp_path / "b.jsonl", [{"text": f"t{i}", "labels": []} for i in range(9)])
    with pytest.raises(InputError, match=r"b.jsonl: has one answer only \(no row has a label\)"):
        read_dataset(None, train=train, test=test)


def test_labels_that_train_lacks_stay_in_gold(tmp_path: Path) -> None:
    train = jsonl(tmp_path / "a.jsonl", [{"text": f"t{i}", "labels": one} for i, one in enumerate(SETS)])
    rows = [{"text": "x", "labels": ["new", "war"]}, {"text": "y", "labels": []}, {"text": "z", "labels": ["arts"]}]
    data = read_dataset(None, train=train, test=jsonl(tmp_path / "b.jsonl", rows))
    assert data.test[0].label == ("new", "war")
    assert "new" not in data.labels.names


def test_lists_that_are_no_labels_are_not_guessed(tmp_path: Path) -> None:
    rows = [{"text": f"t{i}", "tags": one, "label": "ab"[i % 2]} for i, one in enumerate(SETS)]
    data = read(jsonl(tmp_path / "a.jsonl", rows))
    assert data.task is TASKS["classification"]
    with pytest.raises(InputError, match=r"column 'tags' contains lists .*; for several labels a text: --task multi"):
        read(jsonl(tmp_path / "b.jsonl", rows), label="tags", task="classification")
    assert labels(read(tmp_path / "b.jsonl", label="tags")) == EXPECTED


def test_no_label_column_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the label column is not safe to guess; say which, as in --label COLUMN"):
        read(table(tmp_path / "a.csv", "text,a,b", ["x,1,0", "y,0,1"]), task=KIND)


def test_equal_texts_stay_on_one_side_and_every_label_is_on_each(tmp_path: Path) -> None:
    rows = [{"text": f"t{i // 2}", "labels": SETS[i // 2 % len(SETS)]} for i in range(120)]
    data = read_dataset(jsonl(tmp_path / "a.jsonl", rows))
    texts = [{e.text for e in split} for split in (data.train, data.dev, data.test)]
    assert sum(map(len, texts)) == len(set.union(*texts))
    for split in (data.train, data.dev, data.test):
        assert {name for e in split for name in e.label or ()} == {"arts", "sport", "war"}  # type: ignore[union-attr]


def test_texts_of_several_columns_are_joined_by_a_line_break(tmp_path: Path) -> None:
    rows = [f"title {i},body {i},{'ab'[i % 2]}" for i in range(12)]
    path = table(tmp_path / "a.csv", "title,body,label", rows)
    data = read(path, text="title,body")
    assert data.train[1].text == "title 1\nbody 1"
    assert data.columns["text"] == "title,body"
    assert any("text 'title,body' (joined by a line break)" in line for line in data.notes)
    again = read_unlabelled(path, task=data.task, usual=(data.columns["text"], None))
    assert [e.text for e in again] == [e.text for e in data.train]
    assert read_unlabelled(path, task=data.task, text="body,title")[0].text == "body 0\ntitle 0"
    pq.write_table(pa.table({"title": ["a", None, " "], "body": ["b", "c", "d"]}), tmp_path / "a.parquet")
    texts = [e.text for e in read_unlabelled(tmp_path / "a.parquet", task=data.task, text="title,body")]
    assert texts == ["a\nb", "c", "d"]  # what is missing or blank leaves no line break
    with pytest.raises(InputError, match="no column 'boddy' for --text"):
        read(path, text="title,boddy")
