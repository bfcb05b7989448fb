"""A column of groups: none is in two of the splits that are made, and what is wrong with it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unfreeze.data.examples import Dataset, Example
from unfreeze.data.grouped import cut_out, tied_groups
from unfreeze.data.read import read_dataset
from unfreeze.data.splits import parted
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

ROWS = [(f"text {i}", "ab"[(i + i // 12) % 2], f"author {i % 12}") for i in range(96)]


def write(path: Path, rows: list[tuple[str, str, str]], header: str = "text\tlabel\tauthor") -> Path:
    path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def groups_in(dataset: Dataset) -> dict[str, set[str | None]]:
    splits = {"train": dataset.train, "dev": dataset.dev, "test": dataset.test}
    return {split: {example.group for example in examples} for split, examples in splits.items()}


def test_no_group_is_in_two_made_splits(tmp_path: Path) -> None:
    dataset = read_dataset(write(tmp_path / "data.tsv", ROWS), group="author")
    groups = groups_in(dataset)
    assert not groups["train"] & groups["dev"]
    assert not groups["train"] & groups["test"]
    assert not groups["dev"] & groups["test"]
    assert set().union(*groups.values()) == {f"author {i}" for i in range(12)}
    assert dataset.columns["group"] == "author"
    assert any("column 'author' has 12 values in train" in note for note in dataset.notes)
    assert any("equal texts and groups together" in note for note in dataset.notes)


def test_without_the_option_the_column_is_nothing(tmp_path: Path) -> None:
    dataset = read_dataset(write(tmp_path / "data.tsv", ROWS))
    assert set().union(*groups_in(dataset).values()) == {None}
    assert "group" not in dataset.columns


def test_a_group_is_not_taken_for_text_or_label(tmp_path: Path) -> None:
    """Two columns besides it are the text and the label, whatever they are called."""
    dataset = read_dataset(write(tmp_path / "data.tsv", ROWS, "words\tlabel\tsentence"), group="sentence")
    assert dataset.columns["text"] == "words"
    by_number = read_dataset(write(tmp_path / "other.tsv", ROWS, "words\tlabel\tsentence"), group="2")
    assert by_number.columns == dataset.columns


def test_numbers_are_groups_too(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    rows = [json.dumps({"text": text, "label": label, "doc": int(group[7:])}) for text, label, group in ROWS]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert groups_in(read_dataset(path, group="doc"))["train"] <= {str(i) for i in range(12)}


def test_rows_without_a_value_are_each_on_their_own(tmp_path: Path) -> None:
    rows = [(text, label, "" if place < 48 else group) for place, (text, label, group) in enumerate(ROWS)]
    dataset = read_dataset(write(tmp_path / "data.tsv", rows), group="author")
    assert any("48 training rows without a value are each on their own" in note for note in dataset.notes)
    assert any(example.group is None for example in dataset.test)
    assert any(example.group is None for example in dataset.train)


def test_groups_in_two_files_are_a_warning(tmp_path: Path) -> None:
    train, test = write(tmp_path / "train.tsv", ROWS[:80]), write(tmp_path / "test.tsv", ROWS[80:])
    dataset = read_dataset(None, train=train, test=test, group="author")
    assert "Warning: 12 groups of column 'author' are in both train and test." in dataset.notes


@pytest.mark.parametrize(
    ("group", "rows", "problem"),
    [
        ("writer", ROWS, "no column 'writer' for --group"),
        ("author", [(text, label, "one") for text, label, _ in ROWS], "column 'author' has one value, 'one'"),
        ("author", [(text, label, " ") for text, label, _ in ROWS], "column 'author' has no value"),
        ("label", ROWS, "one column cannot be two of text, second text, label and group"),
    ],
)
def test_what_cannot_be_a_column_of_groups_is_an_error(
    group: str, rows: list[tuple[str, str, str]], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=problem):
        read_dataset(write(tmp_path / "data.tsv", rows), group=group, label="label")


def test_tagged_words_have_no_groups(tmp_path: Path) -> None:
    path = tmp_path / "data.conll"
    path.write_text("\n".join(f"word{i} B-PER\nrest O\n" for i in range(20)), encoding="utf-8")
    with pytest.raises(InputError, match="--group: is for tables"):
        read_dataset(path, group="0")


def test_a_text_in_common_ties_two_groups() -> None:
    rows = [("a", "x"), ("b", "x"), ("B ", "y"), ("c", "y"), ("d", "z"), ("e", None), ("d", None)]
    examples = [Example(f"f:{i}", text, label="l", group=group) for i, (text, group) in enumerate(rows)]
    tied = tied_groups(examples).tolist()
    assert len({tied[i] for i in (0, 1, 2, 3)}) == 1
    assert tied[4] == tied[6]
    assert len({tied[0], tied[4], tied[5]}) == 3


def test_chains_of_texts_and_groups_are_followed_to_their_end() -> None:
    examples = [Example(f"f:{i}", f"text {(i + 1) // 2}", label="l", group=f"{i // 2}") for i in range(40)]
    assert len(set(tied_groups(examples).tolist())) == 1
    assert len(set(tied_groups(examples[::-1]).tolist())) == 1


def test_a_cut_takes_whole_groups_of_about_the_size_that_is_asked_for() -> None:
    examples = tuple(Example(t, t, label=label, group=group) for t, label, group in ROWS)
    kept, out = parted(examples, cut_out(examples, TASKS["classification"], 0.25, 0))
    assert not {e.group for e in kept} & {e.group for e in out}
    assert len(out) == 24
    assert {e.label for e in out} == {"a", "b"}


def test_a_cut_leaves_every_class_where_that_can_be() -> None:
    """The rarest class is in one group, whose size would be just right."""
    groups = ["rare"] * 8 + ["b"] * 20 + ["c"] * 20 + ["d"] * 12
    examples = tuple(
        Example(f"t{i}", f"t{i}", label="z" if group == "rare" and i < 4 else "xy"[i % 2], group=group)
        for i, group in enumerate(groups)
    )
    kept, out = parted(examples, cut_out(examples, TASKS["classification"], 8 / 60, 0))
    assert {e.label for e in kept} == {"x", "y", "z"}
    assert {e.group for e in out} == {"d"}
