"""Folds of a data set: every example tested once, classes even, what is tied stays together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.examples import Dataset, Example
from unfreeze.data.folds import in_folds
from unfreeze.data.grouped import fold_numbers
from unfreeze.data.read import read_dataset
from unfreeze.data.splits import duplicate_key
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

CLASSES = TASKS["classification"]


def examples(labels: Sequence[str], groups: Sequence[str | None] | None = None) -> tuple[Example, ...]:
    return tuple(
        Example(f"a:{place}", f"text {place}", label=label, group=group)
        for place, (label, group) in enumerate(zip(labels, groups or [None] * len(labels), strict=True))
    )


def read(folder: Path, kind: str = "classification", rows: int = 60) -> Dataset:
    return read_dataset(tiny.write_split(folder / "data", kind, rows, 0))


def test_folds_are_as_even_as_their_classes_allow() -> None:
    rows = examples(["a"] * 52 + ["b"] * 23 + ["c"] * 5)
    folds = fold_numbers(rows, CLASSES, 5, 0).tolist()
    assert sorted(Counter(folds).values()) == [16] * 5
    for label, least in (("a", 10), ("b", 4), ("c", 1)):
        counts = Counter(fold for row, fold in zip(rows, folds, strict=True) if row.label == label)
        assert set(counts.values()) <= {least, least + 1}
        assert len(counts) == 5


def test_scores_make_folds_of_one_size() -> None:
    rows = tuple(Example(f"a:{i}", f"text {i}", label=float(i)) for i in range(23))
    assert sorted(Counter(fold_numbers(rows, TASKS["regression"], 5, 0).tolist()).values()) == [4, 4, 5, 5, 5]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xy"), st.sampled_from("pqrstuvw")), min_size=60))
def test_what_is_tied_is_in_one_fold(rows: list[tuple[str, str, str]]) -> None:
    made = tuple(
        Example(f"a:{i}", f"{text} {i % 7}", label=label, group=f"{group}{i % 5}")
        for i, (text, label, group) in enumerate(rows)
    )
    try:
        folds = fold_numbers(made, CLASSES, 2, 0).tolist()
    except InputError:
        return  # all are tied to each other
    for key in (duplicate_key, lambda example: example.group):
        where: dict[object, set[int]] = {}
        for example, fold in zip(made, folds, strict=True):
            where.setdefault(key(example), set()).add(fold)
        assert all(len(held) == 1 for held in where.values())


def test_another_seed_makes_other_folds_and_the_same_one_the_same() -> None:
    rows = examples(["a", "b"] * 20)
    first = fold_numbers(rows, CLASSES, 4, 0).tolist()
    assert first == fold_numbers(rows, CLASSES, 4, 0).tolist()
    assert first != fold_numbers(rows, CLASSES, 4, 1).tolist()


def test_large_groups_are_spread_first() -> None:
    groups = ["big"] * 10 + ["other"] * 10 + [f"small {i}" for i in range(20)]
    folds = fold_numbers(examples(["a", "b"] * 20, groups), CLASSES, 4, 0).tolist()
    assert folds[0] != folds[10]
    assert set(Counter(folds).values()) == {10}


@pytest.mark.parametrize(("groups", "what"), [(["x", "y"] * 20, "2 groups"), (None, "40 different texts")])
def test_fewer_groups_or_texts_than_folds_are_an_error(groups: list[str] | None, what: str) -> None:
    with pytest.raises(InputError, match=f"folds of {what}; ask for fewer"):
        fold_numbers(examples(["a", "b"] * 20, groups), CLASSES, 3 if groups else 41, 0)


@pytest.mark.parametrize("kind", ["classification", "tagging-BIO", "multilabel-classification", "pair-regression"])
def test_every_example_is_tested_once_by_what_never_saw_it(kind: str, tmp_path: Path) -> None:
    dataset = read(tmp_path, kind)
    folds = in_folds(dataset, 4, 0)
    every = sorted(example.where for split in (dataset.train, dataset.dev, dataset.test) for example in split)
    assert sorted(example.where for part in folds.parts for example in part.test) == every
    for part in folds.parts:
        assert sorted(example.where for split in (part.train, part.dev, part.test) for example in split) == every
        keys = [{duplicate_key(example) for example in split} for split in (part.train, part.dev, part.test)]
        assert not keys[2] & (keys[0] | keys[1])
        assert not keys[0] & keys[1]
        assert len(part.dev) == pytest.approx(len(every) / 10, abs=2)
        assert part.labels == folds.whole.labels
    assert folds.size == len(every)
    assert sorted(example.where for example in (*folds.whole.train, *folds.whole.dev)) == every
    assert folds.whole.test == ()


def test_folds_are_said_and_cuts_that_no_longer_are_made_are_not(tmp_path: Path) -> None:
    dataset = read(tmp_path)
    assert sum(note.startswith("No ") for note in dataset.notes) == 2
    (said,) = {part.notes for part in in_folds(dataset, 4, 0).parts}
    assert not [note for note in said if note.startswith("No ")]
    assert said[-1].startswith("4 folds: each of 60 labelled examples is tested once")


def test_a_file_of_dev_examples_is_tested_like_the_rest(tmp_path: Path) -> None:
    train, dev = (tiny.write_split(tmp_path / f"{rows}", "classification", rows, rows) for rows in (40, 20))
    folds = in_folds(read_dataset(None, train=train, dev=dev), 3, 0)
    assert folds.size == 60


def test_a_test_file_and_folds_do_not_go_together(tmp_path: Path) -> None:
    dataset = read_dataset(tiny.write_data(tmp_path / "data", "classification"))
    with pytest.raises(InputError, match="--folds: tests every labelled example, and there is a test file"):
        in_folds(dataset, 3, 0)


def test_a_fold_on_which_nothing_can_be_measured_is_an_error(tmp_path: Path) -> None:
    dataset = read(tmp_path)
    labels = ["a"] * 57 + ["b"] * 3
    whole = [*dataset.train, *dataset.dev, *dataset.test]
    rows = tuple(replace(example, label=label) for example, label in zip(whole, labels, strict=True))
    skewed = replace(dataset, train=rows, dev=(), test=())
    with pytest.raises(InputError, match=r"fold \d of 5"):
        in_folds(skewed, 5, 0)
