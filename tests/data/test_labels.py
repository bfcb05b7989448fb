"""Labels checked: classes, scores, tags, and rows without a label."""

from pathlib import Path

import pytest

from unfreeze.data.examples import Example, LabelSpace, SplitName
from unfreeze.data.labels import drop_unlabelled, label_space
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

FILES: dict[SplitName, Path] = {"train": Path("train.tsv"), "test": Path("test.tsv")}


def splits(train: str, test: str = "") -> dict[SplitName, tuple[Example, ...]]:
    def split(name: str, labels: str) -> tuple[Example, ...]:
        return tuple(Example(f"{name}:{i}", "x", label=label) for i, label in enumerate(labels.split(), 1))

    return {"train": split("train", train), "test": split("test", test)}


def test_classes_are_sorted() -> None:
    assert label_space(splits("b a b", "a b"), TASKS["classification"], FILES)[1] == LabelSpace(("a", "b"))


def test_one_class_only_and_a_class_that_train_lacks() -> None:
    with pytest.raises(InputError, match="train:1: every training row has the label 'a'"):
        label_space(splits("a a"), TASKS["classification"], FILES)
    with pytest.raises(InputError, match="test:2: class 'c' of test is not in the training split, which has a, b"):
        label_space(splits("a b", "a c"), TASKS["classification"], FILES)


def test_scores() -> None:
    scored, space = label_space(splits("1 2.5 -3e0", "9 8"), TASKS["regression"], FILES)
    assert [e.label for e in scored["train"]] == [1.0, 2.5, -3.0]
    assert space == LabelSpace(low=-3.0, high=2.5)
    with pytest.raises(InputError, match="every training score is 2;"):
        label_space(splits("2 2.0"), TASKS["regression"], FILES)


@pytest.mark.parametrize("bad", ["high", "nan", "inf", "-Infinity", "1,5"])
def test_scores_that_are_not_numbers(bad: str) -> None:
    with pytest.raises(InputError, match=f"test:2: score '{bad}' is not a finite number"):
        label_space(splits("1 2", f"3 {bad}"), TASKS["regression"], FILES)


def test_rows_without_a_label_are_dropped_and_counted() -> None:
    kept, said = drop_unlabelled(splits("a b - a -", "a b"))
    assert [e.label for e in kept["train"]] == ["a", "b", "a"]
    assert said == ["train: 2 of 5 rows have the label '-' (no label) and were left out."]
    with pytest.raises(InputError, match="test:1: every row of test has the label '-'"):
        drop_unlabelled(splits("a b", "- -"))


@pytest.mark.parametrize("train", ["+ - +", "a - a", "+ - 0 +"])
def test_a_minus_that_may_be_a_class_stays(train: str) -> None:
    given = splits(train)
    assert drop_unlabelled(given) == (given, [])


def test_tags_with_o_first() -> None:
    train = (Example("a:1", "x y", label=("B-X", "O")), Example("a:4", "z", label=("B-A",)))
    assert TASKS["tagging"].target.space(train, "BIO") == LabelSpace(("O", "B-A", "B-X"), "BIO")
    with pytest.raises(InputError, match="a:4: every training word has the tag 'B-A'"):
        TASKS["tagging"].target.space(train[1:], "BIO")
