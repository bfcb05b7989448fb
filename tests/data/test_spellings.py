"""Classes in several spellings: merged where that is safe, with a note; doubts are reported."""

import pytest

from unfreeze.data.examples import Example, SplitName
from unfreeze.data.spellings import missing_texts, one_spelling
from unfreeze.errors import InputError


def settle(train: str, test: str = "", named: bool = False) -> tuple[str, str, list[str]]:
    """Labels of both splits, parted by spaces, before and after."""
    parts: dict[SplitName, str] = {"train": train, "test": test}
    splits = {
        split: tuple(Example(f"{split}:{i}", "", label=label) for i, label in enumerate(labels.split()))
        for split, labels in parts.items()
    }
    settled, said = one_spelling(splits, named)
    after = {split: " ".join(str(e.label) for e in examples) for split, examples in settled.items()}
    return after["train"], after["test"], said


@pytest.mark.parametrize(
    ("train", "test", "train_after", "test_after"),
    [
        ("0 1 0.0 1.0", "", "0 1 0 1", ""),
        ("0 1", "0.0 1.00 1e0", "0 1", "0 1 1"),
        ("0.0 1.0", "0 1", "0 1", "0 1"),
        ("-0.0 0 1 -1.0 -1", "", "0 0 1 -1 -1", ""),
        ("0.50 0.5 1", "", "0.5 0.5 1", ""),
        (f"{2**53 + 1} {2**53}.0 {2**53}", "", f"{2**53 + 1} {2**53} {2**53}", ""),
        ("True False True true", "", "True False True True", ""),
        ("true false", "TRUE False", "true false", "true false"),
        ("true false", "1 0 1.0", "true false", "true false true"),
        ("0 1 1", "true False", "0 1 1", "1 0"),
        ("true false 0 1", "1", "true false false true", "true"),
        ("TRUE FALSE - 0", "-", "TRUE FALSE - FALSE", "-"),
    ],
)
def test_one_class_in_several_spellings(train: str, test: str, train_after: str, test_after: str) -> None:
    *after, said = settle(train, test)
    assert after == [train_after, test_after]
    assert len(said) == 1
    assert "one class in several spellings: '" in said[0]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("0.0 1.0", "1.0"),  # as the files have it
        ("pos neg", "1"),
        ("0 1 2", "true"),  # true is none of three
        ("007 7", ""),
        ("a none NONE", ""),
        ("+ -", ""),
    ],
)
def test_what_stays(train: str, test: str) -> None:
    after_train, after_test, said = settle(train, test)
    assert (after_train, after_test) == (train, test)
    assert not [line for line in said if not line.startswith("Warning: '")]


@pytest.mark.parametrize(
    ("train", "test", "where"),
    [
        ("0 1 nan", "", "train:2"),
        ("0 1 none", "", "train:2"),
        ("0 1", "0 NA NA", "test:1"),
        ("true false null", "", "train:2"),
        ("0 1 Infinity", "", "train:2"),
        ("pos neg NaN", "", "train:2"),
        ("pos <NA>", "", "train:1"),
        ("pos neg \\N", "", "train:2"),
    ],
)
def test_missing_values_are_no_class(train: str, test: str, where: str) -> None:
    with pytest.raises(InputError, match=f"^{where}: .*fill it in or take the row out") as caught:
        settle(train, test)
    assert f"{2 if test else 1:,} of " in str(caught.value)


@pytest.mark.parametrize("word", ["NA", "null", "None", "n/a"])
def test_what_may_be_a_class_is_warned_of(word: str) -> None:
    train, _, said = settle(f"pos neg {word}")
    assert (train, len(said)) == (f"pos neg {word}", 1)
    assert f"1 of 3 training rows have the label '{word}'" in said[0]
    assert settle(f"pos neg {word}", named=True)[2] == []


def test_numbers_beside_words_are_reported_with_counts_and_places() -> None:
    (line,) = settle("1 2 1 spam")[2]
    assert line == (
        "Warning: the training labels mix 3 numbers (such as '1', train:0) and 1 words (such as 'spam', train:3); "
        "all are kept as classes."
    )


@pytest.mark.parametrize("pair", [("Pos", "pos"), ("caf\u00e9", "cafe\u0301"), ("\uff21", "a")])
def test_classes_that_look_alike_are_reported(pair: tuple[str, str]) -> None:
    (line,) = settle(f"{pair[0]} {pair[1]} other")[2]
    assert "are two classes" in line


def test_texts_that_are_a_word_for_a_missing_value() -> None:
    texts = ("fine", "nan", "NaN", "nan bread")
    train = tuple(Example(f"a:{i}", text) for i, text in enumerate(texts))
    (line,) = missing_texts({"train": train, "dev": train[:1]})
    assert line.startswith(
        "Warning: 2 of 4 texts of train are a word that programs write for a missing value ('nan', a:1)"
    )
