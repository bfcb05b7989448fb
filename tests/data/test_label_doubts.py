"""Labels that are hardly one class a text are refused or told, and classes that only look odd stay."""

import json
from collections import Counter
from pathlib import Path

import pytest

from unfreeze.data.examples import Dataset
from unfreeze.data.label_doubts import class_doubts
from unfreeze.data.read import read_dataset
from unfreeze.errors import InputError


def read(folder: Path, labels: list[str], rows: int = 120) -> Dataset:
    """A file whose labels take turns."""
    lines = [f"film number {i}\t{labels[i % len(labels)]}" for i in range(rows)]
    path = folder / "films.tsv"
    path.write_text("text\tlabel\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return read_dataset(path)


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (["['joy']", "['joy', 'anger']"], "printed list or object"),
        (['{"choices": ["a", "b"]}', "a"], "printed list or object"),
        (["O,B-PER,O", "B-PER,I-PER,O"], "a tag for every word"),
        ([f"user{i}" for i in range(120)], "120 different labels in 120 rows"),
        ([f"{i}.5%" for i in range(30)], "'0.5%' look like numbers with a sign or unit"),
        ([f"${i}.5" for i in range(30)], "numbers with a sign or unit"),
        ([f"1.{i:03d},50" for i in range(30)], "numbers with a sign or unit"),
        ([f"1 {i:03d}" for i in range(30)], "numbers with a sign or unit"),
        ([f"{i / 10}/5" for i in range(30)], "numbers with a sign or unit"),
        ([f"\u2212{i}.5" for i in range(30)], "numbers with a sign or unit"),
        (["1 star", *[f"{i / 10} stars" for i in range(30)]], "numbers with a sign or unit"),
        (["1,200", "3,400"], "numbers with commas; write 1234 or 1.234"),
        (["0", "3", "0,3"], "several classes or a decimal comma"),
        (["pos", "neg", "#REF!"], "the label '#REF!'"),
        (["1", "2", "?"], "the label '?' is not a number"),
    ],
)
def test_what_are_no_classes_is_one_line(tmp_path: Path, labels: list[str], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, labels)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "labels",
    [
        ["1 star", "3 stars", "5 stars"],
        ["0%", "50%", "100%"],
        ["3/5", "5/5"],
        [f"user{i}" for i in range(40)],
        [f"2020-01-{i:02d}" for i in range(1, 31)],
        [f"{i}:30" for i in range(24)],
        ["[UNK]", "word"],
        ["News/Sport", "News/Politics", "News"],
        ["Books, music", "Food, drink"],
        ["B-PER", "O"],
        ["1", "0", "-1"],
        ["yes", "no"],
    ],
)
def test_odd_classes_stay(tmp_path: Path, labels: list[str]) -> None:
    found = read(tmp_path, labels)
    assert found.task.kind == "classification"
    assert found.labels.names == tuple(sorted(labels))
    assert not [line for line in found.notes if line.startswith("Warning")]


@pytest.mark.parametrize(
    ("labels", "doubt"),
    [
        ("joy joy,anger anger", "parted by ',', in 1 rows"),
        ("joy joy|anger anger", "'joy|anger' seem to name several classes"),
        ("a#b b#c a#c", "several classes"),
        ("yes true no false", "'true', 'yes' are classes of their own"),
        ("T F TRUE FALSE", "'true', 't' are classes"),
        ("-1 0 1 2", "'-1' (1 rows) is kept as a class"),
    ],
)
def test_doubts(labels: str, doubt: str) -> None:
    (said,) = class_doubts(Counter(labels.split()))
    assert doubt in said


def test_one_row_a_class_may_stand_where_all_splits_are_given(tmp_path: Path) -> None:
    text = "text\tlabel\n" + "".join(f"film {i}\tintent{i}\n" for i in range(30))
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tsv").write_text(text)
    assert len(read_dataset(tmp_path).labels.names) == 30


@pytest.mark.parametrize("answers", [["accept", "reject"], ["accept", "ignore", "reject"]])
def test_labels_that_an_annotator_rejected_are_reported(tmp_path: Path, answers: list[str]) -> None:
    path = tmp_path / "films.jsonl"
    rows = [
        {"text": f"film {i}", "label": "AB"[i % 2], "answer": answers[i // 2 % len(answers)], "_task_hash": i}
        for i in range(60)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match=r"films\.jsonl:3: .*rejected or skipped by the annotator"):
        read_dataset(path)
    assert set(read_dataset(path, label="answer").labels.names) == set(answers)
    path.write_text("".join(json.dumps({**row, "answer": "accept"}) + "\n" for row in rows))
    assert read_dataset(path).labels.names == ("A", "B")


def test_columns_of_hive_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("".join(f"film {i}, long\x01{i % 2}\n" for i in range(60)))
    with pytest.raises(InputError, match=r"U\+0001, as Hive writes them"):
        read_dataset(path)
